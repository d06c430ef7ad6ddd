"""What every run stands on: the harness's fixtures, hypothesis as it repeats itself, markers, and what workers share out."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from harness import lanes

if TYPE_CHECKING:
    from xdist.remote import Producer

pytest_plugins = ["harness.fixtures"]

settings.register_profile("some", deadline=None, derandomize=True, database=None, max_examples=25)
settings.register_profile("whole", settings.get_profile("some"), max_examples=100)
settings.load_profile("some")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test by the folder that it lies in."""
    if (kind := lanes.kind(item.nodeid)) != "unit":
        item.add_marker(kind)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a worker let the long lanes begin; by hand the quick tests come as they are named."""
    if hasattr(config, "workerinput"):
        items[:] = lanes.shared_out(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> lanes.Lanes | None:
    """Share out by lanes where a run says `--dist loadscope`."""
    if config.getvalue("dist") != "loadscope":
        return None
    config.option.loadscopereorder = False
    return lanes.Lanes(config, log)
