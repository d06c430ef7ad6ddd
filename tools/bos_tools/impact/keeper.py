"""What keeps a unit's objects in the cluster: its Application, and the options of Argo CD that count there.

https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/ has the options, `sync_context.go` of gitops-engine
what they do: an object's own annotation counts before what its Application says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bos_tools.delivery.applications import NOTE
from bos_tools.impact.pods import at
from bos_tools.tree.identity import Object

OPTIONS = f"{NOTE}/sync-options"
HOOK, HOOK_DELETION = f"{NOTE}/hook", f"{NOTE}/hook-delete-policy"
ANEW, AFTER_SUCCESS = "BeforeHookCreation", "HookSucceeded"
FINALIZER = f"resources-finalizer.{NOTE}"
"""With it the deletion of an Application deletes what it made; also with `/background` behind it."""


@dataclass(frozen=True)
class Keeper:
    """The Application of a unit."""

    object: Object

    @property
    def folder(self) -> str:
        """Return the folder that it syncs; empty for a chart's."""
        return str(at(self.object, "spec", "source", "path") or "").strip("/")

    @property
    def cascades(self) -> bool:
        """Tell whether all that it made goes with it."""
        return any(str(one).partition("/")[0] == FINALIZER for one in at(self.object, "metadata", "finalizers") or ())

    @property
    def prunes(self) -> bool:
        """Tell whether it deletes by itself what Git no longer has."""
        automated = at(self.object, "spec", "syncPolicy", "automated")
        return isinstance(automated, dict) and automated.get("prune") is True and automated.get("enabled") is not False

    @property
    def options(self) -> Mapping[str, str]:
        """Return its own sync options."""
        return _options(at(self.object, "spec", "syncPolicy", "syncOptions") or ())

    @property
    def destination(self) -> Any:
        """Return where it makes its objects."""
        return at(self.object, "spec", "destination")

    def left_alone(self, one: Object) -> list[str]:
        """Return the JSON pointers of an object that a sync does not touch."""
        if self.options.get("RespectIgnoreDifferences") != "true":
            return []
        return [
            str(pointer)
            for rule in at(self.object, "spec", "ignoreDifferences") or ()
            if (rule.get("group") or "", rule.get("kind")) == (one.group, one.kind)
            and rule.get("name") in (None, "", one.name)
            and rule.get("namespace") in (None, "", one.namespace)
            for pointer in rule.get("jsonPointers") or ()
        ]


def option(one: Object, name: str, keeper: Keeper | None = None) -> str | None:
    """Return an option of an object: what its annotation says, else its Application; None where neither does."""
    own = _options(str(notes(one).get(OPTIONS) or "").split(","))
    return own.get(name, keeper.options.get(name) if keeper is not None else None)


def notes(one: Object) -> Mapping[str, Any]:
    """Return an object's annotations."""
    found = at(one, "metadata", "annotations")
    return found if isinstance(found, dict) else {}


def hook_policies(one: Object) -> set[str] | None:
    """Return when Argo CD deletes a hook, None for what is no hook."""
    if HOOK not in notes(one) or notes(one)[HOOK] == "Skip":
        return None
    said = {word.strip() for word in str(notes(one).get(HOOK_DELETION) or "").split(",")} - {""}
    return said or {ANEW}


def _options(said: Iterable[Any]) -> dict[str, str]:
    pairs = (str(word).strip().partition("=") for word in said)
    return {name: value for name, _, value in pairs if name}
