"""Register: the Applications and the projects of an environment, in Git."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bos_tools.delivery import folder
from bos_tools.delivery.applications import API, objects
from bos_tools.delivery.folder import by_name
from bos_tools.delivery.registration import Registration, registration
from bos_tools.errors import RepositoryError
from bos_tools.intents.ground import Ground
from bos_tools.intents.plan import Edit, ObjectEffect, Plan
from bos_tools.tree import layout
from bos_tools.tree.layout import Tree, Unit

OF_OLD = re.compile(r"application-[a-z0-9-]+\.yaml|project(-addons)?\.yaml|root-project\.yaml")
"""The files of the layout with one file an object, which a registration replaces as a whole (decision 11)."""
OURS = frozenset({*folder.LISTED, folder.KUSTOMIZATION, folder.SERVICES, folder.ROOT})
"""The files that an environment's registration is made of; others are the user's and stay."""
Change = tuple[bytes | None, bytes | None]


@dataclass(frozen=True)
class Register:
    """Write what Argo CD needs to know of an environment, or of some of its services."""

    kind: ClassVar[str] = "register"
    env: str | None
    services: tuple[str, ...] = ()

    def plan(self, ground: Ground) -> Plan:
        """Return the files that differ in meaning from what the environment is; the others keep every byte.

        Without services an Application whose service is gone goes too, and so does a folder of the old layout, which
        is written anew whoever is named.  Raises Usage for an unknown service, RepositoryError for an environment that
        names no Argo CD.
        """
        tree = ground.tree
        env = tree.environment_name(self.env)
        for service in self.services:
            tree.unit(env, service)
        said = registration(tree, env)
        _hold_components(tree, said)
        made = objects(tree, said)
        there = {name: folder.read(tree.source, said.folder, name) for name in _names(tree, said)}
        is_old = any(OF_OLD.fullmatch(name) for name in there)
        named = frozenset() if is_old else frozenset(map(said.application, self.services))
        wanted = _wanted(folder.written(said, made), there, named)
        files = dict(_files(tree, said, wanted, there))
        changed = _changed(wanted, there, files)
        effects = tuple(
            ObjectEffect(Unit(env, layout.ARGOCD), who, f"{said.folder}/{name}")
            for name, who in _effects(said, wanted, there, changed)
        )
        edits = tuple(_edits(env, said, wanted, there, files))
        kept = tuple(f"{said.folder}/{name}" for name in wanted)
        return Plan(self._title(env), edits, files, effects, kept=kept)

    def _title(self, env: str) -> str:
        names = ", ".join(self.services[:4]) or "all services"
        more = f" and {len(self.services) - 4} more" if len(self.services) > 4 else ""
        return f"Register {names}{more} of {env} with Argo CD"


def _hold_components(tree: Tree, said: Registration) -> None:
    for path in folder.components(said):
        if tree.graph.kustomization(path) is None:
            raise RepositoryError(
                f"the component that all Applications share is missing: {path}",
                reason="missing-file",
                path=path,
                hint="take it over from the repository of this tool",
            )


def _names(tree: Tree, said: Registration) -> list[str]:
    """Return the files of the folder that are ours, of this layout or of the old one."""
    return [name for name in tree.source.names(said.folder) if name in OURS or OF_OLD.fullmatch(name)]


def _wanted(files: folder.Written, there: Mapping[str, list[Any]], named: frozenset[str]) -> folder.Written:
    """Return the documents of each file: with names, of the other Applications those that are there, as they are."""
    wanted = {}
    for name, documents in files.items():
        is_listing = name in (folder.APPLICATIONS, folder.ADD_ONS)
        chosen = _chosen(documents, there.get(name, []), named) if named and is_listing else documents
        if chosen:
            wanted[name] = chosen
    if named and folder.ADD_ONS not in files and there.get(folder.ADD_ONS):
        wanted[folder.ADD_ONS] = there[folder.ADD_ONS]
    return {**wanted, folder.KUSTOMIZATION: [_kustomization(wanted, there)]}


def _chosen(documents: list[Any], there: list[Any], named: frozenset[str]) -> list[Any]:
    """Return the documents of those that are named, and of the others those that are there, in their places."""
    old, new = by_name(there), by_name(documents)
    chosen = {who: one for who, one in new.items() if one["metadata"]["name"] in named or who in old}
    kept = {who: one if one["metadata"]["name"] in named else old[who] for who, one in chosen.items()}
    return list({**kept, **{who: one for who, one in old.items() if who not in new}}.values())


def _kustomization(wanted: folder.Written, there: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return the list of what there is; what the user listed, or said beside it, stays."""
    [ours] = wanted[folder.KUSTOMIZATION]
    theirs = next((one for one in there.get(folder.KUSTOMIZATION, []) if isinstance(one, dict)), {})
    listed = theirs.get("resources") or []
    more = [name for name in listed if name not in OURS and not OF_OLD.fullmatch(str(name))]
    resources = [name for name in folder.LISTED if name in wanted]
    return {**ours, **{k: v for k, v in theirs.items() if k not in ours}, "resources": [*resources, *more]}


