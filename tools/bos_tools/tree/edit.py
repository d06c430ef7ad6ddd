"""Byte-exact edits: splices into the text, then parsed again and compared.

Outside the target scalars every byte stays.  What can't be edited safely is refused with file and line.
"""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from bos_tools.errors import RepositoryError
from bos_tools.tree.nodes import Document, Node, Path, outline, parse, scalar_tag

PLAIN = re.compile(
    r"[A-Za-z][A-Za-z0-9._/-]*|\d+(\.\d+){2}([-_.][A-Za-z0-9._-]*)?|sha(256|512):[0-9a-f]+|[1-9]\d*([kMGTPE]|[KMGTPE]i)"
)
COMMON_FORM = "write it in the common form, `key: VALUE` on a line of its own"
WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])


class Splice(Struct, frozen=True):
    """Replace the characters from start to end."""

    start: int
    end: int
    text: str


def quoted(value: str, style: str | None = None) -> str:
    """Return a scalar in the style given; a plain one is quoted if YAML 1.1 or 1.2 would not read a string.

    >>> quoted("v1.0.1"), quoted("1.10"), quoted("v1", "'")
    ('v1.0.1', '"1.10"', "'v1'")
    """
    if style in ("'", '"'):
        return f"{style}{value}{style}"
    is_safe = PLAIN.fullmatch(value) and value.lower() not in WORDS and scalar_tag(value) == "str"
    return value if is_safe else f'"{value}"'


