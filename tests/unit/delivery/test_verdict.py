"""What an application's state means, case by case."""

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
LOAD = "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: "
RENDER = f"{LOAD}code = Unknown desc = kustomize build <path to cached source>/overlays/dev/web failed exit status 1: Error: "


def operation(
    phase: str, message: str = "", revision: str = COMMIT, resources: tuple[Any, ...] = (), **more: Any
) -> dict[str, Any]:
    return {
        "phase": phase, "message": message, "startedAt": TIMES[0], "finishedAt": TIMES[1],
        "syncResult": {"revision": revision, "resources": list(resources)}, **more,
    }  # fmt: skip


def refused(message: str) -> dict[str, Any]:
    return {**REFUSED, "message": message}


def broken(message: str, revision: str = "main", kind: str = "ComparisonError") -> dict[str, Any]:
    """Return the status of an application that Argo CD can't compare; the revision is then often a branch's name."""
    return {"conditions": [{"type": kind, "message": message}], "sync": {"status": "Unknown", "revision": revision}}


CONFIRM = "waiting for pruning confirmation of /Service/x"
NO_RESULT: dict[str, Any] = {"syncResult": None, "operation": {"sync": {"revision": OLDER}}}
CASES = {
    "all is well": ({}, State.live, ""),
    "never looked at": ({"reconciledAt": None}, State.waiting, "not looked at it yet"),
    "an older commit was synced, and nothing differs": ({"operationState": operation("Succeeded", revision=OLDER)}, State.unproven, ""),
    "no sync is on record": ({"operationState": None}, State.unproven, ""),
    "Argo CD has not seen the commit": ({"sync": {"status": "Synced", "revision": OLDER}}, State.waiting, f"at commit {OLDER[:12]}"),
    "what was compared is another source": ({"sync": {**SYNCED, "comparedTo": {"source": {"path": "old"}}}}, State.waiting, "new source"),
    "the sync runs": ({"operationState": operation("Running", "waiting for healthy state")}, State.waiting, "waiting for healthy state"),
    "the sync is being ended": ({"operationState": operation("Terminating")}, State.waiting, "being ended"),
    "the sync waits for a confirmation": ({"operationState": operation("Running", CONFIRM)}, State.held, "confirmation"),
    "F7: a sync of an older commit waits for a confirmation": ({"operationState": operation("Running", CONFIRM, OLDER)}, State.held, f"older commit, {OLDER[:12]}, stands in the way"),
    "an object is refused while retries are left": ({"operationState": operation("Running", "Retrying", resources=(REFUSED,))}, State.failed, "Service buildingos/backend: error when patching: port"),
    "F4: an object of an older commit is refused while retries are left": ({"operationState": operation("Running", "Retrying", OLDER, (REFUSED,))}, State.waiting, f"a sync of an older commit runs, {OLDER[:12]}: Service buildingos/backend"),
    "F4: an older commit has failed, and nobody looked since": ({"sync": {"status": "OutOfSync", "revision": OLDER}, "operationState": operation("Failed", "no", OLDER, (REFUSED,))}, State.waiting, f"at commit {OLDER[:12]}"),
    "F4: an older commit has failed, and the newer one is not applied yet": ({"sync": OUT_OF_SYNC, "operationState": operation("Failed", "no", OLDER, (REFUSED,))}, State.waiting, "OutOfSync"),
    "between two tries nobody knows of which commit the next one is": ({"operationState": operation("Running", "Retrying operation with latest revisions. Attempt #2", syncResult=None)}, State.waiting, "Attempt #2"),
    "the sync failed for good": ({"sync": OUT_OF_SYNC, "operationState": operation("Failed", "one or more", resources=(REFUSED,))}, State.failed, "Service buildingos/backend"),
    "a sync without any result stops all later ones": ({"sync": OUT_OF_SYNC, "operationState": operation("Error", "no manifests", **NO_RESULT)}, State.failed, "no manifests"),
    "a hook failed": ({"sync": OUT_OF_SYNC, "operationState": operation("Failed", "hook", resources=({"kind": "Job", "group": "batch", "name": "init", "hookPhase": "Failed", "message": "BackoffLimitExceeded"},))}, State.failed, "Job.batch init: BackoffLimitExceeded"),
    "a failed sync that was mended since": ({"operationState": operation("Failed", "old", revision=OLDER)}, State.unproven, ""),
    "it differs": ({"sync": OUT_OF_SYNC, "resources": [{"kind": "Service", "name": "x", "status": "OutOfSync"}]}, State.waiting, "OutOfSync: Service x"),
    "everything would go": ({"sync": OUT_OF_SYNC, "conditions": [{"type": "SyncError", "message": "Skipping sync attempt to [a]: auto-sync will wipe out all resources"}]}, State.held, "wipe out"),
    "it does not render": (broken(f"{RENDER}no such file"), State.failed, "no such file"),
    "it does not render, at an older commit": (broken(f"{RENDER}no such file", OLDER), State.waiting, f"at commit {OLDER[:12]}, of which"),
    "it does not render, and its error names a timeout": (broken(f"{RENDER}timeout.yaml: no such file"), State.failed, "timeout.yaml"),
    "kustomize was killed": (broken(f"{LOAD}code = Unknown desc = kustomize build . failed signal: killed"), State.waiting, "for now"),
    "kustomize was killed by its own timeout": (broken(f"{LOAD}code = Unknown desc = kustomize build . failed exit status 1: timed out after 1m30s"), State.waiting, "for now"),
    "its folder is gone": (broken(f"{LOAD}code = Unknown desc = overlays/dev/web: app path does not exist"), State.failed, "app path does not exist"),
    "F3: the repo server is away": (broken(f'{LOAD}code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:8081: connect: connection refused"'), State.waiting, "for now: Failed to load"),
    "F3: the repo server was killed in the middle": (broken(f"{LOAD}code = Unavailable desc = error reading from server: EOF"), State.waiting, "for now"),
    "F3: the repo server is slow": (broken(f"{LOAD}code = DeadlineExceeded desc = context deadline exceeded"), State.waiting, "for now"),
    "F3: the forge is away": (broken('Failed to load target state: failed to list refs: Get "http://forge/info/refs": dial tcp 10.0.0.1:3000: connect: connection refused'), State.waiting, "for now"),
    "F3: the forge answers 502": (broken("Failed to load target state: failed to list refs: unexpected client error: unexpected requesting: status code: 502"), State.waiting, "for now"),
    "F3: the forge hangs": (broken('Failed to load target state: Get "http://forge": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'), State.waiting, "for now"),
    "F3: the forge's name is not known for a moment": (broken("Failed to load target state: dial tcp: lookup forge on 10.0.0.2:53: no such host"), State.waiting, "for now"),
    "the forge wants another password": (broken("Failed to load target state: failed to list refs: authentication required: Unauthorized"), State.failed, "authentication"),
    "the API server is away": (broken("Failed to load live state: failed to get cluster info: Get https://10.0.0.1: dial tcp 10.0.0.1:443: connect: connection refused"), State.waiting, "for now"),
    "its project does not allow it": (broken("application repo x is not permitted in project 'y'", kind="InvalidSpecError"), State.failed, "not permitted"),
    "a health check stumbles": ({"health": {"status": "Unknown"}, "conditions": [{"type": "ComparisonError", "message": "error setting app health: nil"}]}, State.waiting, "Unknown"),
    "a warning is no fault": ({"conditions": [{"type": "OrphanedResourceWarning", "message": "1 orphan"}]}, State.live, ""),
    "it does not work": ({"health": {"status": "Degraded", "message": "no pods"}}, State.failed, "Degraded: no pods"),
    "it starts": ({"health": {"status": "Progressing"}}, State.waiting, "Progressing"),
    "its health is older than its sync": ({"reconciledAt": TIMES[0], "health": {"status": "Degraded"}}, State.waiting, "not looked at it since its sync"),
}  # fmt: skip


