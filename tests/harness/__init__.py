"""What tests stand on: real git, real kustomize, real servers, and fakes at the network's door alone."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""This repository."""
