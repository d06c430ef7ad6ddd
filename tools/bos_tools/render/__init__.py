"""Renders: kustomize as a subprocess, a cache keyed by content, and the objects' identity."""