@pytest.mark.parametrize(("status", "state", "why"), CASES.values(), ids=CASES.keys())
def test_a_state_means(status, state, why):
    found = judge(Application.model_validate(application(**status)), lambda commit: commit == COMMIT)

    assert found.state is state
    assert why in found.why


PASSING = [
    "Post https://10.0.0.1/apis: dial tcp 10.0.0.1:443: connect: connection refused",
    'Internal error occurred: failed calling webhook "x": Post: EOF',
    "etcdserver: request timed out",
    "the server is currently unable to handle the request",
    "Operation cannot be fulfilled on x: the object has been modified; please apply your changes to the latest version",
    'is forbidden: RBAC: clusterrole.rbac.authorization.k8s.io "cluster-admin" not found',
    "is forbidden: not yet ready to handle request",
    "net/http: TLS handshake timeout",
    "http2: client connection lost",
]
"""What an API server says that starts, ends or is busy; the messages are those of Kubernetes 1.34."""


@pytest.mark.parametrize("message", PASSING)
def test_what_passes_by_itself_is_waited_for_as_long_as_argo_cd_tries_again(message):
    status: dict[str, Any] = {
        "operationState": operation("Running", "Retrying attempt #1", resources=(refused(message),), retryCount=1)
    }

    found = judge(Application.model_validate(application(**status)), lambda _: True)

    assert found.state is State.waiting
    assert "(try 2)" in found.why


STAYING = [
    "exceeded quota: q, requested: requests.storage=1Gi, used: 1Gi, limited: 1Gi",
    "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity",
    'Deployment.apps "web" is invalid: spec.selector: Invalid value: field is immutable',
    'User "x" cannot patch resource "claims" in API group ""',
]  # fmt: skip


