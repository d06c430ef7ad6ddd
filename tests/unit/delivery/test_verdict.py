"""What an application's state means, case by case."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bos_tools.delivery.verdict import State, judge, why_not
from bos_tools.doors.argocd.models import Application
from harness.argocd import COMMIT, OLDER, TIMES, application

SYNCED = {"status": "Synced", "revision": COMMIT}
OUT_OF_SYNC = {"status": "OutOfSync", "revision": COMMIT}
REFUSED = {
    "kind": "Service", "namespace": "buildingos", "name": "backend", "status": "SyncFailed",
    "message": 'error when patching "/dev/shm/123": port: Invalid value',
}  # fmt: skip


def operation(
    phase: str, message: str = "", revision: str = COMMIT, resources: tuple[Any, ...] = (), **more: Any
) -> dict[str, Any]:
    return {
        "phase": phase, "message": message, "startedAt": TIMES[0], "finishedAt": TIMES[1],
        "syncResult": {"revision": revision, "resources": list(resources)}, **more,
    }  # fmt: skip


CASES = {
    "all is well": ({}, State.live, ""),
    "never looked at": ({"reconciledAt": None}, State.waiting, "not looked at yet"),
    "an older commit was synced, and nothing differs": ({"operationState": operation("Succeeded", revision=OLDER)}, State.unproven, ""),
    "no sync is on record": ({"operationState": None}, State.unproven, ""),
    "Argo CD has not seen the commit": ({"sync": {"status": "Synced", "revision": OLDER}}, State.waiting, f"at commit {OLDER[:12]}"),
    "the sync runs": ({"operationState": operation("Running", "waiting for healthy state")}, State.waiting, "waiting for healthy state"),
    "the sync waits for a confirmation": ({"operationState": operation("Running", "waiting for pruning confirmation of /Service/x")}, State.held, "confirmation"),
    "an object is refused while retries are left": ({"operationState": operation("Running", "Retrying", resources=(REFUSED,))}, State.failed, "Service buildingos/backend: error when patching: port"),
    "the sync failed for good": ({"sync": OUT_OF_SYNC, "operationState": operation("Failed", "one or more", resources=(REFUSED,))}, State.failed, "Service buildingos/backend"),
    "a hook failed": ({"sync": OUT_OF_SYNC, "operationState": operation("Failed", "hook", resources=({"kind": "Job", "group": "batch", "name": "init", "hookPhase": "Failed", "message": "BackoffLimitExceeded"},))}, State.failed, "Job.batch init: BackoffLimitExceeded"),
    "a failed sync that was mended since": ({"operationState": operation("Failed", "old", revision=OLDER)}, State.unproven, ""),
    "it differs": ({"sync": OUT_OF_SYNC, "resources": [{"kind": "Service", "name": "x", "status": "OutOfSync"}]}, State.waiting, "OutOfSync: Service x"),
    "it does not render": ({"conditions": [{"type": "ComparisonError", "message": "kustomize build failed"}]}, State.failed, "kustomize build failed"),
    "a health check stumbles": ({"health": {"status": "Unknown"}, "conditions": [{"type": "ComparisonError", "message": "error setting app health: nil"}]}, State.waiting, "Unknown"),
    "a warning is no fault": ({"conditions": [{"type": "OrphanedResourceWarning", "message": "1 orphan"}]}, State.live, ""),
    "it does not work": ({"health": {"status": "Degraded", "message": "no pods"}}, State.failed, "Degraded: no pods"),
    "it starts": ({"health": {"status": "Progressing"}}, State.waiting, "Progressing"),
    "its health is older than its sync": ({"reconciledAt": TIMES[0], "health": {"status": "Degraded"}}, State.waiting, "not looked at since its sync"),
}  # fmt: skip


@pytest.mark.parametrize(("status", "state", "why"), CASES.values(), ids=CASES.keys())
def test_a_state_means(status, state, why):
    found = judge(Application.model_validate(application(**status)), lambda commit: commit == COMMIT)

    assert found.state is state
    assert why in found.why


def test_a_failed_sync_says_that_argo_cd_gave_up_and_the_way_out():
    status: dict[str, Any] = {"sync": OUT_OF_SYNC, "operationState": operation("Failed", "no", resources=(REFUSED,))}

    found = why_not(Application.model_validate(application(**status)))

    assert "given up on this commit for good" in found.hint
    assert "bos-tools argocd sync" in found.hint


@pytest.mark.parametrize(
    ("at", "state"),
    [(TIMES[0], State.waiting), (TIMES[1], State.waiting), ("2020-01-01T00:00:00Z", State.held), ("soon", State.held)],
)
def test_a_sync_that_was_confirmed_since_it_began_is_held_no_more(at, state):
    waits = operation("Running", "waiting for pruning confirmation of /Service/x")
    data = application(operationState=waits)
    data["metadata"]["annotations"] = {"argocd.argoproj.io/deletion-approved": at}

    assert judge(Application.model_validate(data), lambda _: True).state is state


def test_a_patient_judge_lets_argo_cd_use_up_its_retries():
    status: dict[str, Any] = {"operationState": operation("Running", "Retrying attempt #1", resources=(REFUSED,))}
    app = Application.model_validate(application(**status))

    assert judge(app, lambda _: True, is_patient=True).state is State.waiting


def test_what_was_known_before_the_call_does_not_count():
    app = Application.model_validate(application())
    before = datetime(2026, 11, 25, 1, 0, 20, tzinfo=UTC)

    assert judge(app, lambda _: True, since=before).state is State.waiting


def test_fields_that_nobody_declared_are_kept():
    app = Application.model_validate(application(brandNew=[1]))

    assert app.spec["unknown"] == {"kept": True}
    assert app.status.model_dump(by_alias=True)["brandNew"] == [1]
