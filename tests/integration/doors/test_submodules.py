"""A submodule in a commit is called one: its files are in no commit of this repository."""

from pathlib import Path

import pytest

from bos_tools.doors.git import Git
from bos_tools.errors import RepositoryError
from bos_tools.tree.layout import Tree
from harness.git import git
from harness.repositories import files, repository


def test_a_base_that_is_a_submodule_is_told_with_a_way_out(tmp_path: Path) -> None:
    inside = {path: text for path, text in files().items() if path.startswith("base/web/")}
    repository(tmp_path / "other", {path.removeprefix("base/web/"): text for path, text in inside.items()})
    work = repository(tmp_path / "work", {path: text for path, text in files().items() if path not in inside})
    git(work, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "other"), "base/web")
    git(work, "commit", "-qm", "Web stands elsewhere")
    door = Git(work)
    tree = Tree(door.at(door.resolve("HEAD")))

    with pytest.raises(RepositoryError, match="a submodule, whose files no commit of this repository holds") as told:
        tree.graph.closure("overlays/dev/web")

    assert (told.value.reason, told.value.path) == ("submodule", "base/web")
    assert "overlays/dev/backend/kustomization.yaml" in tree.graph.closure("overlays/dev/backend")
    door.close()