@pytest.mark.parametrize("message", STAYING)
def test_what_only_a_person_changes_is_told_at_once(message):
    status: dict[str, Any] = {
        "operationState": operation("Running", "Retrying attempt #1", resources=(refused(message),))
    }

    assert judge(Application.model_validate(application(**status)), lambda _: True).state is State.failed


def app(policy: Any = None, notes: Any = None, **status: Any) -> Application:
    data = application(**status)
    if policy is not None:
        data["spec"]["syncPolicy"] = policy
    data["metadata"]["annotations"] = notes or {}
    return Application.model_validate(data)


@pytest.mark.parametrize("policy", [{}, {"automated": None}, {"automated": {"enabled": False, "prune": True}}])
def test_a_paused_application_is_held_where_it_differs_and_told_where_it_does_not(policy):
    held = judge(app(policy, sync=OUT_OF_SYNC), lambda _: True)

    assert (held.state, held.reason) == (State.held, "paused")
    assert "automatic sync is paused, and it is OutOfSync" in held.why
    assert "bos-tools argocd sync backend --env dev" in held.hint
    assert judge(app(policy), lambda _: True).state is State.live
    assert why_not(app(policy)).why == "automatic sync is paused"


def test_a_sync_by_hand_of_a_paused_application_is_waited_for():
    paused = app({"automated": {"enabled": False}}, sync=OUT_OF_SYNC, operationState=operation("Running", "applying"))

    assert judge(paused, lambda _: True).state is State.waiting


def test_what_was_compared_before_a_sync_by_hand_holds_nothing():
    paused = app({"automated": {"enabled": False}}, sync=OUT_OF_SYNC, reconciledAt=TIMES[0])

    assert judge(paused, lambda _: True).why == "Argo CD has not looked at it since its sync"


def test_argo_cd_told_to_look_away_is_held_whatever_else_is_so():
    found = judge(app(notes={"argocd.argoproj.io/skip-reconcile": "true"}), lambda _: True)

    assert (found.state, found.reason) == (State.held, "skip-reconcile")
    assert "annotate application dev-backend argocd.argoproj.io/skip-reconcile-" in found.hint


def test_a_failed_sync_says_that_argo_cd_gave_up_and_the_way_out():
    found = why_not(app(sync=OUT_OF_SYNC, operationState=operation("Failed", "no", resources=(REFUSED,))))

    assert "given up on this commit for good: land a new commit" in found.hint
    assert "bos-tools argocd sync backend --env dev" in found.hint


def test_a_sync_without_a_result_says_that_no_commit_helps():
    found = why_not(app(sync=OUT_OF_SYNC, operationState=operation("Error", "no manifests", **NO_RESULT)))

    assert "given up for good, whatever is landed: sync it with" in found.hint


@pytest.mark.parametrize(
    ("message", "help_"),
    [
        ("field can not be less than status.capacity", "bos-tools pvc adopt backend --env dev"),
        ("exceeded quota: q", ".github/runbooks/quota.md"),
    ],
)
def test_a_reason_comes_with_the_command_that_helps_and_no_placeholder(message, help_):
    found = why_not(app(sync=OUT_OF_SYNC, operationState=operation("Failed", "no", resources=(refused(message),))))

    assert help_ in found.hint
    assert "ENV" not in found.hint


@pytest.mark.parametrize(
    ("at", "state"),
    [(TIMES[0], State.waiting), (TIMES[1], State.waiting), ("2020-01-01T00:00:00Z", State.held), ("soon", State.held)],
)
def test_a_sync_that_was_confirmed_since_it_began_is_held_no_more(at, state):
    found = app(notes={"argocd.argoproj.io/deletion-approved": at}, operationState=operation("Running", CONFIRM))

    assert judge(found, lambda _: True).state is state


def test_what_an_older_commit_wants_to_delete_is_ended_and_not_confirmed():
    found = why_not(app(operationState=operation("Running", CONFIRM, OLDER)))

    assert found.reason == "old-operation"
    assert "bos-tools argocd terminate backend --env dev" in found.hint
    assert "confirm-prune" not in found.hint


def test_the_root_is_called_root():
    data = application("buildingos-dev", "buildingos-dev-root", operationState=operation("Running", CONFIRM))

    found = why_not(Application.model_validate(data))

    assert "bos-tools argocd sync root --env dev --confirm-prune" in found.hint


def test_a_patient_judge_lets_argo_cd_use_up_its_retries():
    status: dict[str, Any] = {"operationState": operation("Running", "Retrying attempt #1", resources=(REFUSED,))}

    assert judge(app(**status), lambda _: True, is_patient=True).state is State.waiting


def test_fields_that_nobody_declared_are_kept():
    app = Application.model_validate(application(brandNew=[1]))

    assert app.spec["unknown"] == {"kept": True}
    assert app.status.model_dump(by_alias=True)["brandNew"] == [1]
