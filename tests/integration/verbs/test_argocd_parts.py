"""The whole environment: its root and add-ons beside its services, what an account may not see, and what stands still."""

import json

import httpx2
import pytest

from harness.argocd import COMMIT, ENVIRONMENT, OLDER, TIMES, always, application, error, managed, once
from harness.repositories import write

CHART = """\
platform:
- name: metrics
  repoURL: https://charts.example.com
  chart: metrics
  version: 1.2.3
  namespace: kube-system
"""
ROOT_APP = "buildingos-dev"
CONFIRM = "waiting for pruning confirmation of argoproj.io/Application/dev-web"
OUT_OF_SYNC = {"status": "OutOfSync", "revision": COMMIT}


def root(**status):
    return application(ROOT_APP, f"{ROOT_APP}-root", **status)


def chart(**status):
    made = application("dev-metrics", f"{ROOT_APP}-addons", **status)
    made["spec"]["source"] = {"repoURL": "https://charts.example.com", "chart": "metrics", "targetRevision": "1.2.3"}
    made["status"]["sync"]["revision"] = "1.2.3"
    return made


@pytest.fixture
def whole(argocd, argocd_repository):
    """An environment with its root and an add-on, all live."""
    write(argocd_repository, {"overlays/dev/environment.yaml": ENVIRONMENT + CHART})
    for app in (root(), chart()):
        argocd.apps[app["metadata"]["name"]] = app
    return argocd


def running(message: str, revision: str = COMMIT, **more):
    return {"phase": "Running", "message": message, "startedAt": TIMES[0], "syncResult": {"revision": revision}, **more}


def calls(argocd, method: str) -> list[str]:
    return [call.split("?")[0] for call in argocd.seen if call.startswith(method)]


def test_without_names_the_root_and_the_add_ons_are_waited_for_too(whole, run_argocd):
    code, out, _ = run_argocd("wait")

    assert code == 0
    assert {line.split()[0] for line in out.splitlines()} == {ROOT_APP, "dev-backend", "dev-metrics"}
    assert "dev-metrics is live at 1.2.3" in out


@pytest.mark.parametrize("name", [ROOT_APP, "dev-metrics"])
def test_a_broken_root_or_add_on_is_no_green_environment(whole, run_argocd, name):
    said = "kustomize build overlays/dev/argocd failed exit status 1: Error: application-wbe.yaml"
    whole.apps[name]["status"]["conditions"] = [{"type": "ComparisonError", "message": said}]

    code, _, err = run_argocd("wait")
    _, out, _ = run_argocd("status", "--output", "json")
    named, _, _ = run_argocd("wait", "backend")

    rows = json.loads(out)
    assert (code, named) == (5, 0)
    assert f"{name} at" in err
    assert "application-wbe.yaml" in err
    assert said in rows["root"]["why"] + rows["add_ons"][0]["why"]
    assert [row["service"] for row in (rows["root"], *rows["services"], *rows["add_ons"])] == [
        "root",
        "backend",
        "metrics",
    ]


def test_a_reason_is_told_whole_and_once_with_what_helps(whole, run_argocd):
    said = f"kustomize build {'far/' * 60}away failed exit status 1"
    for app in whole.apps.values():
        app["status"]["conditions"] = [{"type": "ComparisonError", "message": said}]

    _, out, err = run_argocd("status")

    assert said not in out
    assert err.count(said) == 1
    assert err.count("hint: it does not render: `bos-tools check`") == 1
    assert "root, backend, metrics: kustomize build" in err


def test_a_part_is_named_by_its_word(whole, run_argocd):
    assert run_argocd("wait", "root")[1] == f"{ROOT_APP} is live at {COMMIT[:12]}\n"
    assert run_argocd("wait", "metrics")[1] == "dev-metrics is live at 1.2.3\n"
    assert run_argocd("wait", "nothing")[0] == 2


def test_an_add_on_that_was_left_out_on_purpose_is_no_part(whole, run_argocd):
    del whole.apps["dev-metrics"]
    gone = {"target": {"kind": "Application", "name": "dev-metrics"}, "patch": json.dumps({"$patch": "delete"})}
    whole.apps[ROOT_APP]["spec"]["source"]["kustomize"] = {"patches": [gone]}

    code, out, _ = run_argocd("wait")
    _, table, _ = run_argocd("status")

    assert (code, "metrics" in out + table) == (0, False)