class Editor:
    """Collect splices for one document, and prove that they say what was meant."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.root = document.single()
        self.splices: list[Splice] = []
        self.meant: dict[Path, str | None] = {}
        """The scalar that each touched path must have afterwards; None for one that must be gone."""
        self._aliased = {id(node.target) for node in _walk(self.root) if node.kind == "alias"}

    def set(self, path: Path, value: str) -> None:
        """Give a scalar that exists a new value, in its own style."""
        node = self._reach(path)
        if node.kind != "scalar":
            raise self._unsafe("not a scalar", node)
        if node.style in ("|", ">") or "\n" in self._text(node):
            raise self._unsafe("a value over several lines", node)
        if node.anchor or node.tag:
            raise self._unsafe("a value with an anchor or a tag", node)
        space = " " if node.start == node.end else ""  # behind the colon of an absent value
        self.splices.append(Splice(node.start, node.end, space + quoted(value, node.style)))
        self.meant[path] = value

    def insert(self, path: Path, value: str, *, after: str) -> None:
        """Add a key with a scalar to a mapping, behind another of its keys."""
        parent = self._reach(path[:-1])
        index = [key.value for key in parent.keys].index(after)
        sibling, key = parent.items[index], parent.keys[index]
        text = f"{path[-1]}: {quoted(value)}"
        if parent.flow:
            self._one_line(sibling)
            self.splices.append(Splice(sibling.end, sibling.end, f", {text}"))
        else:
            self._line_behind(sibling, " " * key.column + text)
        self.meant[path] = value

    def remove(self, path: Path) -> None:
        """Take a key with its scalar out of a mapping; refused where a comment would go with it."""
        parent = self._reach(path[:-1])
        names = [key.value for key in parent.keys]
        index = names.index(str(path[-1]))
        node, key = self._reach(path), parent.keys[index]
        if len(names) == 1:
            raise self._unsafe("the only key of its mapping", key)
        if index + 1 < len(names):
            start, end = key.start, parent.keys[index + 1].start
            lost = self.document.text[node.end : end]
        elif parent.flow:
            start, end = parent.items[index - 1].end, node.end
            lost = self.document.text[start : key.start]
        else:
            start = self._line_start(key.start)
            end = self._line_end(node.end)
            lost = self.document.text[node.end : end]
        if lost.strip(" \t\r\n,"):
            raise self._unsafe("a comment stands between this value and the next", node, "take the comment away first")
        self.splices.append(Splice(start, end, ""))
        self.meant[path] = None

    def append(self, key: str, entry: Mapping[str, str | Mapping[str, str]]) -> None:
        """Add a mapping to the end of a sequence under the root, creating the sequence if absent.

        Its values are scalars, or mappings of scalars, which are written on one line.
        """
        fields = [
            f"{name}: {_flat(value) if isinstance(value, Mapping) else quoted(value)}" for name, value in entry.items()
        ]
        newline = "\r\n" if "\r\n" in self.document.text else "\n"
        node = self.root.get(key)
        size = len(node.items) if node is not None and node.kind == "seq" else 0
        if node is None:
            if self.root.flow or self.root.kind != "map" or self._has_end_marker():
                raise self._unsafe(f"no place for `{key}:`", self.root)
            self._at_end(newline.join([f"{key}:", f"- {fields[0]}", *(f"  {f}" for f in fields[1:])]))
        else:
            self._reach((key,))
            if node.kind != "seq":
                raise self._unsafe(f"`{key}` is not a list", node)
            self._append_to(node, fields, newline)
        for name, value in entry.items():
            inner = (
                {(name, part): text for part, text in value.items()} if isinstance(value, Mapping) else {(name,): value}
            )
            self.meant.update({(key, size, *path): text for path, text in inner.items()})

    def result(self) -> bytes:
        """Return the edited file's bytes, after comparing what it says now with what was meant."""
        text = self.document.text
        for splice in sorted(self.splices, key=lambda s: (s.start, s.end), reverse=True):
            text = text[: splice.start] + splice.text + text[splice.end :]
        data = text.encode("utf-8")
        try:
            after = parse(data, self.document.path)
        except RepositoryError as error:
            raise self._unsafe("the edited text would be no YAML", self.root) from error
        self._compare(after)
        return data

    # --- where text goes ------------------------------------------------------------------------------

    def _append_to(self, node: Node, fields: list[str], newline: str) -> None:
        flat = "{" + ", ".join(fields) + "}"
        if node.flow:
            at = node.items[-1].end if node.items else node.start + 1
            self.splices.append(Splice(at, at, f", {flat}" if node.items else flat))
            return
        dash = " " * node.column + "- "
        lines = [dash + fields[0], *(" " * (node.column + 2) + field for field in fields[1:])]
        self._line_behind(_last(node), newline.join(lines))

    def _line_behind(self, node: Node, lines: str) -> None:
        """Insert whole lines behind the line on which a node ends."""
        self._one_line(node)
        newline = "\r\n" if "\r\n" in self.document.text else "\n"
        end = self._line_end(node.end)
        has_newline = self.document.text[:end].endswith("\n")
        text = lines + newline if has_newline else newline + lines
        self.splices.append(Splice(end, end, text))

    def _at_end(self, lines: str) -> None:
        newline = "\r\n" if "\r\n" in self.document.text else "\n"
        end = len(self.document.text)
        has_newline = not self.document.text or self.document.text.endswith("\n")
        self.splices.append(Splice(end, end, lines + newline if has_newline else newline + lines))

    def _has_end_marker(self) -> bool:
        return re.search(r"^\.\.\.", self.document.text[self.root.start :], re.MULTILINE) is not None

    def _line_start(self, offset: int) -> int:
        return self.document.text.rfind("\n", 0, offset) + 1

    def _line_end(self, offset: int) -> int:
        """Return the offset behind the newline of an offset's line, or the end of the text."""
        found = self.document.text.find("\n", offset)
        return len(self.document.text) if found < 0 else found + 1

    def _text(self, node: Node) -> str:
        return self.document.text[node.start : node.end]

    # --- what is safe ---------------------------------------------------------------------------------

    def _one_line(self, node: Node) -> None:
        if node.kind != "alias" and (node.style in ("|", ">") or "\n" in self._text(node)):
            raise self._unsafe("a value over several lines", node)

    def _reach(self, path: Path) -> Node:
        """Return a path's node; refuse one that other places share through an anchor."""
        node = self.root
        for step in path:
            self._refuse_shared(node)
            if isinstance(step, int):
                node = node.items[step]
            else:
                node = node.items[[key.value for key in node.keys].index(step)]
        self._refuse_shared(node)
        return node

    def _refuse_shared(self, node: Node) -> None:
        if node.kind == "alias":
            raise self._unsafe(f"an alias of an anchor: {node.value}", node)
        if id(node) in self._aliased:
            raise self._unsafe(f"an anchor that other places use: {node.anchor}", node)

    def _unsafe(self, what: str, node: Node, hint: str = COMMON_FORM) -> RepositoryError:
        return RepositoryError(
            f"can't be edited safely: {what}",
            reason="unsafe-edit",
            hint=hint,
            path=self.document.path,
            line=node.line,
        )

    def _compare(self, after: Document) -> None:
        """Refuse unless the edited text says exactly what was meant."""
        before = dict(outline(self.root))
        now = dict(outline(after.single()))
        for path, value in self.meant.items():
            for index in range(len(path)):  # the lengths and the keys of its parents may change
                before.pop(path[:index], None)
                now.pop(path[:index], None)
            before.pop(path, None)
            says = now.pop(path, None)
            if (value is None) != (says is None) or (says and not _says(says, value)):
                raise self._unsafe("the edited text would not say what was meant", self.root)
        if before != now:
            raise self._unsafe("the edit would change something else", self.root)


def _flat(fields: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {quoted(value)}" for name, value in fields.items()) + "}"


def _says(says: tuple[object, ...], value: str | None) -> bool:
    kind, _, style, tag, anchor, text, _ = says
    is_text = style is not None or scalar_tag(str(text)) == "str"
    return kind == "scalar" and tag is None and anchor is None and text == value and is_text


def _last(node: Node) -> Node:
    """Return the scalar on which a block collection ends."""
    while node.kind in ("seq", "map") and not node.flow and node.items:
        node = node.items[-1]
    return node


def _walk(root: Node) -> Iterable[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.items)
