"""The configurations that we ship, given to the real programs."""

import subprocess
from pathlib import Path

import pytest

from servers import eventually, needs, run

pytestmark = pytest.mark.manifests
BASE = Path(__file__).resolve().parents[2] / "base"


def test_redis_starts_with_our_configuration_and_asks_for_the_password(tmp_path):
    server, client = needs("redis-server"), needs("redis-cli")
    socket = tmp_path / "redis.sock"
    conf = tmp_path / "redis.conf"
    conf.write_text((BASE / "redis/redis.conf").read_text().replace("dir /data\n", f"dir {tmp_path}\n"))
    process = subprocess.Popen(
        [server, conf, "--port", "0", "--unixsocket", socket, "--requirepass", "pw"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        eventually(lambda: run(client, "-s", str(socket), "ping").stdout)
        assert "NOAUTH" in run(client, "-s", str(socket), "ping").stdout
        assert run(client, "-s", str(socket), "ping", REDISCLI_AUTH="pw").stdout == "PONG\n"
        memory = run(client, "-s", str(socket), "config", "get", "maxmemory", REDISCLI_AUTH="pw").stdout.split()
        assert int(memory[1]) == 384 * 2**20
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0