def test_what_an_account_may_not_see_is_said_and_not_judged(whole, run_argocd):
    hidden = [whole.apps.pop(name) for name in (ROOT_APP, "dev-metrics")]
    names = "|".join(app["metadata"]["name"] for app in hidden)
    whole.faults.append(always(f"GET .*applications/({names})", lambda: error(403, "permission denied", 7)))

    said = [run_argocd(*words) for words in (("wait",), ("status",), ("diff",), ("history",))]

    assert [code for code, _, _ in said] == [0] * 4
    assert all("this account may not see, so nothing is said of: root, metrics" in err for _, _, err in said)


@pytest.mark.parametrize("words", ["wait", "sync", "diff", "history"])
def test_what_is_not_registered_is_told_at_once(argocd, run_argocd, words):
    argocd.apps.clear()

    code, out, _ = run_argocd(words, "backend", "--output", "json")

    assert (code, json.loads(out)["error"]["reason"]) == (5, "not-registered")
    assert not [call for call in argocd.seen if "refresh" in call]


def test_a_server_that_has_just_started_and_knows_nothing_yet_is_asked_once_more(argocd, run_argocd):
    argocd.faults.append(once("GET .*applications[?]", httpx2.Response(200, json={"items": None})))

    assert run_argocd("wait", "backend")[0] == 0


def test_what_argo_cd_refuses_because_it_can_not_read_it_now_ends_no_wait(argocd, run_argocd):
    """Argo CD 3.5 answers 403 for an application while the API server is away."""
    refused = error(403, "permission denied", 7)
    argocd.faults += [once("refresh", refused), once("managed-resources", refused), once("stream", refused)]

    assert run_argocd("wait", "backend")[0] == 0


@pytest.mark.parametrize("words", ["wait", "sync", "diff"])
def test_who_may_see_nothing_is_told_so_and_nothing_is_called_live(argocd, run_argocd, words):
    argocd.apps.clear()
    argocd.faults.append(always("GET .*applications/", lambda: error(403, "permission denied", 7)))

    code, out, _ = run_argocd(words, "backend", "--output", "json")

    said = json.loads(out)["error"]
    assert (code, said["reason"]) == (5, "forbidden")
    assert said["message"] == "this account may see nothing of it: backend"


def test_diff_never_takes_what_argo_cd_could_not_render_for_what_git_wants(whole, run_argocd):
    whole.managed = [managed("backend", wanted=None)]
    said = "kustomize build . failed exit status 1: Error: gone.yaml"
    whole.apps["dev-backend"]["status"]["conditions"] = [{"type": "ComparisonError", "message": said}]

    code, out, err = run_argocd("diff", "backend")

    assert (code, out) == (5, "")
    assert "dev-backend at" in err
    assert "can't be compared: kustomize build . failed exit status 1: Error: gone.yaml" in err


def test_diff_names_the_commit_that_it_compares_with(whole, run_argocd):
    assert f"no difference between Git at {COMMIT[:12]} and the cluster" in run_argocd("diff", "backend")[2]

    whole.managed = [managed("backend", live={"replicas": 1}, wanted={"replicas": 2})]

    assert run_argocd("diff", "backend")[1].startswith(f"dev-backend at {COMMIT[:12]}\n")


@pytest.mark.parametrize("words", ["wait", "diff"])
def test_argo_cd_told_to_look_away_is_told_at_once(argocd, run_argocd, words):
    argocd.apps["dev-backend"]["metadata"]["annotations"] = {"argocd.argoproj.io/skip-reconcile": "true"}

    code, _, err = run_argocd(words, "backend")

    assert code == 1
    assert "Argo CD is told to look away: its annotation argocd.argoproj.io/skip-reconcile" in err
    assert not [call for call in argocd.seen if "refresh" in call]


@pytest.mark.parametrize("words", ["diff", "sync"])
def test_a_controller_that_does_not_act_is_named_and_no_network_is_blamed(argocd, run_argocd, words):
    argocd.faults.append(always("refresh=normal", lambda: httpx2.ReadTimeout("timed out")))

    code, out, _ = run_argocd(words, "backend", "--output", "json")

    said = json.loads(out)["error"]
    assert (code, said["reason"]) == (5, "not-looked")
    assert said["message"].startswith("Argo CD was asked to look at dev-backend again, and did not: timed out")
    assert "is it running" in said["hint"]


