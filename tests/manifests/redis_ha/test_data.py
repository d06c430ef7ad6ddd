"""What outlives a pod: the data, and what the Sentinels have learnt."""

import shutil
import subprocess

from harness import ROOT
from harness.redis import Writer, ask
from harness.redis_ha import Cluster, came_back, cluster
from harness.servers import needs, run
from harness.waiting import eventually


def test_an_outage_of_all_three_finds_the_last_primary_again_with_its_data(redis: Cluster, writer: Writer):
    first = redis.leader()
    redis.lose(first)
    last = redis.leader()
    redis.start(first)
    eventually(redis.whole, "the old primary never came back as a replica")
    acknowledged = writer.end()

    redis.lose(*redis.pods)
    assert ask("127.0.0.1", "PING", port=redis.port) is None
    redis.start()
    eventually(redis.whole, "three pods never formed a cluster again")

    assert redis.primary() is last
    assert all(acknowledged <= writer.held(pod.address) for pod in redis.pods)


def test_an_outage_of_all_three_from_which_the_primary_does_not_return_elects_another(redis: Cluster, writer: Writer):
    last = redis.leader()
    acknowledged = writer.end()
    eventually(lambda: all(acknowledged <= writer.held(pod.address) for pod in redis.pods))

    redis.lose(*redis.pods)
    redis.start(*redis.others(last))
    eventually(redis.primary, "nobody was elected")

    assert redis.primary() is not last
    eventually(lambda: redis.reaches(redis.leader()), "the proxy never reached the new one")
    assert acknowledged <= writer.held(redis.leader().address)
    redis.start(last)
    assert came_back(redis)
    assert redis.primary() is not last


def test_a_primary_that_lost_its_disk_does_not_empty_the_others(redis: Cluster, writer: Writer):
    acknowledged = writer.end()
    old = redis.leader()
    redis.lose(old)
    shutil.rmtree(old.folder / "data")
    redis.start(old)  # sooner than Sentinel sees it gone: they all still name it
    eventually(redis.whole, "the pod without data never came back as a replica")

    assert redis.primary() is not old
    assert all(acknowledged <= writer.held(pod.address) for pod in redis.pods)


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
        assert process.wait(300) == 0

    (tmp_path / "pods").mkdir()
    with cluster(tmp_path / "pods", data=single) as redis:
        assert redis.primary() is redis.pods[0]
        assert [pod.ask("GET", "session") for pod in redis.pods] == ["kept"] * 3
