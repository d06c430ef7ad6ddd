"""Register: the Applications and the project of an environment, in Git."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import yaml

from bos_tools.delivery.applications import API, APPLIED, file_name, objects
from bos_tools.delivery.registration import Registration, registration
from bos_tools.intents.ground import Ground
from bos_tools.intents.plan import Edit, ObjectEffect, Plan
from bos_tools.tree import layout
from bos_tools.tree.kustomization import Kustomization
from bos_tools.tree.layout import Tree, Unit
from bos_tools.tree.nodes import parse, plain_data

OURS = re.compile(r"application-[a-z0-9-]+\.yaml|project(-addons)?\.yaml")
"""The listed files that an environment's registration is made of; others are the user's and stay."""
Change = tuple[bytes | None, bytes | None]


@dataclass(frozen=True)
class Register:
    """Write what Argo CD needs to know of an environment, or of some of its services."""

    kind: ClassVar[str] = "register"
    env: str | None
    services: tuple[str, ...] = ()

    def plan(self, ground: Ground) -> Plan:
        """Return the files that differ in meaning from what the environment is; the others keep every byte.

        Without services an Application whose service is gone goes too.  Raises Usage for an unknown service,
        RepositoryError for an environment that names no Argo CD.
        """
        tree = ground.tree
        env = tree.environment_name(self.env)
        for service in self.services:
            tree.unit(env, service)
        said = registration(tree, env)
        made = objects(tree, said)
        wanted = {path: data for path, data in made.items() if self._concerns(path)}
        files = dict(_written(tree, said, wanted))
        files |= dict(self._listing(tree, said, made))
        if not self.services:
            files |= dict(_gone(tree, said, made))
        edits = tuple(_edit(env, path, *change) for path, change in files.items())
        unit = Unit(env, layout.ARGOCD)
        effects = tuple(
            ObjectEffect(unit, f"{one['kind']}.argoproj.io {said.namespace}/{name}", f"{said.folder}/{path}")
            for path, one in _effects(tree, said, made, files)
            for name in [one["metadata"]["name"]]
        )
        kept = tuple(f"{said.folder}/{path}" for path in (*wanted, "kustomization.yaml"))
        return Plan(self._title(env), edits, files, effects, kept=kept)

    def _concerns(self, path: str) -> bool:
        """Tell whether a file is written: of the Applications only those of the services that were named."""
        is_application = path.startswith("application-")
        return not self.services or not is_application or path in map(file_name, self.services)

    def _title(self, env: str) -> str:
        names = ", ".join(self.services[:4]) or "all services"
        more = f" and {len(self.services) - 4} more" if len(self.services) > 4 else ""
        return f"Register {names}{more} of {env} with Argo CD"

    def _listing(self, tree: Tree, said: Registration, made: Mapping[str, Any]) -> Iterator[tuple[str, Change]]:
        """Yield the kustomization when it lists other files than it should; what the user listed stays."""
        path = f"{said.folder}/kustomization.yaml"
        found = tree.graph.kustomization(said.folder)
        listed = [item.value for item in found.sequence("resources")] if found is not None else []
        ours = [name for name in made if name not in APPLIED]
        if self.services:
            ours = [n for n in ours if self._concerns(n) or tree.source.read(f"{said.folder}/{n}") is not None]
            ours += [name for name in listed if OURS.fullmatch(name) and name not in ours]
        wanted = [*ours, *(name for name in listed if not OURS.fullmatch(name))]
        if sorted(listed) != sorted(wanted):
            yield path, (tree.source.read(path), _kustomization(found, wanted))


def _kustomization(found: Kustomization | None, resources: list[str]) -> bytes:
    says = plain_data(found.root) if found is not None else {}
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return text({**head, **says, "resources": resources})


def _written(tree: Tree, said: Registration, wanted: Mapping[str, Any]) -> Iterator[tuple[str, Change]]:
    for name, data in wanted.items():
        path = f"{said.folder}/{name}"
        old = tree.source.read(path)
        if old is None or plain_data(parse(old, path).single()) != data:
            yield path, (old, text(data))


def _gone(tree: Tree, said: Registration, made: Mapping[str, Any]) -> Iterator[tuple[str, Change]]:
    for name in tree.source.names(said.folder):
        if OURS.fullmatch(name) and name not in made:
            yield f"{said.folder}/{name}", (tree.source.read(f"{said.folder}/{name}"), None)


def _effects(
    tree: Tree, said: Registration, made: Mapping[str, Any], files: Mapping[str, Change]
) -> Iterator[tuple[str, Any]]:
    """Yield the objects that may differ in the render: of the changed files, or all when the list of them changes."""
    changed = [path.rpartition("/")[2] for path in files]
    is_listing = not changed or "kustomization.yaml" in changed
    yield from ((name, one) for name, one in made.items() if name not in APPLIED and (is_listing or name in changed))
    for name in changed:
        old = tree.source.read(f"{said.folder}/{name}")
        if name not in made and name != "kustomization.yaml" and old is not None:
            was = plain_data(parse(old, name).single())
            if isinstance(was, dict) and was.get("apiVersion") == API:
                yield name, was


def _edit(env: str, path: str, old: bytes | None, new: bytes | None) -> Edit:
    service = path.rpartition("/")[2].removesuffix(".yaml").removeprefix("application-")
    states = {True: "there", False: None}
    changed = old is not None and new is not None
    return Edit(
        path, env, service, "file", states[old is not None], "rewritten" if changed else states[new is not None]
    )


def text(data: Any) -> bytes:
    """Return YAML as this repository writes it: keys in our order, one line a value, always the same bytes."""
    said: str = yaml.dump(data, sort_keys=False, default_flow_style=False, allow_unicode=True, width=4096)
    return said.encode()
