"""Every fault of Argo CD ends in its exit code with a sentence that helps, and a re-run succeeds once it is gone."""

import json

import httpx2
import pytest

from harness.argocd import COMMIT, TIMES, always, error, managed, once, reconcile

WAIT = ("wait", "backend", "--timeout", "120")


def test_a_live_application_is_reported_with_its_commit(argocd, run_argocd):
    code, out, _ = run_argocd(*WAIT, "--output", "json")

    assert code == 0
    assert json.loads(out)["applications"] == [
        {"name": "dev-backend", "project": "buildingos-dev", "state": "live", "revision": COMMIT,
         "sync": "Synced", "health": "Healthy"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "reason", "help_"),
    [
        (lambda: httpx2.ConnectError("Connection refused"), "unreachable", "BOS_ARGOCD_SERVER"),
        (lambda: httpx2.ReadTimeout("timed out"), "unreachable", "BOS_ARGOCD_SERVER"),
        (
            lambda: error(401, "invalid session: token has invalid claims: token is expired", 16),
            "unauthorized",
            "--token-file",
        ),
        (lambda: error(403, "permission denied", 7), "forbidden", "role"),
        (lambda: error(404, "not found", 5), "not-found", "register"),
        (lambda: httpx2.Response(404, text="<html>not found</html>"), "not-found", "without a path too much"),
        (
            lambda: httpx2.Response(307, headers={"location": "https://login.example.com/x"}),
            "argocd-failed",
            "is this the address: https://login.example.com",
        ),
        (lambda: error(409, "the object has been modified"), "conflict", "run it again"),
        (lambda: error(429, "slow down", headers={"Retry-After": "60"}), "too-many-requests", "in a minute"),
        (lambda: error(502, "bad gateway"), "argocd-unavailable", "not ready"),
        (lambda: error(503, "unavailable", 14), "argocd-unavailable", "not ready"),
    ],
    ids=["down", "slow", "401", "403", "404", "page", "redirect", "409", "429", "502", "503"],
)
@pytest.mark.parametrize(
    "words", [("status",), WAIT, ("sync", "backend", "--timeout", "120")], ids=lambda words: words[0]
)
def test_a_fault_ends_in_exit_code_5_with_help_and_a_re_run_succeeds(argocd, run_argocd, words, answer, reason, help_):
    argocd.faults.append(always("applications", answer))

    code, out, err = run_argocd(*words, "--output", "json")
    said = json.loads(out)["error"]
    argocd.faults.clear()
    again, _, _ = run_argocd(*words)

    assert (code, said["reason"], said["exit_code"]) == (5, reason, 5)
    assert help_ in said["hint"]
    assert err.startswith("bos-tools: Argo CD ")
    assert again == 0


@pytest.mark.parametrize(
    "passing",
    [
        error(409, "the object has been modified"),
        error(429, "slow down", headers={"Retry-After": "0"}),
        error(503, "unavailable", 14),
        error(400, "another operation is already in progress", 9),
    ],
    ids=["409", "429", "503", "operation"],
)
def test_what_passes_is_asked_again(argocd, run_argocd, passing):
    argocd.faults.append(once("POST .*/sync", passing))

    code, _, _ = run_argocd("sync", "backend", "--no-wait")

    assert code == 0
    assert [call.split("?")[0] for call in argocd.seen].count("POST applications/dev-backend/sync") == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_what_stays_is_not_asked_again(argocd, run_argocd, status):
    argocd.faults.append(always("POST .*/sync", lambda: error(status, "no", 9)))

    code, _, _ = run_argocd("sync", "backend", "--no-wait")

    assert code == 5
    assert [call.split("?")[0] for call in argocd.seen].count("POST applications/dev-backend/sync") == 1


def test_a_stream_that_breaks_goes_on_from_where_it_was(argocd, run_argocd):
    app = argocd.apps["dev-backend"]
    app["status"]["health"] = {"status": "Progressing"}

    def broken():
        yield json.dumps({"result": {"type": "ADDED", "application": app}}).encode() + b"\n"
        app["status"]["health"] = {"status": "Healthy"}
        raise httpx2.ReadError("reset by peer")

    argocd.faults.append(once("stream", httpx2.Response(200, content=broken())))
    code, _, _ = run_argocd(*WAIT)

    streams = [call for call in argocd.seen if call.startswith("GET stream")]
    assert code == 0
    assert "resourceVersion" not in streams[0]
    assert all("resourceVersion=7" in call for call in streams[1:])


def test_a_token_that_expires_while_it_waits_is_told_as_such(argocd, run_argocd):
    argocd.apps["dev-backend"]["status"]["health"] = {"status": "Progressing"}
    line = json.dumps({"error": {"grpc_code": 16, "http_code": 401, "message": "token is expired"}}).encode()
    argocd.faults.append(once("stream", httpx2.Response(200, content=line + b"\n")))

    code, out, _ = run_argocd(*WAIT, "--output", "json")

    assert (code, json.loads(out)["error"]["reason"]) == (5, "unauthorized")


def test_a_stream_whose_version_is_too_old_begins_anew(argocd, run_argocd):
    argocd.apps["dev-backend"]["status"]["health"] = {"status": "Progressing"}
    line = json.dumps({"error": {"http_code": 410, "message": "too old resource version"}}).encode()
    argocd.faults.append(once("resourceVersion=7", httpx2.Response(200, content=line + b"\n")))

    def heal(app):
        if sum("GET stream" in call for call in argocd.seen) > 2:
            app["status"]["health"] = {"status": "Healthy"}
        reconcile(app)

    argocd.refreshed = heal

    code, _, _ = run_argocd(*WAIT)

    streams = ["resourceVersion" in call for call in argocd.seen if call.startswith("GET stream")]
    assert code == 0
    assert streams[:3] == [False, True, False]


