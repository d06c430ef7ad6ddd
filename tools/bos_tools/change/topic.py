"""The branch of a proposal: its name, and which of its commits are ours to overwrite."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from bos_tools.change import ledger
from bos_tools.doors.remote import PROPOSALS
from bos_tools.errors import BosError, OutsideError
from bos_tools.intents.plan import Effect, ImageEffect, Intent, Plan

if TYPE_CHECKING:
    from bos_tools.doors.git import Git
    from bos_tools.doors.remote import Branch

LONGEST = 100
"""Characters for the subjects in a branch's name: a directory of a loose ref takes 255 bytes."""


def folder(plan: Plan) -> str:
    """Return what all proposals for the plan's environment have in common: `bos-tools/dev/`."""
    return f"{PROPOSALS}/{plan.effects[0].unit.env}/"


def name(intent: Intent, plan: Plan) -> str:
    """Return the one branch for this kind of intent, environment and services: `bos-tools/dev/bump-backend+web`.

    What a plan touches beside a service's namesake is named too, so that two claims of one service are two proposals.
    """
    subjects = sorted({_subject(effect) for effect in plan.effects})
    text = "+".join(subjects)
    plain = re.sub(r"[^A-Za-z0-9._+-]|\.(?=\.)", "-", text)
    if plain != text or len(plain) > LONGEST or plain.endswith((".", ".lock")):  # git-check-ref-format(1)
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        plain = f"{plain[:LONGEST].rstrip('.+-')}-{len(subjects)}-{digest}"
    return f"{folder(plan)}{intent.kind}-{plain}"


def _subject(effect: Effect) -> str:
    service = effect.unit.service
    what = effect.name if isinstance(effect, ImageEffect) else re.split("[ /]", effect.object)[-1]
    return service if what == service else f"{service}.{what}"


def push(branch: "Branch", commit: str, *, over: str | None = None) -> None:
    """Push a commit to its branch; one whose answer is lost is done where the remote has it."""
    try:
        branch.push(commit, over=over)
    except OutsideError:
        with suppress(BosError):
            if branch.now() == commit:
                return
        raise


@contextmanager
def behind(done: str, missing: str) -> Iterator[None]:
    """Say of a failure what was done before it: the same command goes on from there."""
    try:
        yield
    except OutsideError as error:
        raise OutsideError(
            f"{done}, but {missing}: {error.message}",
            reason=error.reason,
            hint="; ".join(filter(None, [error.hint, "run it again: it goes on from there"])),
        ) from error


def sealed(message: str, parent: str, contents: Mapping[str, bytes | None]) -> str:
    """Return a commit's message with the seal over all that the commit says and does."""
    return ledger.sealed(message, _seal(message, parent, contents))


def _seal(message: str, parent: str, contents: Mapping[str, bytes | None]) -> str:
    parts = [message.strip(), parent]
    for path, data in sorted(contents.items()):
        parts += [path, "-" if data is None else hashlib.sha256(data).hexdigest()]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:20]


def is_ours(door: "Git", sha: str) -> bool:
    """Tell whether a branch's newest commit is as we made it on the target branch: then nobody worked on it since.

    A commit that a human made, amended or rebased has no seal, or one that is broken.
    """
    commit = door.commit(sha)
    message, seal = ledger.parted(commit.message)
    if seal is None or len(commit.parents) != 1:
        return False
    revision, [parent] = door.at(sha), commit.parents
    contents = {path: revision.read(path) for path in door.changed(parent, sha)}
    return seal == _seal(message, parent, contents)
