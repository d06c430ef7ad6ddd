"""Several intents as one change."""

from dataclasses import dataclass

from bos_tools.intents.ground import Ground
from bos_tools.intents.plan import Edit, Effect, Intent, Plan, Resized
from bos_tools.tree.layout import Tree
from bos_tools.tree.source import Edited


@dataclass(frozen=True)
class Together:
    """Do all of these, or nothing: each is planned on what the ones before it make of the ground."""

    title: str
    intents: tuple[Intent, ...]
    kind: str = "together"
    """What brought them together, such as `recommended`."""

    def plan(self, ground: Ground) -> Plan:
        """Return one plan; what any of the intents raises stops them all."""
        files: dict[str, tuple[bytes | None, bytes | None]] = {}
        edits: list[Edit] = []
        effects: list[Effect] = []
        resized: list[Resized] = []
        kept: dict[str, None] = {}
        there = ground
        for intent in self.intents:
            one = intent.plan(there)
            for path, (before, after) in one.files.items():
                files[path] = (files[path][0] if path in files else before, after)
            edits += one.edits
            effects += one.effects
            resized += one.resized
            kept |= dict.fromkeys(one.kept)
            edited = Edited(ground.tree.source, {path: after for path, (_, after) in files.items()})
            there = ground.under(Tree(edited))
        changed = {path: sides for path, sides in files.items() if sides[0] != sides[1]}
        return Plan(self.title, tuple(edits), changed, tuple(effects), tuple(resized), tuple(kept))