def test_a_closed_sync_window_is_a_refusal(argocd, run_argocd):
    argocd.faults.append(always("POST .*/sync", lambda: error(403, "cannot sync: blocked by sync window", 7)))

    code, out, _ = run_argocd("sync", "backend", "--output", "json")

    assert (code, json.loads(out)["error"]["reason"]) == (1, "sync-window")


DENY, ALLOW = {"kind": "deny"}, {"kind": "allow"}


@pytest.mark.parametrize(
    ("active", "assigned", "people", "hint"),
    [
        ([DENY], [DENY], False, "when the window is open"),
        ([DENY], [DENY], True, "bos-tools argocd sync"),
        ([DENY, ALLOW], [DENY, ALLOW], False, "when the window is open"),
        (None, [ALLOW], False, "when the window is open"),
        (None, [ALLOW, DENY], True, "bos-tools argocd sync"),
    ],
    ids=["denied", "by hand alone", "denied though allowed", "not allowed yet", "not allowed yet, by hand alone"],
)
def test_a_window_that_holds_automatic_sync_back_is_found_out_by_who_waits(
    argocd, run_argocd, active, assigned, people, hint
):
    argocd.apps["dev-backend"]["status"]["sync"] = {"status": "OutOfSync", "revision": COMMIT}
    argocd.windows = {"activeWindows": active, "assignedWindows": assigned, "canSync": people}

    code, out, _ = run_argocd(*WAIT, "--output", "json")
    argocd.apps["dev-backend"]["status"]["sync"] = {"status": "Synced", "revision": COMMIT}

    said = json.loads(out)["error"]
    assert (code, said["reason"]) == (1, "sync-window")
    assert hint in said["hint"]
    assert run_argocd(*WAIT)[0] == 0


@pytest.mark.parametrize(
    ("active", "assigned"),
    [(None, None), (None, [DENY]), ([ALLOW], [ALLOW, DENY])],
    ids=["none", "not denied now", "allowed now"],
)
def test_a_window_that_is_open_is_none(argocd, run_argocd, active, assigned):
    argocd.apps["dev-backend"]["status"]["sync"] = {"status": "OutOfSync", "revision": COMMIT}
    argocd.windows = {"activeWindows": active, "assignedWindows": assigned, "canSync": True}

    code, out, _ = run_argocd("wait", "backend", "--timeout", "1", "--output", "json")

    assert (code, json.loads(out)["error"]["reason"]) == (5, "timeout")


def test_a_revoked_repository_fails_at_once_and_says_how_to_renew_it(argocd, run_argocd):
    said = "failed to list refs: authentication required: Unauthorized"
    argocd.apps["dev-backend"]["status"]["conditions"] = [{"type": "ComparisonError", "message": said}]

    code, _, err = run_argocd(*WAIT)

    assert code == 5
    assert "authentication required" in err
    assert "register --env dev --apply" in err
    assert "ENV" not in err


def test_synced_that_lies_is_not_success(argocd, run_argocd):
    argocd.managed = [managed("backend", live={"replicas": 1}, wanted={"replicas": 2})]

    code, _, err = run_argocd("wait", "backend", "--timeout", "1")

    assert code == 5
    assert "not applied: Service buildingos/backend" in err


def test_without_a_token_it_is_a_usage_error(argocd, run_argocd, monkeypatch):
    monkeypatch.delenv("BOS_ARGOCD_TOKEN")

    code, _, err = run_argocd("status")

    assert code == 2
    assert "BOS_ARGOCD_USERNAME" in err


def test_a_name_and_a_password_make_a_session(argocd, run_argocd, monkeypatch):
    monkeypatch.delenv("BOS_ARGOCD_TOKEN")
    monkeypatch.setenv("BOS_ARGOCD_USERNAME", "admin")
    monkeypatch.setenv("BOS_ARGOCD_PASSWORD", "sesame")

    code, _, _ = run_argocd("status")

    assert code == 0
    assert argocd.seen[0] == "POST session"


def test_every_call_about_applications_names_the_project(argocd, run_argocd):
    run_argocd(*WAIT)
    run_argocd("diff", "backend")

    assert [call for call in argocd.seen if "applications" in call and "project=buildingos-dev" not in call] == []


def test_health_from_before_the_sync_does_not_count(argocd, run_argocd):
    app = argocd.apps["dev-backend"]
    app["status"]["health"] = {"status": "Degraded"}
    app["status"]["reconciledAt"] = TIMES[0]

    argocd.refreshed = lambda app: reconcile(app, health={"status": "Healthy"})

    assert run_argocd(*WAIT)[0] == 0


@pytest.mark.parametrize("words", [("status",), ("diff", "backend")], ids=lambda words: words[0])
def test_the_way_out_of_what_is_not_registered_names_the_environment_that_was_asked_about(argocd, run_argocd, words):
    argocd.apps.clear()

    _, _, err = run_argocd(*words)

    assert "bos-tools argocd register --env dev --apply" in err


def test_no_token_goes_to_an_address_that_only_the_repository_names(run_argocd, argocd, monkeypatch):
    monkeypatch.delenv("BOS_ARGOCD_SERVER")

    code, out, err = run_argocd("status")

    assert (code, out, argocd.seen) == (2, "", [])
    assert "the token goes to no address that only the repository names: https://argocd.example.com" in err
    assert "hint: if it is the right one: --server https://argocd.example.com, or BOS_ARGOCD_SERVER" in err
