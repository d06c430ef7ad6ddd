"""Only trees that can matter are read: in histories of any shape the answer is that of reading them all."""

import random
from pathlib import Path

import pytest

from bos_tools.change.sizes import Sizes
from bos_tools.doors.git import Git
from bos_tools.doors.touched import touched
from bos_tools.tree.layout import Unit
from harness.git import git
from harness.repositories import repository, write
from harness.volumes import claim, contents, patch

UNIT = Unit("dev", "web")
MERGES = ((), ("-Xours",), ("-Xtheirs",), ("-s", "ours"))


def edit(work: Path, chance: random.Random) -> None:
    """Commit one thing that people do to a size: in the base, in one patch or another, without it, or around it."""
    listing = work / "overlays/dev/web/kustomization.yaml"
    said, size = listing.read_text(), f"{chance.randint(5, 12)}Gi"
    match chance.choice(["base", "patch", "patch", "plain", "broken", "other"]):
        case "base":
            write(work, {"base/web/claim.yaml": claim("web-data", size)})
        case "patch":
            name = chance.choice(["one", "two"])
            said += "" if "patches:" in said else "patches:\n"
            listing.write_text(said if f"{name}.yaml" in said else f"{said}- path: {name}.yaml\n")
            write(work, {f"overlays/dev/web/{name}.yaml": patch("web-data", size)})
        case "plain":
            listing.write_text(said.partition("patches:")[0])
        case "broken":
            gone = "resources:\n- gone.yaml\n"
            listing.write_text(said.replace(gone, "resources:\n") if gone in said else said.replace("resources:\n", gone))  # fmt: skip
        case "other":
            write(work, {"note.txt": size})
    git(work, "add", "-A")
    git(work, "commit", "-q", "--allow-empty", "-m", "Edit")


def history(work: Path, chance: random.Random) -> None:
    """Branch, merge and edit; a merge that conflicts is ended with one side."""
    branches = ["main"]
    for number in range(25):
        kind = chance.random()
        if kind < 0.15 and len(branches) < 4:
            branches.append(f"topic-{number}")
            git(work, "switch", "-qc", branches[-1])
        elif kind < 0.3:
            git(work, "switch", "-q", chance.choice(branches))
        elif kind < 0.5:
            other = chance.choice(branches)
            try:
                git(work, "merge", "-q", "--no-ff", "--no-edit", *chance.choice(MERGES), other)
            except AssertionError:
                git(work, "merge", "--abort")
                git(work, "merge", "-q", "--no-ff", "--no-edit", "-s", "ours", other)
        else:
            edit(work, chance)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_not_read_changes_nothing(tmp_path, seed, monkeypatch):
    work = repository(tmp_path / "work", contents(patched=False))
    history(work, random.Random(seed))
    door = Git(work)
    commits = touched(door, "HEAD")

    found = list(Sizes(door).changed(UNIT, commits))

    monkeypatch.setattr(Sizes, "_closure", lambda *_: None)  # so every commit may matter
    assert found == list(Sizes(door).changed(UNIT, commits))
    door.close()