def _files(
    tree: Tree, said: Registration, wanted: folder.Written, there: Mapping[str, list[Any]]
) -> Iterator[tuple[str, Change]]:
    """Yield the files that change, and those that go."""
    for name, documents in wanted.items():
        path = f"{said.folder}/{name}"
        if there.get(name) != documents:
            yield path, (tree.source.read(path), folder.text(documents))
    for name in there:
        if name not in wanted:
            path = f"{said.folder}/{name}"
            yield path, (tree.source.read(path), None)


def _changed(wanted: folder.Written, there: Mapping[str, list[Any]], files: Mapping[str, Change]) -> set[str] | None:
    """Return the objects whose own documents change; None when any may, for what they share does, or nothing at all."""
    names = {path.rpartition("/")[2] for path in files}
    if not names or names & {folder.KUSTOMIZATION, folder.SERVICES}:
        return None
    found: set[str] = set()
    for name in names - {folder.ROOT}:
        old, new = by_name(there.get(name, [])), by_name(wanted.get(name, []))
        found |= {who for who in {*old, *new} if old.get(who) != new.get(who)}
    return found


def _effects(
    said: Registration, wanted: folder.Written, there: Mapping[str, list[Any]], changed: set[str] | None
) -> Iterator[tuple[str, str]]:
    """Yield the objects of the render that come, change or go, each once, with the file in which it stands."""
    seen: set[str] = set()
    for files in (wanted, there):
        for name, documents in files.items():
            for who, one in by_name(documents).items() if _holds_objects(name) else ():
                if one.get("apiVersion") == API and (changed is None or who in changed):
                    object_ = _who(said, one)
                    if object_ not in seen:
                        seen.add(object_)
                        yield name, object_


def _holds_objects(name: str) -> bool:
    return name in folder.LISTED or (OF_OLD.fullmatch(name) is not None and name != "root-project.yaml")


def _who(said: Registration, one: Any) -> str:
    """Return who an object is in the render; one that was written for another namespace is another object."""
    return f"{one['kind']}.argoproj.io {one['metadata'].get('namespace', said.namespace)}/{one['metadata']['name']}"


def _edits(
    env: str, said: Registration, wanted: folder.Written, there: Mapping[str, list[Any]], files: Mapping[str, Change]
) -> Iterator[Edit]:
    """Yield what happens to each Application of a file, and to each other file as a whole."""
    for path, (before, after) in files.items():
        name = path.rpartition("/")[2]
        if name not in (folder.APPLICATIONS, folder.ADD_ONS):
            yield Edit(path, env, name.removesuffix(".yaml"), "file", *_states(before, after))
            continue
        old, new = by_name(there.get(name, [])), by_name(wanted.get(name, []))
        for who in {**new, **old}:
            if old.get(who) != new.get(who):
                service = who.rpartition(" ")[2].removeprefix(said.application(""))
                yield Edit(path, env, service, "application", *_states(old.get(who), new.get(who)))


def _states(old: object, new: object) -> tuple[str | None, str | None]:
    """Return how a side is told: there, not there, or written anew."""
    there = {True: "there", False: None}
    changed = old is not None and new is not None
    return there[old is not None], "rewritten" if changed else there[new is not None]
