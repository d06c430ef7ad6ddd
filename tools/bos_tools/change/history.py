"""Who pinned which version when: the answers that Git alone can give."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bos_tools.change.pins import pins_at
from bos_tools.doors.files import WorkTree
from bos_tools.doors.git import Commit, Git
from bos_tools.tree import layout
from bos_tools.tree.kustomization import NAMES
from bos_tools.tree.layout import Tree


@dataclass(frozen=True)
class Step:
    """One pin that one commit changed; None stands for absent."""

    commit: Commit
    env: str
    image: str
    old: str | None
    new: str | None


def history(root: Path, service: str, env: str | None, limit: int) -> list[Step]:
    """Return the changes of a service's pins, newest first, from at most `limit` commits.

    A merge is none: it brings what the commits of its branch say themselves.
    Raises Usage for an unknown service or environment.
    """
    tree = Tree(WorkTree(root))
    envs = tree.settings.environments if env is None else (tree.environment_name(env),)
    if not any(service in tree.services(e) for e in envs):
        tree.unit(envs[0], service)
    door = Git(root)
    paths = {f"{layout.unit(e, service)}/{name}": e for e in envs for name in NAMES}
    commits = door.log("HEAD", paths=list(paths), limit=limit)
    return [step for commit in commits if len(commit.parents) < 2 for step in _steps(door, commit, paths)]


def _steps(door: Git, commit: Commit, paths: dict[str, str]) -> Iterator[Step]:
    for path, env in sorted(paths.items()):
        was, now = pins_at(door, f"{commit.sha}^", [path]), pins_at(door, commit.sha, [path])
        for name in sorted({*was, *now}):
            if was.get(name) != now.get(name):
                yield Step(commit, env, name, was.get(name), now.get(name))
