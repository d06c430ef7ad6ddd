"""Render with the kustomize that the pinned Argo CD ships, so that what is proved is what syncs."""

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from bos_tools.doors import files, parallel, private, process
from bos_tools.errors import CommandFailed, OutsideError, RepositoryError
from bos_tools.render import doubles, mask
from bos_tools.render.cache import Cache
from bos_tools.render.parsed import parsed
from bos_tools.tree.graph import Graph
from bos_tools.tree.identity import Object

VERSION = "v5.8.1"
"""The version in Argo CD 3.5.7; another one may render other bytes."""
SAID = 16 * 1024
"""Characters of kustomize's complaint that are read: it may quote a whole file, and each file's name is looked for."""
GO = {"GOGC": "off", "GOMEMLIMIT": "256MiB", "GOMAXPROCS": "1"}
"""Go collects no garbage before that: a build of ours ends sooner, and a third of its time was spent on it.
The largest file that is read, 8 MiB, is built with this under the limit of doors/process.py, and with more is not."""
MEND = "run `make setup`, or point BOS_TOOLS_KUSTOMIZE at a kustomize " + VERSION


Job = tuple[Graph, str]


@cache
def program() -> str:
    """Return the path of kustomize: BOS_TOOLS_KUSTOMIZE, beside this Python, or on PATH.

    Raises OutsideError when there is none or it has another version than Argo CD's.
    """
    found = _named()
    if not found:
        raise OutsideError("kustomize is missing", reason="kustomize-missing", hint=MEND)
    version = process.run([found, "version"]).stdout.decode("utf-8", "replace").strip()
    if version != VERSION:
        raise OutsideError(
            f"this kustomize may render differently from Argo CD's {VERSION}: {version[:60]}",
            reason="kustomize-version",
            hint=MEND,
        )
    return found


def _named() -> str | None:
    beside = Path(sys.executable).parent / "kustomize"
    return os.environ.get("BOS_TOOLS_KUSTOMIZE") or (str(beside) if beside.is_file() else shutil.which("kustomize"))


@cache
def _identity() -> str:
    """Return which programs make the renders, without starting one: a cached render needs none."""
    named = Path(_named() or "")
    marks = [VERSION]
    for path in (named, named.with_name("kustomize-batch")) if named.name else ():
        with suppress(OSError):
            status = path.stat()
            marks.append(f"{path.resolve()} {status.st_size} {status.st_mtime_ns}")
    return " ".join(marks)


class Renderer:
    """Render folders of any source, through the cache, in parallel."""

    def __init__(self, cache: Cache | None = None) -> None:
        self.cache = cache or Cache(private.cache_folder() / "render")

    def render(self, jobs: Sequence[tuple[Graph, str]]) -> list[bytes]:
        """Return the render of each folder, in order: one kustomize a core, only for what is not cached."""
        keys = [self.cache.key(_identity(), folder, graph.closure(folder)) for graph, folder in jobs]
        done = {key: found for key in keys if (found := self.cache.get(key)) is not None}
        todo = {key: job for key, job in zip(keys, jobs, strict=True) if key not in done}
        for (key, (graph, folder)), text in zip(todo.items(), _build(list(todo.values())), strict=True):
            unit = graph.kustomization(folder)
            doubles.refuse(text, folder, unit.path if unit is not None else folder)
            if not mask.holds(text):
                self.cache.put(key, text)
            done[key] = text
        return [done[key] for key in keys]

    def one(self, graph: Graph, folder: str) -> bytes:
        """Return the render of one folder."""
        return self.render([(graph, folder)])[0]

    def objects(self, render: bytes) -> list[Object]:
        """Return a render's objects in its order."""
        return parsed(self.cache, render)


