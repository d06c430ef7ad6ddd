"""What the rules' tests share."""

from pathlib import Path

import pytest

from harness.faults import make


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small repository in which nothing is wrong."""
    return make(tmp_path_factory.mktemp("good") / "repo")
