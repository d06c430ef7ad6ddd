"""What every test of this folder stands on."""

import os
from pathlib import Path

import pytest

from harness.git import WHO


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The environment of a process: nobody in particular, with a cache of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, **WHO, "BOS_TOOLS_CACHE": str(tmp_path / "cache")}
