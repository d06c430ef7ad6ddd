"""The layout of a BuildingOS repository: where everything stands, and what one source holds of it.

No other module spells these paths; a test reads the code for that.
"""

import posixpath
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from bos_tools.errors import RepositoryError, Usage
from bos_tools.tree.documents import document
from bos_tools.tree.graph import Graph
from bos_tools.tree.kustomization import NAMES, Kustomization
from bos_tools.tree.meant import choices
from bos_tools.tree.nodes import Document, line_at
from bos_tools.tree.settings import NAME, SETTINGS, Settings, settings
from bos_tools.tree.source import Source

if TYPE_CHECKING:
    from bos_tools.tree.environment import Environment
    from bos_tools.tree.secrets import Contract
    from bos_tools.tree.service_plan import ServicePlan

BASE = "base"
COMPONENTS = "base/components"
OVERLAYS = "overlays"
PLATFORM = "platform"
"""The unit that owns the Namespace and what the pods share."""
ENV, ARGOCD = "env", "argocd"
NOT_SERVICES = frozenset({ENV, ARGOCD})
"""The folders of an overlay that are no unit: its component, and what registers it with Argo CD."""


def base(service: str) -> str:
    """Return the folder of what all environments share of a service."""
    return f"{BASE}/{service}"


def bases(service: str) -> tuple[str, str]:
    """Return the bases of which a service's unit may be made: its own, and the one of several replicas."""
    return base(service), f"{base(service)}-ha"


def plan_file(service: str) -> str:
    """Return where the plan's numbers of a service stand."""
    return f"{base(service)}/plan.yaml"


def aggregate(env: str) -> str:
    """Return the folder of a whole environment."""
    return f"{OVERLAYS}/{env}"


def aggregate_file(env: str) -> str:
    """Return the kustomization of a whole environment, which lists its units."""
    return f"{aggregate(env)}/kustomization.yaml"


def unit(env: str, service: str) -> str:
    """Return the folder of a service in an environment."""
    return f"{aggregate(env)}/{service}"


def unit_file(env: str, service: str) -> str:
    """Return the kustomization of a service in an environment."""
    return f"{unit(env, service)}/kustomization.yaml"


def argocd(env: str) -> str:
    """Return the folder of what registers an environment with Argo CD."""
    return unit(env, ARGOCD)


def environment_file(env: str) -> str:
    """Return where an environment says what it is."""
    return f"{aggregate(env)}/environment.yaml"


def component(name: str) -> str:
    """Return the folder of a trait that several units or environments share."""
    return f"{COMPONENTS}/{name}"


def is_overlay(folder: str) -> bool:
    """Tell whether a folder belongs to an environment."""
    return folder.startswith(f"{OVERLAYS}/")


def from_unit(folder: str) -> str:
    """Return a folder as a unit's kustomization refers to it: `../../../base/web`."""
    return posixpath.relpath(folder, unit("a", "b"))


class Unit(Struct, frozen=True):
    """What Argo CD syncs: one service in one environment."""

    env: str
    service: str

    @property
    def folder(self) -> str:
        """Return its folder."""
        return unit(self.env, self.service)