def _build(jobs: list[Job]) -> list[bytes]:
    """Render each job: in the box of the batch program where it stands beside kustomize, a share of them a core."""
    if not jobs:
        return []
    if (batch := batch_program()) is None:
        program()
        return parallel.in_parallel(_build_one, jobs)
    shares = [share for start in range(parallel.cores()) if (share := jobs[start :: parallel.cores()])]
    made: dict[int, bytes] = {}
    for share, texts in zip(shares, parallel.in_parallel(lambda s: _build_batch(batch, s), shares), strict=True):
        made |= {id(job): text for job, text in zip(share, texts, strict=True)}
    return [made[id(job)] for job in jobs]


@cache
def batch_program() -> str | None:
    """Return the path of kustomize-batch, when it is of our version and stands beside the kustomize that is named."""
    path = Path(_named() or "").with_name("kustomize-batch") if _named() else None
    if path is None or not path.is_file():
        return None
    version = process.run([str(path), "version"]).stdout.decode("utf-8", "replace").strip()
    return str(path) if version == VERSION else None


def boxed() -> list[str]:
    """Return what the kernel takes away from a render of ours; nothing where the batch program or the kernel can't."""
    batch = batch_program()
    return process.run([batch, "box"]).stdout.decode().splitlines() if batch else []


def _build_batch(batch: str, jobs: list[Job]) -> list[bytes]:
    """Render some jobs in one process, each on a copy of exactly the files that its folder reads."""
    with private.scratch() as scratch:
        for number, (graph, folder) in enumerate(jobs):
            files.lay_out(scratch / str(number), graph.closure(folder))
        folders = [f"{number}/{folder}" for number, (_, folder) in enumerate(jobs)]
        try:
            rest = _run([batch, *folders], scratch)
        except CommandFailed as failed:  # a process of its own will say which of them it was
            if len(jobs) > 1:
                return [text for job in jobs for text in _build_batch(batch, [job])]
            graph, folder = jobs[0]
            raise _blame(failed.stderr, folder, graph.closure(folder)) from failed
    made: list[bytes] = []
    for graph, folder in jobs:
        head, _, rest = rest.partition(b"\n")
        state, _, length = head.partition(b" ")
        text, rest = rest[: int(length)], rest[int(length) :]
        if state != b"ok":
            raise _blame(text.decode("utf-8", "replace"), folder, graph.closure(folder))
        made.append(text)
    return made


def _build_one(job: Job) -> bytes:
    """Run kustomize on a copy of exactly the files that the folder reads."""
    graph, folder = job
    with private.scratch() as scratch:
        files.lay_out(scratch, graph.closure(folder))
        command = [*_without_network(), program(), "build", f"./{folder}"]  # a bare name might be a repository's
        try:
            return _run(command, scratch)
        except CommandFailed as failed:
            raise _blame(failed.stderr, folder, graph.closure(folder)) from failed


@cache
def _without_network() -> tuple[str, ...]:
    """Return the words that take its network from a program without a box of its own; none where we can't."""
    unshare = shutil.which("unshare")
    words = (unshare, "--map-root-user", "--net", "--") if unshare else ()
    try:
        if words:
            process.run([*words, program(), "version"])
    except (CommandFailed, OutsideError):
        return ()
    return words


def _run(argv: Sequence[str], scratch: Path) -> bytes:
    """Run a program of kustomize where nothing of ours is in reach: no token, no git, no plugin, no cache."""
    return process.run_alone(argv, cwd=scratch, env={**GO, "HOME": str(scratch), "TMPDIR": str(scratch)}).stdout


def _blame(stderr: str, folder: str, closure: Mapping[str, bytes]) -> RepositoryError:
    """Return kustomize's complaint as ours, at the file that it names if it is one of ours."""
    said = mask.unsaid(" ".join(stderr[:SAID].replace("Error: ", "").split()), closure)
    named = [path for path in closure if re.search(rf"(^|[\s/'\"]){re.escape(path)}\b", said)]
    own = next((p for p in closure if p.rpartition("/")[0] == folder), folder)
    return RepositoryError(
        f"kustomize can't render {folder}: {said[:1000]}",
        reason="render-failed",
        path=max(named, key=len) if named else own,
    )
