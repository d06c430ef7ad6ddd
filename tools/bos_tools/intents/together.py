"""Several intents as one change."""

from dataclasses import dataclass

from bos_tools.intents.plan import Edit, Effect, Intent, Plan
from bos_tools.tree.layout import Tree
from bos_tools.tree.source import Edited


@dataclass(frozen=True)
class Together:
    """Do all of these, or nothing: each is planned on what the ones before it make of the tree."""

    title: str
    intents: tuple[Intent, ...]

    def plan(self, tree: Tree) -> Plan:
        """Return one plan; what any of the intents raises stops them all."""
        files: dict[str, tuple[bytes | None, bytes | None]] = {}
        edits: list[Edit] = []
        effects: list[Effect] = []
        trailers: list[tuple[str, str]] = []
        kept: dict[str, None] = {}
        there = tree
        for intent in self.intents:
            one = intent.plan(there)
            for path, (before, after) in one.files.items():
                files[path] = (files[path][0] if path in files else before, after)
            edits += one.edits
            effects += one.effects
            trailers += one.trailers
            kept |= dict.fromkeys(one.kept)
            there = Tree(Edited(tree.source, {path: after for path, (_, after) in files.items()}))
        changed = {path: sides for path, sides in files.items() if sides[0] != sides[1]}
        return Plan(self.title, tuple(edits), changed, tuple(effects), tuple(trailers), tuple(kept))
