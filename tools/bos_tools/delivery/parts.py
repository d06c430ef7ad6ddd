"""What an environment is made of for Argo CD: its root, its services and its add-ons, each with a word for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bos_tools.delivery.applications import ENVIRONMENT
from bos_tools.delivery.elsewhere import left_out
from bos_tools.delivery.ports import Application
from bos_tools.delivery.registration import Registration

ROOT = "root"
"""What people call the Application that makes the others."""


class Kind(StrEnum):
    """What an Application is for."""

    root = "root"
    service = "service"
    add_on = "add-on"


@dataclass(frozen=True)
class Part:
    """One Application of an environment, as it should be there."""

    word: str
    name: str
    project: str
    kind: Kind


def parts(said: Registration, services: list[str]) -> list[Part]:
    """Return all of an environment: the root, which makes the others, its services, and its add-ons."""
    return [
        Part(ROOT, said.root, said.root_project, Kind.root),
        *(Part(name, said.application(name), said.project, Kind.service) for name in services),
        *(Part(one.name, said.application(one.name), said.add_ons_project, Kind.add_on) for one in said.add_ons),
    ]


def is_root(app: Application) -> bool:
    """Tell whether an application is a root: it alone is in a project that is named after it."""
    return app.project == f"{app.name}-root"


def env_of(app: Application) -> str:
    """Return the environment that an application says it is of."""
    return str((app.metadata.get("labels") or {}).get(ENVIRONMENT, "ENV"))


def word_of(app: Application) -> str:
    """Return what people call an application."""
    return ROOT if is_root(app) else app.name.removeprefix(f"{env_of(app)}-")


def is_chart(app: Application) -> bool:
    """Tell whether an application's revisions are versions of a chart and no commits."""
    return "chart" in (app.spec.get("source") or {})


def missing_on_purpose(root: Application | None) -> frozenset[str]:
    """Return the Applications that this registration leaves out of what Git has, by its root's own word."""
    source: Mapping[str, Any] = (root.spec.get("source") or {}) if root is not None else {}
    return left_out(source)
