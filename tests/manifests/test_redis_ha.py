"""Three redis with Sentinel behind HAProxy, as rendered for prod, through the faults that they are there for.

Redis 7.0 and HAProxy 2.6 of Debian stand for those that are pinned: the configurations use only what both know.
"""

import shutil
import signal
import subprocess
from contextlib import ExitStack, closing

import pytest

from redis_client import Client, Writer, ask
from redis_pods import ROOT, Cluster, cluster
from servers import eventually, needs, run

pytestmark = [pytest.mark.manifests, pytest.mark.integration]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a function that gives a cluster that is whole: the last one, where it has become so again."""
    with ExitStack() as stack:
        made: list[Cluster] = []

        def give() -> Cluster:
            if not made or not came_back(made[-1]):
                stack.close()
                made.append(stack.enter_context(cluster(tmp_path_factory.mktemp("redis"))))
            return made[-1]

        yield give


def came_back(redis: Cluster) -> bool:
    try:
        eventually(redis.whole, seconds=60)
    except AssertionError:
        return False
    return True


@pytest.fixture
def redis(whole) -> Cluster:
    return whole()


@pytest.fixture
def writer(redis: Cluster):
    made = Writer("127.0.0.1", redis.port)
    eventually(lambda: len(made.acknowledged) > 100, "nothing was written")
    yield made
    made.end()


def goes_on(writer: Writer) -> None:
    """Wait until writes are acknowledged again."""
    before = len(writer.acknowledged)
    eventually(lambda: len(writer.acknowledged) > before + 100, "writes never went on")


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
    old = redis.primary()
    redis.lose(old)
    eventually(redis.primary, "nobody was elected")
    goes_on(writer)
    redis.start(old)
    eventually(redis.whole, "the old primary never came back as a replica")

    acknowledged = writer.end()

    assert old.role == "slave"
    assert redis.primary() is not old
    eventually(
        lambda: all(acknowledged <= writer.held(pod.address) for pod in redis.pods), "an acknowledged write is lost"
    )


def test_an_outage_of_all_three_finds_the_last_primary_again_with_its_data(redis: Cluster, writer: Writer):
    first = redis.primary()
    redis.lose(first)
    eventually(redis.primary, "nobody was elected")
    last = redis.primary()
    redis.start(first)
    eventually(redis.whole, "the old primary never came back as a replica")
    acknowledged = writer.end()

    redis.lose(*redis.pods)
    assert ask("127.0.0.1", "PING", port=redis.port) is None
    redis.start()
    eventually(redis.whole, "three pods never formed a cluster again")

    assert redis.primary() is last
    assert all(acknowledged <= writer.held(pod.address) for pod in redis.pods)


def test_a_primary_that_hangs_loses_no_acknowledged_write(redis: Cluster, writer: Writer):
    old = redis.primary()
    old.send(signal.SIGSTOP)
    eventually(redis.primary, "nobody was elected")
    goes_on(writer)
    old.send(signal.SIGCONT)
    eventually(redis.whole, "the old primary never became a replica")

    acknowledged = writer.end()

    assert redis.primary() is not old
    eventually(
        lambda: all(acknowledged <= writer.held(pod.address) for pod in redis.pods), "an acknowledged write is lost"
    )


def test_a_primary_without_replicas_refuses_writes_until_one_is_back(redis: Cluster, writer: Writer):
    leader = redis.primary()
    for pod in redis.others(leader):
        pod.send(signal.SIGSTOP, "redis")
    eventually(lambda: "NOREPLICAS" in str(leader.ask("SET", "direct", 1)), "a primary alone still takes writes")
    count = len(writer.acknowledged)
    assert leader.ask("GET", f"{writer.prefix}:1") == "1"
    assert redis.reaches(leader)
    assert len(writer.acknowledged) == count
    for pod in redis.others(leader):
        pod.send(signal.SIGCONT, "redis")
    goes_on(writer)

    acknowledged = writer.end()

    eventually(redis.whole, "the cluster never became whole again")
    eventually(
        lambda: all(acknowledged <= writer.held(pod.address) for pod in redis.pods), "an acknowledged write is lost"
    )


def test_a_primary_that_is_deleted_hands_over_and_loses_no_acknowledged_write(redis: Cluster, writer: Writer):
    old, missed = redis.primary(), redis.missed()
    old.delete()
    eventually(redis.primary, "nobody took over")
    assert redis.missed() == missed  # handed over before it left, not elected after
    goes_on(writer)
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
        eventually(lambda pod=pod: pod.probe("redis", "readinessProbe"), f"{pod.name} never became ready")
    goes_on(writer)

    acknowledged = writer.end()

    eventually(redis.whole, "the cluster never became whole again")
    assert all(acknowledged <= writer.held(pod.address) for pod in redis.pods)


def test_a_primary_that_lost_its_disk_does_not_empty_the_others(redis: Cluster, writer: Writer):
    acknowledged = writer.end()
    old = redis.primary()
    redis.lose(old)
    shutil.rmtree(old.folder / "data")
    redis.start(old)  # sooner than Sentinel sees it gone: they all still name it
    eventually(redis.whole, "the pod without data never came back as a replica")

    assert redis.primary() is not old
    assert all(acknowledged <= writer.held(pod.address) for pod in redis.pods)


def test_a_primary_whose_container_restarts_keeps_its_data(redis: Cluster, writer: Writer):
    leader = redis.primary()
    leader.send(signal.SIGKILL, "redis")
    leader.running["redis"].wait(20)
    leader.restart("redis")
    goes_on(writer)

    acknowledged = writer.end()

    eventually(redis.whole, "the cluster never became whole again")
    assert all(acknowledged <= writer.held(pod.address) for pod in redis.pods)


def test_a_replica_that_calls_itself_the_primary_gets_no_connection(redis: Cluster, writer: Writer):
    leader = redis.primary()
    rogue = redis.others(leader)[0]
    assert rogue.ask("REPLICAOF", "NO", "ONE") == "OK"
    assert rogue.role == "master"

    asked = 0
    while rogue.role == "master":  # until Sentinel makes it a replica again
        assert redis.reaches(leader)
        asked += 1
    assert asked > 10
    acknowledged = writer.end()

    eventually(redis.whole, "the cluster never became whole again")
    assert redis.primary() is leader
    assert acknowledged <= writer.held(leader.address)


def test_a_proxy_without_a_quorum_of_sentinels_refuses_and_ends_its_sessions(redis: Cluster):
    leader = redis.primary()
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
        pod.running["sentinel"].wait(20)
        pod.restart("sentinel")
    eventually(redis.whole, "the Sentinels never agreed again")
    assert redis.primary() is leader


def test_a_proxy_that_is_told_to_go_lets_a_session_end(redis: Cluster):
    with closing(Client("127.0.0.1", redis.port)) as client:
        redis.proxy.send_signal(signal.SIGUSR1)  # the image's STOPSIGNAL
        eventually(lambda: ask("127.0.0.1", "PING", port=redis.port) is None, "it still takes connections")
        assert client("PING") == "PONG"

    assert redis.proxy.wait(60) == 0
    redis.start_proxy()
    assert came_back(redis)


def test_a_proxy_ends_in_its_grace_when_a_session_does_not(redis: Cluster):
    with closing(Client("127.0.0.1", redis.port)):
        redis.proxy.send_signal(signal.SIGUSR1)

        assert redis.proxy.wait(redis.proxy_grace) == 0
    redis.start_proxy()
    assert came_back(redis)


def test_the_data_of_a_single_redis_moves_in_with_its_files(tmp_path):
    """What the runbook `redis-to-ha.md` does: the files of `redis-data` become those of `redis-data-redis-0`."""
    single = tmp_path / "single"
    single.mkdir()
    socket = single / "redis.sock"
    conf = single / "redis.conf"
    conf.write_text((ROOT / "base/redis/redis.conf").read_text().replace("dir /data\n", f"dir {single}\n"))
    process = subprocess.Popen(
        [needs("redis-server"), conf, "--port", "0", "--unixsocket", socket], stdout=subprocess.DEVNULL
    )
    try:
        eventually(lambda: run("redis-cli", "-s", str(socket), "set", "session", "kept").stdout == "OK\n")
    finally:
        process.terminate()
        assert process.wait(60) == 0

    (tmp_path / "pods").mkdir()
    with cluster(tmp_path / "pods", data=single) as redis:
        assert redis.primary() is redis.pods[0]
        assert [pod.ask("GET", "session") for pod in redis.pods] == ["kept"] * 3
