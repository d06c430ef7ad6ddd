"""Who pinned which version when, and which volume grew: the answers that Git alone can give."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bos_tools.doors.files import WorkTree
from bos_tools.doors.git import Git, Logged, Trailed
from bos_tools.errors import CommandFailed, RepositoryError
from bos_tools.storage.budget import Grown
from bos_tools.tree import layout
from bos_tools.tree.kustomization import NAMES, Kustomization, Pin
from bos_tools.tree.layout import Tree
from bos_tools.tree.nodes import parse


@dataclass(frozen=True)
class Step:
    """One pin that one commit changed; None stands for absent."""

    commit: Logged
    env: str
    image: str
    old: str | None
    new: str | None


def history(root: Path, service: str, env: str | None, limit: int) -> list[Step]:
    """Return the changes of a service's pins, newest first, from at most `limit` commits.

    Raises Usage for an unknown service or environment.
    """
    tree = Tree(WorkTree(root))
    envs = tree.settings.environments if env is None else (tree.environment_name(env),)
    if not any(service in tree.services(e) for e in envs):
        tree.unit(envs[0], service)
    door = Git(root)
    paths = {f"{layout.unit(e, service)}/{name}": e for e in envs for name in NAMES}
    return [step for commit in door.log(list(paths), limit) for step in _steps(door, commit, paths)]


def growths(root: Path, since: datetime) -> list[Grown]:
    """Return the growths that commits of HEAD since a moment hold, newest first.

    A growth is a `Bos-Volume` with the `Bos-From` and `Bos-To` that follow it; one commit may hold several.
    """
    commits = Git(root).trailers(since.isoformat())
    return [grown for commit in commits for grown in _grown(commit)]


def _grown(commit: Trailed) -> Iterator[Grown]:
    at = datetime.fromisoformat(commit.date).astimezone(UTC)
    pairs = [pair for pair in commit.trailers if pair[0] in ("Bos-Volume", "Bos-From", "Bos-To")]
    for start, (name, volume) in enumerate(pairs):
        if name == "Bos-Volume":
            sizes = dict(pairs[start + 1 : start + 3])
            yield Grown(volume, sizes.get("Bos-From", "-"), sizes.get("Bos-To", "-"), at, commit.sha)


def _steps(door: Git, commit: Logged, paths: dict[str, str]) -> Iterator[Step]:
    for path in commit.paths:
        if path not in paths:
            continue
        was, now = _pins(door, f"{commit.sha}^", path), _pins(door, commit.sha, path)
        for name in sorted({*was, *now}):
            if was.get(name) != now.get(name):
                yield Step(commit, paths[path], name, was.get(name), now.get(name))


def _pins(door: Git, revision: str, path: str) -> dict[str, str]:
    """Return a file's pins at a revision; an absent or unreadable file has none."""
    try:
        text = door.run("show", f"{revision}:{door.prefix}{path}")
        found = Kustomization(path.rpartition("/")[0], parse(text.encode("utf-8", "surrogateescape"), path))
        return {pin.name: _version(pin) for pin in found.pins}
    except (CommandFailed, RepositoryError):
        return {}


def _version(pin: Pin) -> str:
    return (pin.tag or "") + (f"@{pin.digest}" if pin.digest else "") or "-"
