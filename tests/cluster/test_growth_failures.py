"""How a growth can fail on a real API server: each end has its exit code, its words and its way out."""

import json
import time
from datetime import UTC, datetime

import pytest

from bos_tools.cli.main import main
from harness.deliveries import World
from harness.git import git
from harness.prometheus import GIB, prometheus, volume
from harness.waiting import eventually

SNAPSHOTS = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: volumesnapshots.snapshot.storage.k8s.io
  annotations:
    api-approved.kubernetes.io: https://github.com/kubernetes-csi/external-snapshotter/pull/814
spec:
  group: snapshot.storage.k8s.io
  scope: Namespaced
  names: {kind: VolumeSnapshot, plural: volumesnapshots, singular: volumesnapshot, listKind: VolumeSnapshotList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""


@pytest.fixture
def world(dev, request, tmp_path):
    """A claim that a pod uses, delivered by hand: Argo CD has no part in these ends."""
    made = World(dev, f"g-{abs(hash(request.node.name)) % 10**8}", tmp_path)
    yield made
    made.kubectl("delete", "namespace", made.space, "--wait=false")


@pytest.fixture
def bound(world: World) -> World:
    assert world.deliver("web") == ""
    eventually(lambda: world.capacity("web-data") == "5Gi" and world.pods(), "the claim is bound and used")
    return world


def grown(world: World, size: str, how: str) -> None:
    """Commit a growth that the sandbox lets end in some way, and deliver it."""
    world.wish("web-data", how)
    assert world.pvc("grow", "web-data", size, "--commit") == 0
    assert world.deliver("web") == ""


def test_an_unbound_claim_does_not_grow_and_verify_names_it(world: World, capsys):
    base = world.work / "base/web/claim.yaml"
    base.write_text(base.read_text().replace("storageClassName: disk", "storageClassName: absent"))
    world.deliver("web")

    assert world.pvc("grow", "web-data", "8Gi") == 1
    assert "only a bound claim can grow: web-data is Pending" in capsys.readouterr().err
    assert world.pvc("verify", "web-data", "--timeout", "0") == 5
    err = capsys.readouterr().err
    assert "web-data is not bound: Pending" in err
    assert f"hint: kubectl describe pvc --namespace {world.space} web-data" in err


def test_a_class_that_can_not_grow_is_refused_before_the_commit(world: World, capsys):
    base = world.work / "base/web/claim.yaml"
    base.write_text(base.read_text().replace("storageClassName: disk", "storageClassName: fixed"))
    world.deliver("web")
    eventually(lambda: world.capacity("web-data") == "5Gi", "the claim is bound")

    assert world.pvc("grow", "web-data", "8Gi", "--output", "json") == 1

    said = json.loads(capsys.readouterr().out)["error"]
    assert said["reason"] == "class-fixed"
    assert said["message"] == "the StorageClass of web-data can't grow a claim: fixed"


def test_a_quota_is_the_servers_own_answer(bound: World, capsys):
    bound.kubectl("create", "quota", "room", "-n", bound.space, "--hard=requests.storage=6Gi")
    eventually(lambda: bound.get("quota", "room").get("status", {}).get("used"), "the quota is counted")

    assert bound.pvc("grow", "web-data", "8Gi", "--output", "json") == 1

    said = json.loads(capsys.readouterr().out)["error"]
    assert said["reason"] == "quota"
    assert "exceeded quota: room" in said["message"]
    assert bound.pvc("grow", "web-data", "6Gi") == 0


def test_a_claim_whose_service_is_down_may_grow(bound: World):
    bound.kubectl("scale", "deployment", "web", "-n", bound.space, "--replicas=0")
    eventually(lambda: not bound.pods(), "nothing runs")

    grown(bound, "8Gi", "finish")

    assert bound.pvc("verify", "web-data", "--timeout", "600") == 0


def test_the_wal_of_a_database_is_not_taken_for_its_data(world: World, capsys):
    world.deliver("postgres")
    eventually(lambda: world.capacity("postgres-2") == "5Gi", "the database has its claims")
    label = ("label", "pvc", "postgres-2", "-n", world.space, "cnpg.io/pvcRole=PG_WAL")
    world.kubectl(*label)

    assert world.pvc("list", "--live", "--output", "json") == 0

    rows = json.loads(capsys.readouterr().out)["volumes"]
    assert [row["claim"] for row in rows if row["volume"] == "postgres-data"] == ["postgres-1"]


def test_a_stuck_resize_is_pending_at_the_deadline_and_nothing_is_stacked_on_it(bound: World, capsys):
    grown(bound, "8Gi", "hang")
    eventually(lambda: bound.get("pvc", "web-data")["status"].get("allocatedResourceStatuses"), "the driver has begun")
    capsys.readouterr()

    assert bound.pvc("verify", "web-data", "--timeout", "1") == 5
    err = capsys.readouterr().err
    assert "web-data is still at 5Gi of 8Gi: ControllerResizeInProgress" in err
    assert f"kubectl describe pvc --namespace {bound.space} web-data" in err
    assert bound.pvc("grow", "web-data", "9Gi") == 1
    assert "a growth of web-data is under way: growing, 5Gi of 8Gi" in capsys.readouterr().err
    bound.wish("web-data", "finish")
    assert bound.pvc("verify", "web-data", "--timeout", "600") == 0


def test_an_infeasible_growth_ends_by_the_size_that_verify_names(bound: World, capsys):
    grown(bound, "9Gi", "infeasible")
    capsys.readouterr()

    assert bound.pvc("verify", "web-data", "--timeout", "600") == 5
    err = capsys.readouterr().err
    assert "the storage can't give web-data 9Gi" in err
    assert "hint: bos-tools pvc grow web-data 7Gi --env dev" in err
    assert bound.pvc("grow", "web-data", "12Gi") == 1
    assert bound.pvc("grow", "web-data", "5Gi") == 1
    assert "needs a size between that and 5Gi" in capsys.readouterr().err
    assert bound.pvc("grow", "web-data", "7Gi", "--commit") == 0
    assert bound.deliver("web") == ""
    bound.wish("web-data", "finish")
    eventually(lambda: bound.capacity("web-data") == "7Gi", "the smaller size is there")
    assert bound.pvc("verify", "web-data", "--timeout", "600") == 0
    capsys.readouterr()
    main(["--repo", str(bound.work), "check", "--against", "HEAD~1", "--output", "json"])
    assert "G1" not in {one["rule"] for one in json.loads(capsys.readouterr().out)["findings"]}


def test_a_file_system_that_waits_for_a_new_pod_says_which(bound: World, capsys):
    (pod,) = bound.pods()
    grown(bound, "8Gi", "restart")
    eventually(
        lambda: "NodeResizePending" in str(bound.get("pvc", "web-data")["status"]), "only the file system is left"
    )
    capsys.readouterr()

    assert bound.pvc("verify", "web-data", "--timeout", "2") == 1
    err = capsys.readouterr().err
    assert f"the file system of web-data grows when its pod starts anew: {pod}" in err
    assert f"kubectl delete pod --namespace {bound.space} {pod}" in err
    bound.kubectl("delete", "pod", pod, "-n", bound.space)
    assert bound.pvc("verify", "web-data", "--timeout", "600") == 0


def test_a_growth_by_hand_is_found_and_adopted(bound: World, capsys):
    patch = '{"spec":{"resources":{"requests":{"storage":"6500Mi"}}}}'
    bound.kubectl("patch", "pvc", "web-data", "-n", bound.space, "-p", patch)
    eventually(lambda: bound.capacity("web-data") == "6500Mi", "it has grown")

    assert bound.pvc("list", "--live") == 0
    assert "hand-grown" in capsys.readouterr().out
    assert bound.pvc("grow", "web-data", "8Gi") == 1
    assert "hint: bos-tools pvc adopt web-data --env dev" in capsys.readouterr().err
    assert bound.pvc("adopt", "web-data", "--commit") == 0
    assert "storage: 6500Mi" in (bound.work / "overlays/dev/web/web-data.yaml").read_text()
    assert bound.pvc("adopt", "web-data", "--commit") == 0
    assert git(bound.work, "rev-list", "--count", "HEAD") == "2\n"
    assert bound.pvc("grow", "web-data", "8Gi", "--commit") == 0
    bound.deliver("web")
    assert bound.pvc("verify", "web-data", "--timeout", "600") == 0


def test_a_claim_that_the_cluster_lacks_is_named(world: World, capsys):
    assert world.pvc("grow", "web-data", "8Gi") == 1
    assert "the cluster has no such claim: web-data" in capsys.readouterr().err
    assert world.pvc("verify", "web-data", "--timeout", "0", "--output", "json") == 5
    assert json.loads(capsys.readouterr().out)["error"]["reason"] == "no-claim"


def test_what_is_committed_and_not_delivered_is_said_to_be_so(bound: World, capsys):
    assert bound.pvc("grow", "web-data", "8Gi", "--commit") == 0
    capsys.readouterr()

    assert bound.pvc("verify", "web-data", "--timeout", "0") == 5
    err = capsys.readouterr().err
    assert "nobody has pushed it to the branch that is delivered: web-data asks for 5Gi of 8Gi" in err
    assert "push the commit" in err
    git(bound.work, "push", "-q", "origin", "main")
    assert bound.pvc("verify", "web-data", "--timeout", "0") == 5
    assert "the cluster was not told yet: web-data asks for 5Gi of 8Gi" in capsys.readouterr().err


def test_what_argo_cd_says_of_a_unit_is_told_apart_from_what_the_cluster_has(bound: World, capsys):
    assert bound.pvc("grow", "web-data", "8Gi", "--commit") == 0
    git(bound.work, "push", "-q", "origin", "main")
    head, before = git(bound.work, "rev-parse", "HEAD", "HEAD~1").split()

    def said(sync: str, phase: str, message: str = "", revision: str = head, compared: str = head) -> str:
        made = {
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": {"name": "web", "namespace": bound.space},  # where no Argo CD looks, so the words stay
            "spec": {"project": "x", "source": {"repoURL": "x", "path": "overlays/dev/web"}, "destination": {}},
            "status": {"sync": {"status": sync, "revision": compared}, "operationState": {
                "phase": phase, "message": message, "startedAt": "2026-01-01T00:00:00Z",
                "operation": {}, "syncResult": {"revision": revision}}},
        }  # fmt: skip
        bound.kubectl("apply", "-f", "-", stdin=json.dumps(made))
        capsys.readouterr()
        code = bound.pvc("verify", "web-data", "--timeout", "0", "--argocd-namespace", bound.space, "--output", "json")
        assert code == 5
        return json.loads(capsys.readouterr().out)["error"]["reason"]

    assert said("Synced", "Succeeded") == "synced-not-applied"
    assert said("OutOfSync", "Failed", "denied") == "application-failed"
    assert said("OutOfSync", "Running") == "not-applied"
    assert said("OutOfSync", "Failed", "denied", before) == "not-applied"
    assert said("Synced", "Succeeded", "", before, before) == "not-looked"
    assert said("OutOfSync", "Running", "exceeded quota: q. Retrying attempt #2") == "application-tries"


def test_the_metrics_show_what_is_used_and_a_file_system_that_has_not_followed(bound: World, capsys, tmp_path):
    shown = volume("web-data", int(time.time()), used=lambda _: 2 * GIB, capacity=lambda _: 5 * GIB)
    series = {name: [line.replace("buildingos", bound.space) for line in lines] for name, lines in shown.items()}
    folder = tmp_path / "prometheus"
    folder.mkdir()
    with prometheus(folder, [series]) as url:
        assert bound.pvc("list", "--live", "--prometheus", url, "--output", "json") == 0
        rows = json.loads(capsys.readouterr().out)["volumes"]
        grown(bound, "8Gi", "finish")
        eventually(lambda: bound.capacity("web-data") == "8Gi", "the claim has grown")
        capsys.readouterr()
        code = bound.pvc("verify", "web-data", "--timeout", "1", "--prometheus", url)

    (row,) = [one for one in rows if one.get("claim") == "web-data"]
    assert (row["used"], row["free"], row["state"]) == ("2.0Gi", "2.8Gi", "done")
    assert code == 5
    assert "its file system has 5Gi of 8Gi" in capsys.readouterr().err
    assert bound.pvc("verify", "web-data", "--timeout", "600") == 0


def test_a_database_grows_after_a_snapshot_that_is_ready_and_recent(world: World, capsys):
    world.deliver("redis")
    eventually(lambda: world.capacity("data-redis-2") == "5Gi", "the claims are bound")
    assert world.pvc("grow", "redis", "8Gi") == 1
    assert "hint: take one of data-redis-0, or say --no-snapshot" in capsys.readouterr().err
    world.kubectl("apply", "-f", "-", stdin=SNAPSHOTS)
    world.kubectl(
        "wait", "--for=condition=Established", "crd/volumesnapshots.snapshot.storage.k8s.io", "--timeout=600s"
    )

    def snapshot(is_ready: bool) -> None:
        made = {
            "apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot",
            "metadata": {"name": "before", "namespace": world.space},
            "spec": {"source": {"persistentVolumeClaimName": "data-redis-1"}},
            "status": {"readyToUse": is_ready, "creationTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")},
        }  # fmt: skip
        world.kubectl("apply", "-f", "-", stdin=json.dumps(made))

    snapshot(is_ready=False)
    assert world.pvc("grow", "redis", "8Gi") == 1
    snapshot(is_ready=True)
    assert world.pvc("grow", "redis", "8Gi", "--commit") == 0


def test_a_cluster_that_does_not_answer_is_an_outside_error(world: World, capsys, tmp_path):
    dead = tmp_path / "dead"
    dead.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: x\nclusters: [{name: x, cluster: {server: 'http://127.0.0.1:9'}}]\n"
        "users: [{name: x, user: {}}]\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n"
    )

    code = main(["--repo", str(world.work), "pvc", "verify", "web-data", "--env", "dev", "--kubeconfig", str(dead)])

    assert code == 5
    assert "Traceback" not in capsys.readouterr().err
