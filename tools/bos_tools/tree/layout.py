"""The layout of a BuildingOS repository: environments in promotion order, one unit a service."""

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bos_tools.errors import RepositoryError, Usage
from bos_tools.tree.graph import Graph
from bos_tools.tree.kustomization import NAMES, Kustomization
from bos_tools.tree.nodes import parse, plain_data
from bos_tools.tree.source import Source

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""RFC 1123 label: what Kubernetes takes as a name."""
NOT_SERVICES = frozenset({"env", "argocd"})


@dataclass(frozen=True)
class Settings:
    """`[tool.bos-tools]` of pyproject.toml."""

    environments: tuple[str, ...]
    """In promotion order; the first is the default."""
    data_services: frozenset[str]
    """Services whose major version and variant a bump does not change (base/README.md, "Data services")."""


@dataclass(frozen=True)
class Unit:
    """What Argo CD syncs: one service in one environment."""

    env: str
    service: str

    @property
    def folder(self) -> str:
        """Return its folder."""
        return f"overlays/{self.env}/{self.service}"


class Tree:
    """A repository, read once from a source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.graph = Graph(source)
        self._gates: dict[str, Gates] = {}
        self._says: dict[str, dict[str, Any]] = {}

    @cached_property
    def settings(self) -> Settings:
        """Return the settings.

        Raises RepositoryError when this is no BuildingOS repository.
        """
        data = self.source.read("pyproject.toml")
        try:
            table = tomllib.loads(data.decode("utf-8"))["tool"]["bos-tools"] if data else None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RepositoryError(
                f"malformed TOML: {error}", reason="malformed-settings", path="pyproject.toml"
            ) from error
        except (KeyError, TypeError):
            table = None
        if not isinstance(table, dict):
            raise not_a_repository()
        environments = table.get("environments")
        services = table.get("data-services", [])
        for value in (environments, services):
            if not isinstance(value, list) or not all(isinstance(v, str) and NAME.fullmatch(v) for v in value):
                raise RepositoryError(
                    "`environments` and `data-services` are lists of names",
                    reason="malformed-settings",
                    path="pyproject.toml",
                )
        if not environments:
            raise RepositoryError("no environments are named", reason="malformed-settings", path="pyproject.toml")
        return Settings(tuple(environments), frozenset(services))

    def environment(self, name: str | None) -> str:
        """Return an environment's name, the first one for None.

        Raises Usage for one that is not in the settings.
        """
        known = self.settings.environments
        if name is None:
            return known[0]
        if name not in known:
            raise Usage(
                f"unknown environment: {name!a}", reason="unknown-environment", hint=f"one of {', '.join(known)}"
            )
        return name

    def services(self, env: str) -> list[str]:
        """Return an environment's services: the folders of its overlays that hold a unit."""
        return [name for name in self.source.names(f"overlays/{env}") if self._is_unit(env, name)]

    def _is_unit(self, env: str, name: str) -> bool:
        is_named = name not in NOT_SERVICES and NAME.fullmatch(name) is not None
        return is_named and not set(NAMES).isdisjoint(self.source.names(f"overlays/{env}/{name}"))

    def units(self, env: str | None = None) -> list[Unit]:
        """Return the units of one environment, or of all in promotion order."""
        envs = self.settings.environments if env is None else (env,)
        return [Unit(e, service) for e in envs for service in self.services(e)]

    def unit(self, env: str, service: str) -> tuple[Unit, Kustomization]:
        """Return a service's unit in an environment.

        Raises Usage for a name that is none, or is unknown; RepositoryError for a missing overlay.
        """
        if not NAME.fullmatch(service) or service in NOT_SERVICES:
            raise Usage(f"not a service's name: {service!a}", reason="unknown-service", hint=self._known(env))
        unit = Unit(env, service)
        found = self.graph.kustomization(unit.folder)
        if found is not None:
            return unit, found
        if any(service in self.services(other) for other in self.settings.environments):
            raise RepositoryError(
                f"service {service} has no overlay in {env}", reason="missing-overlay", path=unit.folder
            )
        raise Usage(f"unknown service: {service}", reason="unknown-service", hint=self._known(env))

    def _known(self, env: str) -> str:
        return f"one of {', '.join(self.services(env)) or 'none: the environment has no overlay'}"

    def gates(self, env: str) -> "Gates":
        """Return what an environment demands of a change (its environment.yaml)."""
        if env not in self._gates:
            self._gates[env] = self._read_gates(env)
        return self._gates[env]

    def says(self, env: str) -> dict[str, Any]:
        """Return what an environment.yaml says, nothing where there is none.

        Raises RepositoryError for one that can't be read.
        """
        if env not in self._says:
            path = f"overlays/{env}/environment.yaml"
            data = self.source.read(path)
            table = plain_data(parse(data, path).single()) if data is not None else {}
            self._says[env] = table if isinstance(table, dict) else {}
        return self._says[env]

    def _read_gates(self, env: str) -> "Gates":
        gates = self.says(env).get("gates")
        gates = gates if isinstance(gates, dict) else {}
        listed = gates.get("undigested")
        return Gates(
            needs_digest=gates.get("digest") == "required",
            undigested=frozenset(map(str, listed)) if isinstance(listed, list) else frozenset(),
        )


@dataclass(frozen=True)
class Gates:
    """What an environment demands of a change."""

    needs_digest: bool
    undigested: frozenset[str]
    """Pins `image:tag` that were made with no registry at hand; each ends with its next bump."""


def not_a_repository() -> RepositoryError:
    """Return the error for a folder that is no repository of ours."""
    return RepositoryError(
        "not a BuildingOS repository: no [tool.bos-tools] in a pyproject.toml here or above",
        reason="not-a-repository",
        hint="run it inside the repository, or name it: `bos-tools --repo PATH …`",
    )
