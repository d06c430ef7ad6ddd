"""Argo CD: its API, what its Applications mean, and how to wait for one."""
