"""The configurations that we ship, given to the real programs."""

import configparser
import subprocess

import pytest

from harness import ROOT
from harness.servers import needs, run
from harness.waiting import eventually

BASE = ROOT / "base"


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
        process.communicate(timeout=300)
    assert process.returncode == 0


def render_config(config, tmp_path, secret: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the init container's script for a secret, and return what it left for the server."""
    for name, text in config("overlays/prod/zlmediakit", "zlmediakit-config").items():
        (tmp_path / name).write_text(text)
    (tmp_path / "secret").write_text(secret)
    out = tmp_path / "out.ini"
    env = {"IN": str(tmp_path / "config.ini"), "OUT": str(out), "SECRET_FILE": str(tmp_path / "secret")}
    return run("sh", str(tmp_path / "render-config.sh"), **env), out.read_text() if out.exists() else ""


@pytest.mark.parametrize("secret", ["aA0._-" * 8, "x\n"])
def test_zlmediakit_gets_its_secret_into_its_configuration_and_nobody_else_reads_it(config, tmp_path, secret):
    done, text = render_config(config, tmp_path, secret)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read_string(text)
    assert parsed["api"]["secret"] == secret.strip()
    assert {parsed[part]["port"] for part in ("http", "rtsp", "rtmp", "rtc", "srt")} == {
        "80",
        "554",
        "1935",
        "8000",
        "9000",
    }
    assert (tmp_path / "out.ini").stat().st_mode & 0o077 == 0
    source = (tmp_path / "config.ini").read_text()
    assert text == source.replace("@SECRET@", secret.strip())


@pytest.mark.parametrize(
    "secret", ["", "\n", "a/b", "a&b", "a b", "a\nport=0", "a;id", "$(id)", "`id`", "'", '"', "\\1", "密码", "a\r"]
)
def test_zlmediakit_refuses_a_secret_that_could_mean_something_else(config, tmp_path, secret):
    done, text = render_config(config, tmp_path, secret)

    assert done.returncode == 1
    assert done.stderr == "render-config: the secret must be letters, digits and . _ - only\n"
    assert text == ""


def test_emqx_lets_nobody_in_without_a_password_and_writes_no_certificate_of_everybody(config):
    """What the file says by itself: the server is not in Debian, and needs Erlang."""
    text = "\n".join(
        line
        for line in config("overlays/prod/emqx", "emqx-config")["emqx.conf"].splitlines()
        if not line.startswith("#")
    )

    for opening, closing in ("{}", "[]"):
        assert text.count(opening) == text.count(closing) > 0
    assert "mechanism = password_based" in text
    assert "listeners.ssl.default.enable = false" in text
    assert "listeners.wss.default.enable = false" in text
    assert not any(word in text.lower() for word in ("cookie", "default_password", "license"))


def test_the_scripts_that_we_ship_pass_their_shells_own_parser():
    scripts = sorted(BASE.rglob("*.sh"))

    assert len(scripts) >= 4
    for script in scripts:
        first = script.read_text().splitlines()[0]
        shell = first.rpartition("/")[2] if first.startswith("#!") else "sh"  # one that others read names none
        for argv in ([shell], *([["dash"], ["busybox", "sh"]] if shell == "sh" else [])):
            done = run(needs(argv[0]), *argv[1:], "-n", str(script))
            assert done.returncode == 0, (script.name, done.stderr)
