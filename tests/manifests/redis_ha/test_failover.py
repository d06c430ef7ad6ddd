"""Three redis with Sentinel: who leads, who follows, and that no acknowledged write is lost when the primary goes."""

import signal
from functools import partial

from harness.redis import Writer, ask
from harness.redis_ha import Cluster
from harness.waiting import eventually


def test_three_pods_form_one_primary_and_a_quorum_that_only_a_password_opens(redis: Cluster):
    assert sorted(str(pod.role) for pod in redis.pods) == ["master", "slave", "slave"]
    for pod in redis.pods:
        for container, probes in (
            ("redis", ("startup", "readiness", "liveness")),
            ("sentinel", ("readiness", "liveness")),
        ):
            assert all(pod.probe(container, f"{probe}Probe") for probe in probes), (pod.name, container)
        said = pod.ask("SENTINEL", "CKQUORUM", "buildingos", port=26379)
        assert said.startswith("OK 3 usable Sentinels. Quorum and failover authorization can be reached")
        for port in (6379, 26379):
            assert "NOAUTH" in str(ask(pod.address, "PING", port=port, password=None))
    assert redis.is_healthy("/ready")
    assert redis.is_healthy("/alive")


def test_a_killed_primary_is_replaced_and_comes_back_as_a_replica_at_another_address(redis: Cluster, writer: Writer):
    old = redis.leader()
    redis.lose(old)
    eventually(redis.primary, "nobody was elected")
    writer.goes_on()
    redis.start(old)
    eventually(redis.whole, "the old primary never came back as a replica")

    acknowledged = writer.end()

    assert old.role == "slave"
    assert redis.primary() is not old
    eventually(
        lambda: all(acknowledged <= writer.held(pod.address) for pod in redis.pods), "an acknowledged write is lost"
    )


def test_a_primary_that_hangs_loses_no_acknowledged_write(redis: Cluster, writer: Writer):
    old = redis.leader()
    old.send(signal.SIGSTOP)
    eventually(redis.primary, "nobody was elected")
    writer.goes_on()
    old.send(signal.SIGCONT)
    eventually(redis.whole, "the old primary never became a replica")

    acknowledged = writer.end()

    assert redis.primary() is not old
    eventually(
        lambda: all(acknowledged <= writer.held(pod.address) for pod in redis.pods), "an acknowledged write is lost"
    )


def test_a_primary_without_replicas_refuses_writes_until_one_is_back(redis: Cluster, writer: Writer):
    leader = redis.leader()
    for pod in redis.others(leader):
        pod.send(signal.SIGSTOP, "redis")
    eventually(lambda: "NOREPLICAS" in str(leader.ask("SET", "direct", 1)), "a primary alone still takes writes")
    count = len(writer.acknowledged)
    assert leader.ask("GET", f"{writer.prefix}:1") == "1"
    assert redis.reaches(leader)
    assert len(writer.acknowledged) == count
    for pod in redis.others(leader):
        pod.send(signal.SIGCONT, "redis")
    writer.goes_on()

    acknowledged = writer.end()

    eventually(redis.whole, "the cluster never became whole again")
    eventually(
        lambda: all(acknowledged <= writer.held(pod.address) for pod in redis.pods), "an acknowledged write is lost"
    )


def test_a_primary_that_is_deleted_hands_over_and_loses_no_acknowledged_write(redis: Cluster, writer: Writer):
    old, missed = redis.leader(), redis.missed()
    old.delete()
    eventually(redis.primary, "nobody took over")
    assert redis.missed() == missed  # handed over before it left, not elected after
    writer.goes_on()
    redis.start(old)
    eventually(redis.whole, "the deleted pod never came back as a replica")

    acknowledged = writer.end()

    assert redis.primary() is not old
    eventually(
        lambda: all(acknowledged <= writer.held(pod.address) for pod in redis.pods), "an acknowledged write is lost"
    )


def test_a_deleted_replica_and_a_roll_out_of_all_pods_lose_no_acknowledged_write(redis: Cluster, writer: Writer):
    for pod in reversed(redis.pods):
        pod.delete()
        redis.start(pod)
        eventually(partial(pod.probe, "redis", "readinessProbe"), f"{pod.name} never became ready")
    writer.goes_on()

    acknowledged = writer.end()

    eventually(redis.whole, "the cluster never became whole again")
    assert all(acknowledged <= writer.held(pod.address) for pod in redis.pods)


def test_a_primary_whose_container_restarts_keeps_its_data(redis: Cluster, writer: Writer):
    leader = redis.leader()
    leader.send(signal.SIGKILL, "redis")
    leader.running["redis"].wait(300)
    leader.restart("redis")
    writer.goes_on()

    acknowledged = writer.end()

    eventually(redis.whole, "the cluster never became whole again")
    assert all(acknowledged <= writer.held(pod.address) for pod in redis.pods)
