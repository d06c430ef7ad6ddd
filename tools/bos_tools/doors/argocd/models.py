"""What Argo CD says, typed where we read it; unknown fields are kept, because its description is wrong in places."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from bos_tools.doors.argocd.faults import WINDOW_HELP

Data = dict[str, Any]


class Model(BaseModel):
    """A part of an answer; `null` stands for absent."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel, populate_by_name=True, frozen=True)

    @classmethod
    def read(cls, data: Any) -> "list[Any]":
        """Return each item of a list answer, which is `null` when it is empty."""
        return [cls.model_validate(one) for one in (data or {}).get("items") or []]


class Health(Model):
    """Whether it works."""

    status: str = "Unknown"
    message: str = ""
    last_transition_time: datetime | None = None


class Compared(Model):
    """What was compared."""

    source: Data = Field(default_factory=dict)


class Comparison(Model):
    """Whether live is as Git at a revision."""

    status: str = "Unknown"
    revision: str = ""
    compared_to: Compared = Compared()

    @property
    def source(self) -> Data:
        """Return the source that was compared."""
        return self.compared_to.source


class Condition(Model):
    """Something that Argo CD complains of."""

    type: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


class Resource(Model):
    """One object of an application: from its status, of a sync's result, or of its tree."""

    group: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    status: str = ""
    message: str = ""
    hook_phase: str = ""
    requires_pruning: bool = False
    health: Health | None = None

    @property
    def id(self) -> str:
        """Return who it is, as a render has it: `Deployment.apps buildingos/backend`."""
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"


class SyncResult(Model):
    """What a sync did to each object."""

    revision: str = ""
    resources: list[Resource] | None = None


class Operation(Model):
    """The last sync, or the one that runs."""

    phase: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    sync_result: SyncResult | None = None
    retry_count: int = 0
    operation: Data = Field(default_factory=dict)
    """What was asked for."""

    @property
    def revision(self) -> str:
        """Return the commit that it applies, or is to; nothing while it is not known."""
        asked = (self.operation.get("sync") or {}).get("revision") or ""
        return (self.sync_result.revision if self.sync_result else "") or str(asked)


class Deployed(Model):
    """One sync of the past."""

    id: int = 0
    revision: str = ""
    deployed_at: datetime | None = None
    initiated_by: Data = Field(default_factory=dict)


class Summary(Model):
    """What runs."""

    images: list[str] | None = None


class Status(Model):
    """What Argo CD saw last."""

    sync: Comparison = Comparison()
    health: Health = Health()
    operation_state: Operation | None = None
    history: list[Deployed] | None = None
    conditions: list[Condition] | None = None
    resources: list[Resource] | None = None
    reconciled_at: datetime | None = None
    summary: Summary = Summary()


class Application(Model):
    """An Application: its wish as plain data, its state typed."""

    metadata: Data
    spec: Data = Field(default_factory=dict)
    status: Status = Status()
    operation: Data | None = None
    """A sync that was asked for and has not begun."""

    @property
    def name(self) -> str:
        """Return its name."""
        return str(self.metadata.get("name", ""))

    @property
    def project(self) -> str:
        """Return the project that owns it."""
        return str(self.spec.get("project", ""))

    @property
    def version(self) -> str:
        """Return the state of the API server that it was read at."""
        return str(self.metadata.get("resourceVersion", ""))


class Managed(Model):
    """One object as Git wants it and as it is; each side is JSON in a text, `null` where it is absent."""

    group: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    target_state: str = "null"
    live_state: str = "null"
    normalized_live_state: str = "null"
    predicted_live_state: str = "null"
    hook: bool = False

    @property
    def id(self) -> str:
        """Return who it is, as a render has it."""
        return Resource(group=self.group, kind=self.kind, namespace=self.namespace, name=self.name).id


class Window(Model):
    """A time in which syncs are allowed or denied."""

    kind: str = ""


class Windows(Model):
    """The sync windows of an application."""

    active_windows: list[Window] | None = None
    assigned_windows: list[Window] | None = None
    can_sync: bool = False

    @property
    def help(self) -> str:
        """Return what to do where a window is closed."""
        return WINDOW_HELP

    @property
    def let_people(self) -> bool:
        """Tell whether a sync by hand is allowed."""
        return self.can_sync or not self.assigned_windows

    @property
    def let_automatic(self) -> bool:
        """Tell whether an automatic sync is: a denial wins, and where something is allowed, only then."""
        active = {one.kind for one in self.active_windows or []}
        assigned = {one.kind for one in self.assigned_windows or []}
        return "deny" not in active and ("allow" in active or "allow" not in assigned)