def test_a_pause_ends_a_wait_and_stands_in_the_table(argocd, run_argocd):
    argocd.apps["dev-backend"]["spec"]["syncPolicy"] = {"automated": {"enabled": False}}
    told = run_argocd("status")[1]
    argocd.apps["dev-backend"]["status"]["sync"] = OUT_OF_SYNC

    code, out, _ = run_argocd("wait", "backend", "--output", "json")

    assert (code, json.loads(out)["error"]["reason"]) == (1, "paused")
    assert "automatic sync is paused" in told


def test_the_roots_waiting_pruning_is_confirmed_by_its_name(whole, run_argocd):
    whole.apps[ROOT_APP]["status"] |= {"sync": OUT_OF_SYNC, "operationState": running(CONFIRM)}

    held, _, err = run_argocd("wait")
    confirmed, _, _ = run_argocd("sync", "root", "--confirm-prune", "--no-wait")

    assert (held, confirmed) == (1, 0)
    assert "bos-tools argocd sync root --env dev --confirm-prune" in err
    assert calls(whole, "PATCH") == [f"PATCH applications/{ROOT_APP}"]
    assert not calls(whole, "POST")


def test_what_an_older_commit_wanted_to_delete_is_never_confirmed(whole, run_argocd):
    """Git may have it again: the old sync is ended, and a new one says what it deletes."""
    status = whole.apps[ROOT_APP]["status"]
    status |= {"sync": OUT_OF_SYNC, "operationState": running(CONFIRM, OLDER)}
    done = []

    def ended(request):
        if request.method == "DELETE":
            done.append("ended")
            status["operationState"] |= {"phase": "Failed", "message": "Operation terminated"}
        elif request.method == "PATCH":
            assert status["operationState"]["phase"] == "Failed"

    whole.faults.append(ended)
    code, _, err = run_argocd("sync", "root", "--confirm-prune", "--no-wait")

    assert (code, done) == (0, ["ended"])
    assert f"the sync of {OLDER[:12]} is ended, and it is asked to sync anew" in err


def test_terminate_ends_the_syncs_of_older_commits_alone(whole, run_argocd):
    old, new = whole.apps[ROOT_APP]["status"], whole.apps["dev-backend"]["status"]
    old |= {"sync": OUT_OF_SYNC, "operationState": running(CONFIRM, OLDER)}
    new |= {"sync": OUT_OF_SYNC, "operationState": running("waiting for healthy state")}

    def ended(request):
        if request.method == "DELETE":
            old["operationState"] |= {"phase": "Failed"}

    whole.faults.append(ended)
    code, _, err = run_argocd("terminate")

    assert code == 0
    assert calls(whole, "DELETE") == [f"DELETE applications/{ROOT_APP}/operation"]
    assert f"{ROOT_APP}: sync of {OLDER[:12]} ended; the newest commit is synced next" in err
    assert f"dev-backend: sync goes on, for it is of the newest commit: {COMMIT[:12]}" in err
    assert not calls(whole, "PATCH")


def test_a_sync_that_waits_for_its_next_try_is_ended_for_the_one_that_is_asked_for(argocd, run_argocd):
    status = argocd.apps["dev-backend"]["status"]
    status |= {"sync": OUT_OF_SYNC, "operationState": running("one failed. Retrying attempt #3", finishedAt=TIMES[1])}

    def ended(request):
        if request.method == "DELETE":
            status["operationState"] |= {"phase": "Failed"}

    argocd.faults.append(ended)
    code, _, err = run_argocd("sync", "backend", "--no-wait")

    assert code == 0
    assert calls(argocd, "DELETE") == ["DELETE applications/dev-backend/operation"]
    assert calls(argocd, "POST") == ["POST applications/dev-backend/sync"]
    assert "is ended, and it is asked to sync anew" in err


def test_who_may_not_see_the_root_waits_for_an_application_that_is_not_there_yet(whole, run_argocd):
    del whole.apps[ROOT_APP]
    web = whole.apps.pop("dev-backend")
    whole.faults.append(always(f"GET .*applications/{ROOT_APP}", lambda: error(403, "permission denied", 7)))
    mend = whole.refreshed

    def made(app):
        whole.apps.setdefault("dev-backend", web)
        mend(app)

    whole.refreshed = made
    code, out, err = run_argocd("wait", "--timeout", "20")

    assert code == 0, err
    assert "dev-backend is live" in out
