"""The Service `redis`: HAProxy reaches the primary that the Sentinels name, or nobody."""

import signal
from contextlib import closing

import pytest

from harness.redis import Client, Writer, ask
from harness.redis_ha import Cluster, came_back
from harness.waiting import eventually


def test_a_replica_that_calls_itself_the_primary_gets_no_connection(redis: Cluster, writer: Writer):
    leader = redis.leader()
    rogue = redis.others(leader)[0]
    assert rogue.ask("REPLICAOF", "NO", "ONE") == "OK"
    assert rogue.role == "master"

    asked = 0
    while rogue.role == "master":  # until Sentinel makes it a replica again
        assert not redis.reaches(rogue)
        asked += redis.reaches(leader)
    assert asked  # the leader alone was reached meanwhile
    acknowledged = writer.end()

    eventually(redis.whole, "the cluster never became whole again")
    assert redis.primary() is leader
    assert acknowledged <= writer.held(leader.address)


def test_a_proxy_without_a_quorum_of_sentinels_refuses_and_ends_its_sessions(redis: Cluster):
    leader = redis.leader()
    with closing(Client("127.0.0.1", redis.port)) as client:
        assert client("ROLE")[0] == "master"
        for pod in redis.others(leader):
            pod.send(signal.SIGKILL, "sentinel")
        eventually(lambda: not redis.is_healthy("/ready"), "a proxy without a quorum still has a primary")
        with pytest.raises(OSError):  # noqa: PT011 -- reset or closed, as it comes
            client("PING")

    assert ask("127.0.0.1", "PING", port=redis.port) is None
    assert leader.role == "master"
    assert redis.is_healthy("/alive")
    for pod in redis.others(leader):
        pod.running["sentinel"].wait(300)
        pod.restart("sentinel")
    eventually(redis.whole, "the Sentinels never agreed again")
    assert redis.primary() is leader


def test_a_proxy_that_is_told_to_go_lets_a_session_end(redis: Cluster):
    with closing(Client("127.0.0.1", redis.port)) as client:
        redis.proxy.send_signal(signal.SIGUSR1)  # the image's STOPSIGNAL
        eventually(lambda: ask("127.0.0.1", "PING", port=redis.port) is None, "it still takes connections")
        assert client("PING") == "PONG"

    assert redis.proxy.wait(300) == 0
    redis.start_proxy()
    assert came_back(redis)


def test_a_proxy_ends_in_its_grace_when_a_session_does_not(redis: Cluster):
    with closing(Client("127.0.0.1", redis.port)):
        redis.proxy.send_signal(signal.SIGUSR1)

        assert redis.proxy.wait(redis.proxy_grace) == 0
    redis.start_proxy()
    assert came_back(redis)
