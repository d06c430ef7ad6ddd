"""The small good repository of `tests/integration/review/good`, and what is found when one thing in it is wrong."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bos_tools.delivery import folder
from bos_tools.delivery.applications import objects
from bos_tools.delivery.registration import registration
from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.review.engine import check
from bos_tools.review.findings import Finding
from bos_tools.review.table import RULES
from bos_tools.tree.layout import Tree
from bos_tools.tree.source import Edited
from harness import ROOT

GOOD = ROOT / "tests/integration/review/good"
SHARED = ("application", "prune-confirm")
"""Components of this repository that a registration is made of."""


class Case(NamedTuple):
    """One thing that is wrong: an edit of the good repository, and the line (by its text, after the edit) to be named."""

    rule: str
    file: str
    old: str
    new: str | None
    """What stands there instead; None takes the file away."""
    at: str
    env: str = "dev"
    found_in: str = ""
    """The file of the finding, where it is another one."""

    @property
    def name(self) -> str:
        words = (self.new or "no file").strip().splitlines() or ["nothing"]
        return f"{self.rule}: {self.file.removeprefix('overlays/').removeprefix('base/')}: {words[-1].strip()[:40]}"

    def edited(self, root: Path) -> Mapping[str, bytes | None]:
        """Return the file as the case has it."""
        text = (root / self.file).read_text()
        assert self.old in text, f"{self.file} has no {self.old!r}"
        return {self.file: None if self.new is None else text.replace(self.old, self.new, 1).encode()}


def make(root: Path) -> Path:
    """Write the good repository: its files, and what registers its environments."""
    shutil.copytree(GOOD, root)
    for name in SHARED:
        shutil.copytree(ROOT / "base/components" / name, root / "base/components" / name)
    tree = Tree(WorkTree(root))
    for env in tree.settings.environments:
        said = registration(tree, env)
        for name, documents in folder.written(said, objects(tree, said)).items():
            path = root / said.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(folder.text(documents))
    return root


def found(
    root: Path, env: str | None = None, files: Mapping[str, bytes | None] | None = None, rule: str | None = None
) -> list[Finding]:
    """Return what one rule, or all, find in a repository with some files edited; nothing is written."""
    rules = None if rule is None else [RULES[rule]]
    return check(Tree(Edited(WorkTree(root), files or {})), Renderer(), env, rules)
