"""What this room asks of an Argo CD, and what it reads of the answers; doors/argocd gives both."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

Data = dict[str, Any]


class Health(Protocol):
    """Whether something works."""

    @property
    def status(self) -> str: ...
    @property
    def message(self) -> str: ...


class Resource(Protocol):
    """One object of an application: from its status, of a sync's result, or of its tree."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def hook_phase(self) -> str: ...
    @property
    def requires_pruning(self) -> bool: ...
    @property
    def health(self) -> Health | None: ...


class SyncResult(Protocol):
    """What a sync did to each object."""

    @property
    def resources(self) -> Sequence[Resource] | None: ...


class Operation(Protocol):
    """The last sync, or the one that runs."""

    @property
    def started_at(self) -> datetime | None: ...
    @property
    def phase(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def finished_at(self) -> datetime | None: ...
    @property
    def retry_count(self) -> int: ...
    @property
    def revision(self) -> str: ...
    @property
    def sync_result(self) -> SyncResult | None: ...


class Comparison(Protocol):
    """Whether live is as Git at a revision."""

    @property
    def status(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def source(self) -> Data: ...


class Condition(Protocol):
    """Something that Argo CD complains of."""

    @property
    def type(self) -> str: ...
    @property
    def message(self) -> str: ...


class Status(Protocol):
    """What Argo CD saw last."""

    @property
    def sync(self) -> Comparison: ...
    @property
    def health(self) -> Health: ...
    @property
    def operation_state(self) -> Operation | None: ...
    @property
    def conditions(self) -> Sequence[Condition] | None: ...
    @property
    def resources(self) -> Sequence[Resource] | None: ...
    @property
    def reconciled_at(self) -> datetime | None: ...


class Application(Protocol):
    """An application: its wish as plain data, its state typed."""

    @property
    def name(self) -> str: ...
    @property
    def project(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def metadata(self) -> Data: ...
    @property
    def spec(self) -> Data: ...
    @property
    def status(self) -> Status: ...
    @property
    def operation(self) -> Data | None: ...


class Managed(Protocol):
    """One object as Git wants it and as it is; each side is JSON in a text, `null` where it is absent."""

    @property
    def id(self) -> str: ...
    @property
    def hook(self) -> bool: ...
    @property
    def target_state(self) -> str: ...
    @property
    def live_state(self) -> str: ...
    @property
    def normalized_live_state(self) -> str: ...
    @property
    def predicted_live_state(self) -> str: ...


class Windows(Protocol):
    """The sync windows of an application."""

    @property
    def let_people(self) -> bool: ...
    @property
    def let_automatic(self) -> bool: ...
    @property
    def help(self) -> str: ...


class Heard(Protocol):
    """An application as it is now."""

    @property
    def app(self) -> Application: ...
    @property
    def is_answer(self) -> bool: ...
    @property
    def is_gone(self) -> bool: ...


class Events(Protocol):
    """Applications as they change."""

    def next(self, timeout: float) -> Heard | None:
        """Return the next change, None when none comes in time; raises what no other try will mend."""

    def look(self, name: str, project: str) -> None:
        """Make Argo CD look at Git now; its answer is heard like a change."""


class Watched(Protocol):
    """An Argo CD whose applications are waited for."""

    def applications(self, projects: Sequence[str], selector: str = "") -> Sequence[Application]:
        """Return the applications of some projects."""

    def watch(self, projects: Sequence[str], selector: str) -> AbstractContextManager[Events]:
        """Lend the events of some projects from now on."""

    def managed(self, name: str, project: str) -> Sequence[Managed]:
        """Return every object of an application, as Git wants it and as it is."""

    def nodes(self, name: str, project: str) -> Sequence[Resource]:
        """Return the tree of an application, flat."""

    def windows(self, name: str, project: str) -> Windows:
        """Return what the project's windows allow now."""


class Registry(Protocol):
    """An Argo CD that takes a registration."""

    def owners(self) -> Mapping[str, str]:
        """Return the project of every application, by name."""

    def project(self, name: str) -> Data | None:
        """Return a project, None where there is none."""

    def create_project(self, data: Data) -> None:
        """Create a project."""

    def replace_project(self, data: Data) -> None:
        """Replace a project that was read before; raises OutsideError, `conflict`, when it has changed since."""

    def add_repository(self, data: Data) -> None:
        """Tell a repository and its credentials."""

    def application(self, name: str, project: str) -> Application | None:
        """Return an application, None where there is none."""

    def applications(self, projects: Sequence[str]) -> Sequence[Application]:
        """Return the applications of some projects."""

    def create(self, data: Data) -> None:
        """Create an application."""

    def replace(self, data: Data) -> None:
        """Give an application this wish, these labels and annotations, and no others."""

    def terminate(self, name: str, project: str) -> None:
        """End a running sync."""

    def delete(self, name: str, project: str, *, cascade: bool = False) -> None:
        """Delete an application; its workloads stay unless `cascade` is said."""
