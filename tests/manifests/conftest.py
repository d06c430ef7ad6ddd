"""What the tests of shipped configurations share: they are given to real programs as rendered, not as they lie in base/."""

from collections.abc import Callable

import pytest

from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.tree.layout import Tree
from harness import ROOT


@pytest.fixture(scope="session")
def config() -> Callable[[str, str], dict[str, str]]:
    """Return a function that gives the files of a unit's ConfigMap; the hash at the end of its name is not asked for."""
    tree = Tree(WorkTree(ROOT))

    def files(folder: str, name: str) -> dict[str, str]:
        made = objects(Renderer().one(tree.graph, folder))
        (found,) = (one for one in made if one.kind == "ConfigMap" and name in (one.name, one.name.rpartition("-")[0]))
        return dict(found.data["data"])

    return files
