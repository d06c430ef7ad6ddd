"""The JSON contracts of the commands: a schema for each, generated from its types, and every document held by it."""

import inspect
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import jsonschema_rs
from pydantic import TypeAdapter

from bos_tools.cli.call import Call
from bos_tools.report.json import (
    argocd,
    change,
    check,
    diff,
    doctor,
    error,
    history,
    pvc,
    recommend,
    render,
    review,
    sandbox,
    secrets,
    status,
)  # fmt: skip
from harness import ROOT

Document = Callable[[Any], object]
CONTRACTS: dict[str, Document] = {
    "bump": change.document, "status": status.document, "render": render.document, "diff": diff.document,
    "review": review.document, "history": history.document, "check": check.document, "check --explain": check.explain, "doctor": doctor.document,
    "pvc list": pvc.volumes, "pvc grow": change.document, "pvc adopt": change.document, "pvc verify": pvc.growth,
    "pvc runbook": pvc.runbook, "pvc recommend": recommend.document, "secrets list": secrets.needed,
    "secrets missing": secrets.missing, "secrets create": secrets.written, "argocd register": change.document,
    "argocd register --apply": argocd.registered, "argocd unregister": argocd.unregistered,
    "argocd configure": argocd.configured, "argocd token": argocd.token, "argocd status": argocd.status,
    "argocd sync": argocd.live, "argocd wait": argocd.live, "argocd diff": argocd.diff, "argocd history": argocd.history,
    "argocd open": argocd.opened, "argocd terminate": argocd.terminated, "sandbox up": sandbox.up, "sandbox status": sandbox.status,
    "sandbox logs": sandbox.logs, "sandbox env": sandbox.variables, "sandbox down": sandbox.down,
    "an error": error.document,
}  # fmt: skip
"""What a command's document is made by; where an option gives it another shape, once more with that."""
COMMITTED = ROOT / "tests" / "harness" / "contracts" / "outputs.json"


@cache
def schema(document: Document) -> dict[str, Any]:
    """Return the schema of what a function of report/json returns; a key that no type names is refused."""
    found = TypeAdapter(inspect.signature(document).return_annotation).json_schema()
    _close(found)
    return found


def _close(part: Any) -> None:
    if isinstance(part, dict):
        if "properties" in part:
            part["additionalProperties"] = False
        for inner in part.values():
            _close(inner)
    elif isinstance(part, list):
        for inner in part:
            _close(inner)


def written() -> str:
    """Return all schemas as they are committed."""
    return json.dumps({name: schema(made) for name, made in CONTRACTS.items()}, indent=1, ensure_ascii=False) + "\n"


def hold(document: Document, value: object) -> None:
    """Hold a document against its contract, as JSON; raises ValueError where it breaks it."""
    jsonschema_rs.validate(schema(document), json.loads(json.dumps(value)))


SEEN: set[Document] = set()
"""What made a document that was held, in this run."""
_report = Call.report


def report(self: Call, result: Any, text: Any, document: Document, *others: Any) -> None:
    """Report a result as the program does, and hold the document by its contract, in whatever format it is shown."""
    hold(document, document(result))
    SEEN.add(document)
    _report(self, result, text, document, *others)
