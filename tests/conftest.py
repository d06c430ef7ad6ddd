"""What every run stands on: the harness's fixtures, hypothesis as it repeats itself, and a marker from a test's folder."""

from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["harness.fixtures"]
HERE = Path(__file__).parent
KINDS = ("integration", "manifests", "e2e", "cluster")

settings.register_profile("some", deadline=None, derandomize=True, database=None, max_examples=50)
settings.register_profile("whole", settings.get_profile("some"), max_examples=100)
settings.load_profile("some")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test by the folder that it lies in."""
    kind = item.path.relative_to(HERE).parts[0]
    if kind in KINDS:
        item.add_marker(kind)
