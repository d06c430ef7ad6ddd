"""The edits that give a volume another size: every scalar that holds it, in this environment only."""

from decimal import Decimal

from bos_tools.errors import RepositoryError
from bos_tools.intents.plan import Edit, FieldEffect, Plan, Resized
from bos_tools.storage.volumes import CLAIM, DATABASE, Size, Volume
from bos_tools.tree.documents import document
from bos_tools.tree.edit import Editor
from bos_tools.tree.layout import Tree
from bos_tools.tree.quantity import quantity, written

CLAIM_PATCH = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {name}
spec:
  resources:
    requests:
      storage: {size}
"""
DATABASE_PATCH = """\
apiVersion: {group}/v1
kind: Cluster
metadata:
  name: {name}
spec:
  {part}:
    size: {size}
"""
TEMPLATE_PATCH = """\
- op: replace
  path: {pointer}
  value: {size}
"""


def resize(tree: Tree, volume: Volume, size: Decimal, title: str, reason: str, recovers: str | None = None) -> Plan:
    """Return the plan that gives a volume a size in bytes, canonically written; scalars that are so already stay.

    A size that a base or a component sets gets a patch in the overlay, so that no other environment changes.
    Raises RepositoryError for a scalar that can't be edited.
    """
    change = _Change(tree, volume, written(size))
    for one in volume.sizes:
        change.give(one)
    effects = tuple(
        FieldEffect(
            volume.unit, one.object.id, one.field, one.said.value, change.new(one), one.said.path, one.said.line
        )
        for one in volume.sizes
    )
    files = {path: (tree.source.read(path), data) for path, data in change.texts.items()}
    told = Resized(volume.id, written(volume.size), written(size), " ".join(reason.split()), recovers)
    return Plan(title, tuple(change.edits), files, effects, (told,) if files else (), tuple(files))


class _Change:
    """The files as the edits so far have made them."""

    def __init__(self, tree: Tree, volume: Volume, size: str) -> None:
        self.tree = tree
        self.volume = volume
        self.size = size
        self.texts: dict[str, bytes] = {}
        self.edits: list[Edit] = []

    def new(self, one: Size) -> str:
        """Return what a scalar says afterwards."""
        return one.said.value if one.number == quantity(self.size) else self.size

    def give(self, one: Size) -> None:
        """Give one scalar the size, in the overlay's own file or by a patch that is added to it."""
        if self.new(one) == one.said.value:
            return
        said, folder = one.said, f"{self.volume.unit.folder}/"
        path = self.tree.source.real(said.path)
        if not path.startswith(folder):
            path = self._patch(one)
        elif said.is_inline:
            raise RepositoryError(
                f"the size of {one.object.name} stands in a patch inside of the kustomization",
                reason="unsafe-edit",
                hint="write the patch into a file of its own and name it by `path:`",
                path=said.path,
                line=said.line,
            )
        else:
            self._edit(path, one)
        unit = self.volume.unit
        field = f"{one.object.name} {one.field}"
        self.edits.append(Edit(path, unit.env, unit.service, field, said.value, self.size))

    def _edit(self, path: str, one: Size) -> None:
        editor = Editor(document(path, self._read(path)))
        if one.said.at and _value(editor, one) != self.size:  # one scalar may serve several claims
            editor.set(one.said.at, self.size)
            self.texts[path] = editor.result()

    def _patch(self, one: Size) -> str:
        """Add a patch of the size to the overlay, applied after all that is there."""
        name = one.object.name if one.object.kind == CLAIM else self.volume.name
        path = self._free(name)
        entry: dict[str, str | dict[str, str]] = {"path": path.rpartition("/")[2]}
        if one.object.kind == CLAIM:
            text = CLAIM_PATCH.format(name=name, size=self.size)
        elif one.object.kind == DATABASE:
            made = {"group": one.object.group, "name": one.object.name, "part": one.at[1]}
            text = DATABASE_PATCH.format(**made, size=self.size)
        else:
            text = TEMPLATE_PATCH.format(pointer="".join(f"/{step}" for step in one.at), size=self.size)
            entry["target"] = {"kind": one.object.kind, "name": one.object.name}
        _, found = self.tree.unit(self.volume.unit.env, self.volume.unit.service)
        editor = Editor(document(found.path, self._read(found.path)))
        editor.append("patches", entry)
        self.texts[found.path] = editor.result()
        self.texts[path] = text.encode()
        return path

    def _free(self, name: str) -> str:
        """Return a path for a new file of the overlay; raises RepositoryError when another file has the name."""
        path = f"{self.volume.unit.folder}/{name}.yaml"
        if path in self.texts or self.tree.source.read(path) is not None:
            raise RepositoryError(
                f"a patch for the size of {name} needs this file's name, and it says something else",
                reason="name-taken",
                hint="rename it, or let it set the size",
                path=path,
            )
        return path

    def _read(self, path: str) -> bytes:
        return self.texts.get(path) or self.tree.source.read(path) or b""


def _value(editor: Editor, one: Size) -> str:
    node = editor.root
    for step in one.said.at:
        inner = node.items[step].resolved() if isinstance(step, int) else node.get(step)
        node = inner if inner is not None else node
    return node.value
