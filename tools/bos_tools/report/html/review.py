"""A review as a page: the verdict, what blocks, and each change by service or by environment."""

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bos_tools import plain
from bos_tools.report.html.blocks import Block, blocks

if TYPE_CHECKING:
    from bos_tools.impact.changes import Difference
    from bos_tools.impact.groups import Section
    from bos_tools.report.text.page import Page
    from bos_tools.verbs.review import Reviewed

HERE = Path(__file__).parent
MARKS = {"added": "+", "removed": "−", "changed": "~", "renamed": "~"}


@dataclass(frozen=True)
class Card:
    """One change as the page shows it."""

    one: "Difference"
    environments: tuple[str, ...]
    danger: str
    why: str

    @property
    def mark(self) -> str:
        """Return what happens to the object, as one letter."""
        return MARKS[self.one.kind]

    @property
    def rolls(self) -> list[str]:
        """Return the names of the workloads whose pods are replaced."""
        return [identity.rpartition("/")[2] for identity in self.one.rolls]

    @cached_property
    def fields(self) -> list[tuple[str, list[Block]]]:
        """Return what differs in it; an object that comes or goes is one line."""
        if self.one.old is None or self.one.new is None:
            return []
        return [(field.field, blocks(field)) for field in self.one.fields if not field.generated]


def write(reviewed: "Reviewed", page: "Page") -> None:
    """Write the page."""
    page.raw(document(reviewed).encode())


def document(reviewed: "Reviewed") -> str:
    """Return the page: its style and its script stand in it, and it may load and send nothing.

    Words of others are escaped, and made plain before.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    def said(value: object) -> object:
        return plain.lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    surroundings = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=said, trim_blocks=True, lstrip_blocks=True
    )
    style, script = (HERE / name for name in ("review.css", "review.js"))
    cards = _cards(reviewed)
    return surroundings.from_string((HERE / "review.html").read_text("utf-8")).render(
        review=reviewed,
        verdict=reviewed.verdict.value,
        head=reviewed.head[:12] if reviewed.head else "the work tree",
        new=[one.finding for one in reviewed.findings if one.new],
        cards=cards,
        services=list(dict.fromkeys(card.one.unit.service for card in cards)),
        environments=list(dict.fromkeys(env for card in cards for env in card.environments)),
        dangers=Counter(card.danger for card in cards),
        style=Markup(style.read_text("utf-8")),  # noqa: S704 -- our own file, as it is
        script=Markup(script.read_text("utf-8")),  # noqa: S704 -- our own file, as it is
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )


def _cards(reviewed: "Reviewed") -> list[Card]:
    said = {id(one.difference): (one.danger.value, one.why) for one in reviewed.changes}
    return [card for section in reviewed.sections for card in _in_section(section, said)]


def _in_section(section: "Section", said: dict[int, tuple[str, str]]) -> list[Card]:
    return [Card(one, section.environments, *said[id(one)]) for one in section.differences]


def _hash(path: Path) -> str:
    """Return the source that a policy of content knows a file's text by: https://www.w3.org/TR/CSP3/#grammardef-hash-source."""
    return f"sha256-{base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()}"
