"""Small repositories that are made to take a reader's memory or time: what they cost to make is little."""

import os
from collections.abc import Callable
from pathlib import Path

from harness.git import git
from harness.repositories import deployment, files, repository, write

UNIT = "overlays/dev/web/kustomization.yaml"
ENVIRONMENT = "overlays/dev/environment.yaml"
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
LEVELS = 100_000
SPARSE = 600 << 20
"""Bytes of a file of holes: it takes no room, and as much memory as any other."""


def _bomb() -> str:
    """Return 400 bytes that are gigabytes when their aliases are followed."""
    levels = "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    return f"data:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n{levels}"


def _sparse(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.truncate(SPARSE)


def large(root: Path) -> None:
    """Make a repository in which a file of each kind is too large."""
    repository(root)
    for name in ("base/web/notes.txt", UNIT, "overlays/dev/backend/more.yaml", ENVIRONMENT, "base/web/plan.yaml"):
        _sparse(root / name)
    write(
        root,
        {"base/backend/kustomization.yaml": "resources: [deployment.yaml, ../../overlays/dev/backend/more.yaml]\n"},
    )


def settings(root: Path) -> None:
    """Make a repository whose settings are one long key."""
    repository(root)
    write(root, {"pyproject.toml": files()["pyproject.toml"] + "a." * LEVELS + "a = 1\n"})


def deep(root: Path) -> None:
    """Make a repository of lists in lists, in each kind of file."""
    nested = "[" * LEVELS + "]" * LEVELS
    repository(root, files() | {
        ENVIRONMENT: f"a: {nested}\n", "base/web/plan.yaml": f"a: {nested}\n",
        "base/web/deep.json": f'{{"apiVersion": "v1", "kind": "Deep", "metadata": {{"name": "c"}}, "spec": {nested}}}',
        "base/web/kustomization.yaml": "resources: [deployment.yaml, deep.json]\n",
        "overlays/dev/backend/kustomization.yaml": files()["overlays/dev/backend/kustomization.yaml"] + f"patches: {nested}\n",
    })  # fmt: skip


def bombs(root: Path) -> None:
    """Make a repository of aliases that expand without end, in each kind of file."""
    bomb = _bomb()
    repository(root, files() | {
        ENVIRONMENT: bomb, "base/web/plan.yaml": bomb, "base/web/bomb.yaml": OBJECT + bomb,
        "base/web/kustomization.yaml": "resources: [deployment.yaml, bomb.yaml]\n",
        "overlays/dev/backend/kustomization.yaml": files()["overlays/dev/backend/kustomization.yaml"] + bomb.replace("data:", "commonLabels:"),
    })  # fmt: skip


def long(root: Path) -> None:
    """Make a repository of lines as long as a file may be, in files and in a commit's message."""
    line = "a." * (3 << 20)
    repository(root, files() | {
        "base/web/notes.txt": line, "base/web/notes.yaml": f"{OBJECT}data: {{k: '{line}'}}\n",
        "base/web/kustomization.yaml": "resources: [deployment.yaml, notes.yaml]\n",
        UNIT: files()[UNIT].replace("v1.0.0", line[:4096]) + f"# {line}\n",
    })  # fmt: skip
    message = root.with_name(f"{root.name}.message")
    message.write_text(
        "Bos-Volume: dev/web/web-data " + " " * (2 << 20) + "x\n" + "\U0001f600" * (2 << 20) + "x" * (6 << 20)
    )
    git(root, "commit", "-q", "--allow-empty", "-F", str(message))
    (root / UNIT).write_text(files()[UNIT].replace("v1.0.0", "v1.0.1"))
    git(root, "commit", "-qaF", str(message))


def many(root: Path) -> None:
    """Make a repository of many files and many references."""
    repository(root, files() | {
        "base/web/kustomization.yaml": "resources:\n" + "- deployment.yaml\n" * 50_000,
        "base/backend/kustomization.yaml": "resources: [deployment.yaml, all.yaml]\n",
        "base/backend/all.yaml": "---\n".join(f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c{n}\n" for n in range(200)),
        "base/postgres/kustomization.yaml": "resources: [deployment.yaml]\nconfigMapGenerator:\n" + "".join(f"- name: g{n}\n" for n in range(100)),
        "base/web/deployment.yaml": deployment("web", [f"image-{n}" for n in range(500)]),
    })  # fmt: skip
    (root / "base/many").mkdir()
    for number in range(10_000):
        os.close(os.open(root / f"base/many/{number}", os.O_CREAT | os.O_WRONLY))


KINDS: dict[str, Callable[[Path], None]] = {
    "large": large, "settings": settings, "deep": deep, "bombs": bombs, "long": long, "many": many,
}  # fmt: skip