class Tree:
    """A repository, read once from a source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.graph = Graph(source)
        self._environments: dict[str, Environment] = {}
        self._plans: dict[str, ServicePlan] = {}
        self._services: dict[str, list[str]] = {}

    @cached_property
    def settings(self) -> Settings:
        """Return the settings; raises RepositoryError when this is no BuildingOS repository."""
        return settings(self.source.read(SETTINGS))

    def environment_name(self, name: str | None) -> str:
        """Return an environment's name, the first one for None.

        Raises Usage for one that is not in the settings.
        """
        known = self.settings.environments
        if name is None:
            return known[0]
        if name not in known:
            raise Usage(f"unknown environment: {name!a}", reason="unknown-environment", hint=choices(name, known))
        return name

    def services(self, env: str) -> list[str]:
        """Return an environment's services: the folders of its overlays that hold a unit."""
        if env not in self._services:
            self._services[env] = [name for name in self.source.names(aggregate(env)) if self._is_unit(env, name)]
        return list(self._services[env])

    def _is_unit(self, env: str, name: str) -> bool:
        is_named = name not in NOT_SERVICES and NAME.fullmatch(name) is not None
        return is_named and not set(NAMES).isdisjoint(self.source.names(unit(env, name)))

    def units(self, env: str | None = None) -> list[Unit]:
        """Return the units of one environment, or of all in promotion order."""
        envs = self.settings.environments if env is None else (env,)
        return [Unit(e, service) for e in envs for service in self.services(e)]

    def unit(self, env: str, service: str) -> tuple[Unit, Kustomization]:
        """Return a service's unit in an environment.

        Raises Usage for a name that is none, or is unknown; RepositoryError for a missing overlay.
        """
        if not NAME.fullmatch(service) or service in NOT_SERVICES:
            raise Usage(f"not a service's name: {service!a}", reason="unknown-service", hint=self._known(env, service))
        unit = Unit(env, service)
        found = self.graph.kustomization(unit.folder)
        if found is not None:
            return unit, found
        if any(service in self.services(other) for other in self.settings.environments):
            raise RepositoryError(
                f"service {service} has no overlay in {env}", reason="missing-overlay", path=unit.folder
            )
        raise Usage(f"unknown service: {service}", reason="unknown-service", hint=self._known(env, service))

    def _known(self, env: str, word: str) -> str:
        return choices(word, known) if (known := self.services(env)) else f"{env} has no overlay yet"

    def environment(self, env: str) -> "Environment":
        """Return what an environment says of itself; one that has no environment.yaml says nothing and demands nothing.

        Raises RepositoryError at the file and line of what no environment says.
        """
        if env not in self._environments:
            self._environments[env] = self._read_environment(env)
        return self._environments[env]

    def _read_environment(self, env: str) -> "Environment":
        from bos_tools.tree import typed
        from bos_tools.tree.environment import Environment

        document = self.document(environment_file(env))
        if document is None:
            return Environment()
        return typed.read(document, Environment, reason="malformed-environment")

    def plan(self, service: str) -> "ServicePlan":
        """Return what the plan says of a service; one that has no plan.yaml has no numbers and no Secrets.

        Raises RepositoryError at the file and line of what no plan says.
        """
        if service not in self._plans:
            from bos_tools.tree import typed
            from bos_tools.tree.service_plan import ServicePlan

            document = self.document(plan_file(service))
            self._plans[service] = (
                typed.read(document, ServicePlan, reason="malformed-plan") if document is not None else ServicePlan()
            )
        return self._plans[service]

    def plans(self) -> "dict[str, ServicePlan]":
        """Return what the plan says of every service that has a plan.yaml, by name."""
        names = [name for name in self.source.names(BASE) if self.source.read(plan_file(name)) is not None]
        return {name: self.plan(name) for name in names}

    def contract(self) -> "Contract":
        """Return the Secrets that the services own.

        Raises RepositoryError for one that two services own.
        """
        from bos_tools.tree.secrets import Contract

        plans = self.plans()
        owned = [name for plan in plans.values() for name in plan.secrets]
        for service, plan in plans.items():
            for name in plan.secrets:
                if owned.count(name) > 1:
                    raise RepositoryError(
                        f"two services own this Secret: {name}", reason="malformed-plan", path=plan_file(service)
                    )
        return Contract.of(plan.secrets for plan in plans.values())

    def document(self, path: str) -> Document | None:
        """Return a file as nodes, None where there is no such file.

        Raises RepositoryError for YAML that is broken.
        """
        data = self.source.read(path)
        return document(path, data) if data is not None else None

    def unsaid(
        self, env: str, message: str, *at: str | int, reason: str = "malformed-environment", hint: str = ""
    ) -> RepositoryError:
        """Return the error for what an environment.yaml lacks, or says wrongly at the line of a field."""
        path = environment_file(env)
        document = self.document(path) if at else None
        line = line_at(document.single(), at) if document is not None else 0
        return RepositoryError(message, reason=reason, path=path, line=line, hint=hint)
