"""The ledger: what our commits say to programs, written and read here alone, as trailers of their messages."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from bos_tools import plain
from bos_tools.intents.plan import Plan, Resized

EDIT, VOLUME, OLD, NEW = "Bos-Edit", "Bos-Volume", "Bos-From", "Bos-To"
RECOVER, REASON, SEAL, RUN = "Bos-Recover", "Bos-Reason", "Bos-Proposal", "Bos-Run"
ACKNOWLEDGE = "Bos-Acknowledge"
LINE = r"(?m)^(Bos-[A-Za-z]+):(.{0,2000})$"
"""A trailer; a longer one is none of ours, and is not looked at twice."""
EDITED = r"([^/ ]+)/([^ ]+) (.+) (\S+) -> (\S+)"
NOTHING = "-"


class Recorded(Struct, frozen=True):
    """One edit as a commit names it; None stands for an absent side."""

    env: str
    service: str
    field: str
    old: str | None
    new: str | None


class Entry(Struct, frozen=True):
    """What one commit says to programs."""

    edits: tuple[Recorded, ...] = ()
    resized: tuple[Resized, ...] = ()

    def brought(self, env: str, service: str, old: str | None, new: str) -> bool:
        """Tell whether an edit is recorded that makes the one version of the other; words alone are not believed."""
        was, now = (version.partition("@") for version in (old or "", new))
        sides = (("newTag", was[0], now[0]), ("digest", was[2], now[2]))
        changed = {(field, _word(before), _word(after)) for field, before, after in sides if before != after}
        here = [edit for edit in self.edits if (edit.env, edit.service) == (env, service)]
        return bool(changed) and changed <= {(edit.field, _word(edit.old), _word(edit.new)) for edit in here}


def message(plan: Plan) -> str:
    """Return the message of a plan's commit: a subject, and a trailer for each edit and each fact of a growth."""
    lines = [
        f"{EDIT}: {_plain(edit.env)}/{_plain(edit.service)} {_plain(edit.field)} {_word(edit.old)} -> {_word(edit.new)}"
        for edit in plan.edits
    ]
    for each in plan.resized:
        facts = {VOLUME: each.volume, OLD: each.old, NEW: each.new, RECOVER: each.recovers, REASON: each.reason}
        lines += [f"{name}: {_plain(value)}" for name, value in facts.items() if value]
    return "\n".join([_plain(plan.title), "", *lines, ""])


def read(text: str) -> Entry:
    r"""Return what a message says, wherever in it: a squash or a forge puts other words below our trailers.

    >>> read("Grow\n\nBos-Volume: dev/web/data\nBos-From: 1Gi\nBos-To: 2Gi\n\nReviewed-by: Me").resized
    (Resized(volume='dev/web/data', old='1Gi', new='2Gi', reason='', recovers=None),)
    """
    found = [(line[1], line[2].strip(" ")) for line in re.finditer(LINE, text.replace("\r", ""))]
    edits = [edit for name, value in found if name == EDIT and (edit := re.fullmatch(EDITED, value))]
    return Entry(tuple(_recorded(edit) for edit in edits), tuple(_resized(found)))


def acknowledgement(said: str) -> str:
    """Return the line of a commit's message that says that a danger is meant."""
    return f"{ACKNOWLEDGE}: {_plain(said)}"


def acknowledged(messages: Iterable[str]) -> set[str]:
    r"""Return the dangers that some commits mean, each as the line that asks for it has it.

    >>> acknowledged(["Move on\n\nBos-Acknowledge: prod pruned 0a1b2c3d4e5f Service a/b"])
    {'Bos-Acknowledge: prod pruned 0a1b2c3d4e5f Service a/b'}
    """
    found = (line for text in messages for line in re.finditer(LINE, text.replace("\r", "")))
    return {acknowledgement(line[2]) for line in found if line[1] == ACKNOWLEDGE}


def of_one_run(text: str, run: str) -> str:
    """Return a message that no other run writes, so that two alike of one second are two commits and not one."""
    return f"{text.rstrip()}\n{RUN}: {run}\n"


def sealed(text: str, seal: str) -> str:
    """Return a message with a proposal's seal as its last line."""
    return f"{text.rstrip()}\n{SEAL}: {seal}\n"


def parted(text: str) -> tuple[str, str | None]:
    """Return what a seal is over, and the seal; None where the last word is none."""
    message, found, seal = text.rpartition(f"\n{SEAL}: ")
    return (message, seal.strip()) if found else (text, None)


def _resized(found: Iterable[tuple[str, str]]) -> Iterator[Resized]:
    """Yield each volume with the facts that follow it; a volume without a size says nothing of one."""
    groups: list[dict[str, str]] = []
    for name, value in found:
        if name == VOLUME:
            groups.append({name: value})
        elif groups:
            groups[-1].setdefault(name, value)
    for group in groups:
        yield Resized(
            group[VOLUME], group.get(OLD, NOTHING), group.get(NEW, NOTHING), group.get(REASON, ""), group.get(RECOVER)
        )


def _recorded(edit: re.Match[str]) -> Recorded:
    env, service, field, *sides = edit.groups()
    old, new = (None if side == NOTHING else side for side in sides)
    return Recorded(env, service, field, old, new)


def _plain(text: str) -> str:
    """Return a text as one line: a value of a file must not end its line and begin a trailer of its own."""
    return plain.written(" ".join(text.split()))


def _word(text: str | None) -> str:
    return _plain(text or "").replace(" ", "_") or NOTHING
