"""What stops a merge, unless a commit of the branch says that it is meant."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bos_tools.impact.danger import Danger
from bos_tools.impact.judge import ObjectChange
from bos_tools.impact.setting import Setting

ALWAYS = frozenset({Danger.refused, Danger.loses_data})
DIGITS = 12
"""Of a digest: as many as tell a branch's changes apart."""


@dataclass(frozen=True)
class Blocker:
    """One change that must be meant."""

    change: ObjectChange

    @property
    def env(self) -> str:
        """Return where it is."""
        return self.change.difference.unit.env

    @property
    def said(self) -> str:
        """Return how a commit acknowledges it: the environment, the danger, what exactly changes, and the object.

        The digest is over what the report shows, so it is another one when a later commit changes more, and it tells
        nothing of a Secret.
        """
        return f"{self.env} {self.change.danger} {_digest(self.change)} {self.change.difference.object}"


def blockers(changes: Iterable[ObjectChange], settings: Mapping[str, Setting]) -> list[Blocker]:
    """Return what is refused, loses data, or is pruned where the environment holds pruning."""
    return [Blocker(one) for one in changes if _blocks(one, settings[one.difference.unit.env])]


def _blocks(one: ObjectChange, setting: Setting) -> bool:
    return one.danger in ALWAYS or (one.danger is Danger.pruned and setting.gates.holds_pruning)


def _digest(one: ObjectChange) -> str:
    said = one.difference
    fields = [[field.field, field.old, field.new] for field in said.fields]
    whole = [said.unit.folder, said.object, said.kind, said.was, one.danger, fields]
    text = json.dumps(whole, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
