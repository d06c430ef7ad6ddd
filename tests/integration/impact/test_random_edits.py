"""What a change reaches, and what differs, is what a render of everything shows: no object missed, and none too many.

Some dozens of edits of this repository here, with seeds of this run, each held in one environment; in all of them by hand:
`BOS_EDIT_CASES=1000 BOS_EDIT_SEED=0 pytest tests/integration/impact/test_random_edits.py`.
"""

import os
import subprocess
import sys
from pathlib import Path
from random import SystemRandom

from bos_tools.doors.files import WorkTree
from bos_tools.impact.compare import Compared, compare
from bos_tools.render.cache import Cache
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.tree.layout import Tree
from harness import ROOT
from harness.edits import Editor, Files
from harness.memory import Memory

CASES = int(os.environ.get("BOS_EDIT_CASES", "30"))
SEED = int(os.environ.get("BOS_EDIT_SEED", SystemRandom().randrange(10**9)))
ALL = CASES >= 1000
ENVIRONMENTS = ("dev", "preprod", "prod")
BATCHED = Path(sys.executable).with_name("kustomize-batch")
State = dict[str, bytes]
"""The render of each folder that has one."""


class Brute:
    """Renders every unit of a tree of files as it lies on a disk, and asks nobody what it reads."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.there: Files = {}

    def state(self, files: Files, env: str) -> State:
        for path in self.there.keys() - files.keys():
            (self.place / path).unlink()
        for path, data in files.items():
            if self.there.get(path) != data:
                (self.place / path).parent.mkdir(parents=True, exist_ok=True)
                (self.place / path).write_bytes(data)
        self.there = dict(files)
        folders = sorted(
            str(path.parent.relative_to(self.place))
            for path in self.place.glob(f"overlays/{env}/*/kustomization.yaml")
            if path.parent.name != "env"
        )
        return dict(self._built(folders))

    def _built(self, folders: list[str]) -> list[tuple[str, bytes]]:
        """Build the folders; what makes kustomize panic ends its process, and the rest is built by the next one."""
        found = []
        while folders:
            said = subprocess.run(
                [BATCHED, "unboxed", *folders], cwd=self.place, capture_output=True, check=False, timeout=300
            ).stdout
            answers = 0
            while said:
                head, _, said = said.partition(b"\n")
                state, _, length = head.partition(b" ")
                if state == b"ok":
                    found.append((folders[answers], said[: int(length)]))
                said, answers = said[int(length) :], answers + 1
            folders = folders[answers + 1 :]
        return found


def tree() -> Files:
    source, files = WorkTree(ROOT), {}
    folders = ["base", "overlays"]
    for folder in folders:
        for name in source.names(folder):
            path = f"{folder}/{name}"
            data = source.read(path)
            if data is None:
                folders.append(path)
            else:
                files[path] = data
    settings = source.read("pyproject.toml")
    assert settings is not None
    return {**files, "pyproject.toml": settings}


def expected(before: State, after: State, folder: str) -> set[str]:
    if before.get(folder) == after.get(folder):
        return set()
    old, new = ({one.id: one.data for one in objects(side.get(folder, b""))} for side in (before, after))
    return {who for who in {*old, *new} if who not in old or who not in new or old[who] != new[who]}


def told(compared: Compared, folder: str) -> set[str]:
    mine = [one for one in compared.differences if one.unit.folder == folder]
    return {who for one in mine for who in (one.object, one.was) if who is not None}


def test_what_differs_is_what_a_render_of_everything_shows(tmp_path: Path) -> None:
    files = tree()
    old, renderer = Tree(Memory(files)), Renderer(Cache(tmp_path / "cache"))
    before = Brute(tmp_path / "before").state(files, "*")
    brute, differed, unread = Brute(tmp_path / "after"), 0, 0
    print(f"seeds {SEED} to {SEED + CASES - 1}")  # noqa: T201 -- whoever sees it fail needs them
    for seed in range(SEED, SEED + CASES):
        said, edited = Editor(files, seed).edit()
        compared = compare(old, Tree(Memory(edited)), renderer)
        env = "*" if ALL else ENVIRONMENTS[seed % 3]
        after = brute.state(edited, env)

        dark = {unit.folder for unit, _ in compared.unread}
        reached = {unit.folder for unit in compared.affected.units}
        for folder in {folder for folder in {*before, *after} - dark if env in ("*", folder.split("/")[1])}:
            if folder in before and folder not in after and f"{folder}/kustomization.yaml" in edited:
                assert folder in dark, f"{seed}: {said}: {folder} does not build, and nobody says so"
            truth = expected(before, after, folder)
            assert told(compared, folder) == truth, f"{seed}: {said}: {folder}"
            assert not truth or folder in reached, f"{seed}: {said}: {folder}"
            differed += bool(truth)
        unread += bool(dark)
    print(f"{differed} units differed, {unread} of {CASES} edits broke one")  # noqa: T201 -- what the run was worth
    assert differed > CASES / 4
