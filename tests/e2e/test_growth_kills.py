"""`pvc grow` beside other writers and under kill -9: nothing is lost, and the same command ends what was begun."""

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness.git import clone, git, remote
from harness.program import finish, start
from harness.repositories import ENVIRONMENTS, repository
from harness.volumes import contents

KILLS = 8
FILES = ["overlays/dev/redis/claims.yaml", "overlays/dev/redis/template.yaml"]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    made = repository(tmp_path / "work", contents())
    remote(made, tmp_path / "origin.git")
    return made


def failures(*running: subprocess.Popen[str]) -> list[str]:
    """Return what those said that failed."""
    return [err for code, _, err in finish(*running) if code]


def grow(size: int, *words: str) -> tuple[str, ...]:
    return ("pvc", "grow", "redis", f"{size}Gi", "--env", "dev", "--no-live", *words)


def sizes(work: Path) -> list[str]:
    return [(work / path).read_text().split()[-1] for path in FILES]


def test_growths_and_bumps_of_one_branch_lose_nothing(work, tmp_path, env):
    bare = tmp_path / "origin.git"
    clones = [clone(bare, tmp_path / f"clone-{number}") for number in range(4)]
    wishes: list[tuple[str, ...]] = [
        ("pvc", "grow", what, "9Gi", "--env", e, "--no-live", "--push")
        for what in ("web-data", "redis", "postgres")
        for e in ENVIRONMENTS
    ]
    wishes += [
        ("bump", what, "v1.0.1", "--env", e, "--push", "--allow-major")
        for what in ("web", "redis")
        for e in ENVIRONMENTS
    ]

    assert failures(*[start(clones[number % 4], env, *words) for number, words in enumerate(wishes)]) == []

    assert int(git(bare, "rev-list", "--count", "main")) == 1 + len(wishes)
    volumes = git(bare, "log", "--format=%(trailers:key=Bos-Volume,valueonly)", "main").split()
    assert sorted(volumes) == sorted(
        f"{e}/{v}" for e in ENVIRONMENTS for v in ("web/web-data", "redis/data", "postgres/postgres-data")
    )
    for e in ENVIRONMENTS:
        shown = {
            p: git(bare, "show", f"main:overlays/{e}/{p}")
            for p in (
                "web/web-data.yaml",
                "redis/claims.yaml",
                "redis/template.yaml",
                "postgres/postgres-data.yaml",
                "web/kustomization.yaml",
                "redis/kustomization.yaml",
            )
        }
        assert all("9Gi" in text for path, text in shown.items() if "kustomization" not in path)
        assert all("v1.0.1" in text for path, text in shown.items() if "kustomization" in path)
    git(bare, "fsck", "--strict")


@pytest.mark.parametrize("how", [(), ("--commit",), ("--push",)], ids=["edit", "commit", "push"])
def test_a_killed_growth_is_ended_by_the_same_command(work, tmp_path, env, how):
    began = time.monotonic()
    assert failures(start(work, env, *grow(6, *how))) == []
    took = time.monotonic() - began
    chance = random.Random(11)
    place = tmp_path / "origin.git" if "--push" in how else work
    for number in range(7, 7 + KILLS):
        count = int(git(place, "rev-list", "--count", "main"))
        process = start(work, env, *grow(number, *how))
        time.sleep(took * chance.uniform(0.3, 1.1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert set(sizes(work)) <= {"5Gi", f"{number - 1}Gi", f"{number}Gi"}

        assert failures(start(work, env, *grow(number, *how))) == []

        assert int(git(place, "rev-list", "--count", "main")) == count + bool(how)
        assert sizes(work) == (["5Gi"] * 2 if "--push" in how else [f"{number}Gi"] * 2)
        assert not list(work.rglob(".bos-tools-*"))
    assert how == () or git(work, "status", "--porcelain") == ""
