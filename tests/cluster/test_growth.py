"""Growth by commits, with Argo CD's self-heal on: no pod is touched, and what a commit can't do is said."""

import pytest

from harness.deliveries import World, fourth
from harness.git import git
from harness.waiting import eventually

CLAIMS = {"web": ["web-data"], "redis": [f"data-redis-{n}" for n in range(3)], "postgres": ["postgres-1", "postgres-2"]}


def bound(world: World, name: str) -> None:
    eventually(lambda: world.capacity(name) == "5Gi", f"{name} is bound")


@pytest.fixture(scope="module")
def world(dev, tmp_path_factory):
    """Three Applications that run: a claim, a StatefulSet of three, and a database."""
    made = World(dev, "growth", tmp_path_factory.mktemp("growth"))
    for service in CLAIMS:
        made.register(service)
    for service in CLAIMS:
        made.synced(service)
    eventually(lambda: len(made.pods()) == 6, "six pods")
    for names in CLAIMS.values():
        for name in names:
            bound(made, name)
    yield made
    for service in CLAIMS:
        made.unregister(service, cascade=False)


@pytest.mark.parametrize("service", CLAIMS)
def test_one_commit_grows_a_volume_of_each_kind_and_no_pod_is_touched(world: World, service: str, capsys):
    pods, commits = world.pods(), int(git(world.bare, "rev-list", "--count", "main"))

    assert world.pvc("grow", service, "8Gi", "--push", "--no-snapshot", "--reason", "test") == 0, (
        capsys.readouterr().err
    )
    git(world.work, "pull", "-q", "origin", "main")
    world.synced(service)
    code = world.pvc("verify", service, "--timeout", "600")

    out, err = capsys.readouterr()
    assert code == 0, err
    assert all(f"{name}: done, 8Gi of 8Gi" in out for name in CLAIMS[service])
    assert [world.capacity(name) for name in CLAIMS[service]] == ["8Gi"] * len(CLAIMS[service])
    assert world.pods() == pods
    assert int(git(world.bare, "rev-list", "--count", "main")) == commits + 1


def test_one_more_replica_takes_the_claim_that_its_commit_declares(world: World):
    before = world.pods()
    fourth(world)

    world.push("Scale redis to four")
    world.synced("redis")

    eventually(lambda: "redis-3" in world.pods(), "the fourth pod")
    volumes = world.get("pod", "redis-3")["spec"]["volumes"]
    assert "data-redis-3" in [v.get("persistentVolumeClaim", {}).get("claimName") for v in volumes]
    eventually(lambda: world.capacity("data-redis-3") in ("5Gi", "8Gi"), "its claim is bound")
    assert world.get("pvc", "data-redis-3")["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]
    assert {name: pod for name, pod in world.pods().items() if name in before} == before


def test_an_application_that_is_deleted_and_restored_keeps_its_claims(world: World):
    before = {
        one["metadata"]["name"]: one["metadata"]["uid"]
        for one in world.get("pvc")
        if "redis" in one["metadata"]["name"]
    }

    world.unregister("redis", cascade=True)
    eventually(lambda: not [name for name in world.pods() if name.startswith("redis")], "the pods are gone")
    kept = {
        one["metadata"]["name"]: one["metadata"]["uid"]
        for one in world.get("pvc")
        if "redis" in one["metadata"]["name"]
    }
    world.register("redis")
    world.synced("redis")

    assert kept == before
    eventually(lambda: len([name for name in world.pods() if name.startswith("redis")]) == 4, "the pods are back")


def test_the_revert_of_a_finished_growth_fails_the_application_and_adopt_is_the_way_out(world: World, capsys):
    assert world.pvc("grow", "web-data", "9Gi", "--push") == 0
    git(world.work, "pull", "-q", "origin", "main")
    world.synced("web")
    assert world.pvc("verify", "web-data", "--timeout", "600") == 0
    git(world.work, "revert", "--no-edit", "HEAD")
    git(world.work, "push", "-q", "origin", "main")
    failed = world.failed("web")
    capsys.readouterr()

    code = world.pvc("verify", "web-data", "--timeout", "0")

    err = capsys.readouterr().err
    assert code == 1
    assert "was grown by hand, or its growth was reverted: 8Gi in Git, 9Gi in the cluster" in err
    assert "hint: bos-tools pvc adopt web-data --env dev" in err
    assert "less than status.capacity" in failed["status"]["operationState"]["message"]
    assert world.pvc("adopt", "web-data", "--push") == 0
    git(world.work, "pull", "-q", "origin", "main")
    world.synced("web")
    assert world.pvc("verify", "web-data", "--timeout", "600") == 0


def test_a_growth_that_the_quota_refuses_fails_the_application(world: World, capsys):
    world.kubectl("create", "quota", "room", "-n", world.space, "--hard=requests.storage=1Gi")
    try:
        assert world.pvc("grow", "web-data", "20Gi", "--push") == 1
        assert "hint: raise the ResourceQuota" in capsys.readouterr().err
        path = world.work / "overlays/dev/web/web-data.yaml"
        path.write_text(path.read_text().replace("9Gi", "20Gi"))
        world.push("Grow by hand")
        world.failed("web")

        code = world.pvc("verify", "web-data", "--timeout", "600")
    finally:
        world.kubectl("delete", "quota", "room", "-n", world.space)

    err = capsys.readouterr().err
    assert code == 5
    assert "the application of web failed" in err
    assert "exceeded quota" in err
    assert "hint: self-heal never tries this commit again" in err
