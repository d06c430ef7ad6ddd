"""Who is late with a growth, and what takes a claim away: told by facts of a real API server, in one namespace."""

import json

import pytest

from harness.deliveries import World
from harness.git import clone, git
from harness.waiting import eventually

REDIS = [f"data-redis-{number}" for number in range(3)]


@pytest.fixture(scope="module")
def world(dev, tmp_path_factory) -> World:
    made = World(dev, "told", tmp_path_factory.mktemp("told"))
    for service in ("web", "redis", "postgres"):
        made.deliver(service)
    names = ["web-data", *REDIS, "postgres-1", "postgres-2"]
    eventually(lambda: {made.capacity(name) for name in names} == {"5Gi"}, "all claims are bound")
    eventually(made.pods, "something runs")
    return made


@pytest.fixture
def quota(world: World):
    """Leave so many GiB to the claims of the namespace."""

    def hard(left: int) -> None:
        used = sum(int(one["spec"]["resources"]["requests"]["storage"].removesuffix("Gi")) for one in world.get("pvc"))
        world.kubectl("create", "quota", "room", "-n", world.space, f"--hard=requests.storage={used + left}Gi")
        eventually(lambda: world.get("quota", "room").get("status", {}).get("used"), "the quota is counted")

    yield hard
    world.kubectl("delete", "quota", "room", "-n", world.space, "--ignore-not-found")


def reason(world: World, capsys, *words: str) -> tuple[str, str]:
    """Return the reason and the message of a command that fails."""
    capsys.readouterr()
    assert world.pvc(*words, "--output", "json") != 0
    error = json.loads(capsys.readouterr().out)["error"]
    return error["reason"], error["message"]


def test_what_push_has_landed_is_waited_for_though_the_work_tree_stays(world: World, capsys, tmp_path):
    other = clone(world.bare, tmp_path / "other")
    assert world.pvc("grow", "web-data", "8Gi", "--push") == 0

    why, said = reason(world, capsys, "verify", "web-data", "--timeout", "0")

    assert (why, said) == ("not-applied", "the cluster was not told yet: web-data asks for 5Gi of 8Gi")
    git(world.work, "pull", "-q", "origin", "main")
    assert world.deliver("web") == ""
    stale = World.__new__(World)
    stale.__dict__.update(world.__dict__, work=other)
    assert stale.pvc("verify", "web-data", "--timeout", "600") == 0
    out, err = capsys.readouterr()
    assert "web-data: done, 8Gi of 8Gi" in out
    assert "gives web-data 8Gi, and this work tree 5Gi: what was pushed counts" in err


def test_a_quota_that_each_claim_fits_alone_is_held_against_all_of_them(world: World, quota, capsys):
    quota(7)

    why, said = reason(world, capsys, "grow", "redis", "8Gi", "--no-snapshot")

    assert why == "quota"
    assert "3 claims of data ask for 9Gi more together, and the quota room leaves 7Gi" in said
    assert world.pvc("grow", "redis", "7Gi", "--no-snapshot", "--dry-run") == 0


def test_an_operator_that_does_not_act_is_named(world: World, quota, capsys):
    assert world.pvc("grow", "postgres", "8Gi", "--no-snapshot", "--commit") == 0
    git(world.work, "push", "-q", "origin", "main")
    quota(0)
    assert world.deliver("postgres") == ""

    why, said = reason(world, capsys, "verify", "postgres", "--timeout", "0")

    assert why == "operator-late"
    assert "CloudNativePG has not acted: Cluster postgres has 8Gi, and postgres-" in said
    world.kubectl("delete", "quota", "room", "-n", world.space)
    assert world.pvc("verify", "postgres", "--timeout", "600") == 0


def test_a_claim_that_is_being_deleted_is_told_by_each_command(world: World, capsys):
    world.kubectl("delete", "pvc", "web-data", "-n", world.space, "--wait=false")

    assert world.pvc("list", "--live", "--output", "json") == 0
    rows = json.loads(capsys.readouterr().out)["volumes"]
    assert [row["state"] for row in rows if row["claim"] == "web-data"] == ["deleting"]
    assert reason(world, capsys, "grow", "web-data", "9Gi")[0] == "deleting"
    why, said = reason(world, capsys, "verify", "web-data", "--timeout", "600")
    assert why == "deleting"
    assert "its data goes with the last pod that uses it: web-" in said
