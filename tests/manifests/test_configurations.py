"""The configurations that we ship, given to the real programs."""

import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.manifests
BASE = Path(__file__).resolve().parents[2] / "base"


def run(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return subprocess.run(argv, env={"PATH": path, **env}, capture_output=True, text=True, timeout=60, check=False)


def needs(program: str) -> str:
    """Return a program's path; `make test` installs it where it may and names the command where it may not."""
    found = shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/bin:/bin")
    if found is None:
        pytest.skip(f"{program} is missing: see `make test`")
    return found


def test_nginx_accepts_our_configuration(tmp_path):
    nginx = needs("nginx")
    shutil.copy(BASE / "web/nginx.conf", tmp_path)
    (tmp_path / "mime.types").write_text("types { text/html html; }\n")
    (tmp_path / "resolver").mkdir()
    (tmp_path / "resolv.conf").write_text(
        "nameserver 10.0.0.10\nsearch buildingos.svc.cluster.local svc.cluster.local\n"
    )
    made = run(
        "sh",
        str(BASE / "web/resolver.sh"),
        RESOLV_CONF=str(tmp_path / "resolv.conf"),
        OUT=str(tmp_path / "resolver/r.conf"),
    )
    assert made.returncode == 0, made.stderr
    assert "resolver 10.0.0.10 valid=10s;" in (tmp_path / "resolver/r.conf").read_text()

    done = run(nginx, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))

    assert done.returncode == 0, done.stderr


def test_a_pod_without_a_nameserver_says_so(tmp_path):
    (tmp_path / "resolv.conf").write_text("")

    done = run(
        "sh", str(BASE / "web/resolver.sh"), RESOLV_CONF=str(tmp_path / "resolv.conf"), OUT=str(tmp_path / "r.conf")
    )

    assert done.returncode == 1
    assert "no nameserver" in done.stderr


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
        for _ in range(100):
            if run(client, "-s", str(socket), "ping").stdout:
                break
            time.sleep(0.1)
        assert "NOAUTH" in run(client, "-s", str(socket), "ping").stdout
        assert run(client, "-s", str(socket), "ping", REDISCLI_AUTH="pw").stdout == "PONG\n"
        memory = run(client, "-s", str(socket), "config", "get", "maxmemory", REDISCLI_AUTH="pw").stdout.split()
        assert int(memory[1]) == 384 * 2**20
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.fixture
def image(tmp_path) -> Path:
    """An image's assets, of a size that takes some milliseconds to copy."""
    source = tmp_path / "image"
    (source / "assets").mkdir(parents=True)
    release(source, "one")
    return source


def release(source: Path, version: str) -> None:
    (source / "index.html").write_text(version)
    for number in range(60):
        (source / "assets" / f"{number}.js").write_text(f"{version} {number}")


def init(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    target.mkdir(exist_ok=True)
    return run("sh", str(BASE / "web/web-init.sh"), SOURCE=str(source), TARGET=str(target), KEEP="2")


def served(target: Path) -> set[str]:
    """Return the versions that the files of the served tree say they are of."""
    files = [path for path in (target / "current").resolve().rglob("*") if path.is_file() and path.name != "VERSION"]
    assert len(files) == 61
    return {path.read_text().split()[0] for path in files}


def test_web_init_unpacks_once_per_version_and_rolls_back(image, tmp_path):
    target = tmp_path / "volume"

    assert init(image, target).returncode == 0
    assert served(target) == {"one"}
    first = (target / "current").resolve()
    changed = first.stat().st_mtime_ns
    assert init(image, target).returncode == 0
    assert first.stat().st_mtime_ns == changed
    release(image, "two")
    assert init(image, target).returncode == 0
    assert served(target) == {"two"}
    assert (target / "previous").resolve() == first
    release(image, "one")
    assert init(image, target).returncode == 0
    assert (target / "current").resolve() == first


def test_web_init_keeps_a_number_of_releases(image, tmp_path):
    target = tmp_path / "volume"
    for version in ("one", "two", "three", "four"):
        release(image, version)
        assert init(image, target).returncode == 0

    assert len(list((target / "releases").iterdir())) == 2
    assert served(target) == {"four"}


def test_web_init_killed_at_any_moment_leaves_one_whole_version(image, tmp_path):
    target = tmp_path / "volume"
    init(image, target)
    chance = random.Random(7)
    for round_ in range(50):
        release(image, f"v{round_}")
        process = subprocess.Popen(
            ["sh", BASE / "web/web-init.sh"], env={"PATH": "/usr/bin:/bin", "SOURCE": str(image), "TARGET": str(target), "KEEP": "2"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(chance.uniform(0, 0.06))
        process.kill()
        process.wait()
        assert len(served(target)) == 1

    assert init(image, target).returncode == 0
    assert served(target) == {"v49"}
    assert [path.name for path in target.iterdir() if path.name.startswith(".tmp")] == []


def test_two_web_inits_at_once_leave_one_whole_version(image, tmp_path):
    target = tmp_path / "volume"
    target.mkdir()
    runs = [
        subprocess.Popen(
            ["sh", BASE / "web/web-init.sh"], env={"PATH": "/usr/bin:/bin", "SOURCE": str(image), "TARGET": str(target)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for _ in range(4)
    ]  # fmt: skip

    assert [process.wait() for process in runs] == [0, 0, 0, 0]
    assert served(target) == {"one"}
