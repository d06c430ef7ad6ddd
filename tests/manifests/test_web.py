"""Nginx with the web pod's configuration as rendered for prod, in front of files and a backend.

Altered: the address, so that tests run side by side; the paths of the volume, of /tmp and of the logs; the name server's
port. Debian's nginx stands for the image's: the configuration uses only what both know.
"""

import http.client
import re
import socket
import subprocess
from contextlib import closing

import pytest
import yaml

from harness import ROOT
from harness.servers import PATH, free_address, needs
from harness.waiting import eventually
from harness.web_pods import BACKEND_PORT, FOREGROUND, WEB_PORT, Backend, Web

HASHED = "/assets/main.3f9a1c07.js"
IMMUTABLE = "public, max-age=31536000, immutable"
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
LIMIT = 100 << 20


@pytest.fixture
def volume(tmp_path):
    """A served volume: two releases, the second is current."""
    for name in ("one", "two"):
        (tmp_path / "srv/releases" / name / "assets").mkdir(parents=True)
        (tmp_path / "srv/releases" / name / "index.html").write_text(f"<p>{name}</p>" + " " * 2000)
    (tmp_path / "srv/releases/two" / HASHED[1:]).write_text("two")
    (tmp_path / "srv/releases/one/assets/old-0a1b2c3d.css").write_text("one")
    (tmp_path / "srv/current").symlink_to("releases/two")
    (tmp_path / "srv/previous").symlink_to("releases/one")
    return tmp_path / "srv"


@pytest.fixture
def web(tmp_path, volume, config):
    with closing(Web(tmp_path / "nginx", config("overlays/prod/web", "web-nginx"), volume)) as made:
        yield made.start()


@pytest.fixture
def backend(web):
    with closing(Backend()) as made:
        web.names.set(backend=made.address)
        yield made


def test_the_health_probe_needs_neither_backend_nor_files(web, volume):
    (volume / "current").unlink()

    answer = web.get("/health")

    assert (answer.status, answer.body) == (200, b"ok\n")
    assert web.get("/").status == 503
    assert "/health" not in (web.folder / "access.log").read_text()


def test_the_entry_page_is_asked_for_each_time_and_a_hashed_asset_never_again(web):
    for page in ("/", "/index.html", "/rooms/7"):
        answer = web.get(page)
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
        assert answer.body.startswith(b"<p>two</p>")
    asset = web.get(HASHED)
    assert (asset.status, asset.body, asset.headers["Cache-Control"]) == (200, b"two", IMMUTABLE)
    assert asset.headers["Content-Type"] == "application/javascript"
    again = web.get("/", If_None_Match=web.get("/").headers["ETag"])
    assert (again.status, again.body) == (304, b"")


def test_a_page_of_the_release_before_still_finds_its_assets(web):
    assert web.get("/assets/old-0a1b2c3d.css").body == b"one"


def test_a_missing_asset_is_a_404_that_nobody_caches(web):
    answer = web.get("/assets/main.ffffff00.js")

    assert answer.status == 404
    assert answer.headers["Cache-Control"] is None


@pytest.mark.parametrize("path", ["/", HASHED, "/api/rooms", "/nothing.js"])
def test_every_answer_has_the_security_headers_once(web, backend, path):
    headers = web.get(path).headers

    assert {name: headers.get_all(name) for name in SECURITY} == {name: [value] for name, value in SECURITY.items()}
    assert headers["Server"] == "nginx"


def test_a_text_is_compressed_for_who_can_read_it(web):
    plain, small = web.get("/"), web.get("/", Accept_Encoding="gzip")

    assert small.headers["Content-Encoding"] == "gzip"
    assert len(small.body) < len(plain.body)
    assert plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"


PATHS = [
    "/api/",
    "/api/rooms",
    "/api/rooms?x=1&y=%2F",
    "/api//rooms",
    "/api/a%20b",
    "/api/a%2Fb",
    "/api/%E6%A5%BC",
    "/api/../api/x",
    "/api/main.3f9a1c07.js",
]


@pytest.fixture
def planned(backend, tmp_path):
    """Nginx with the plan's own line, and nothing else."""
    address = free_address([WEB_PORT])
    (tmp_path / "plan.conf").write_text(
        f"pid {tmp_path}/plan.pid; error_log stderr; events {{}} http {{ access_log off; server {{ listen {address}:{WEB_PORT};"
        f" location /api/ {{ proxy_pass http://{backend.address}:{BACKEND_PORT}/; }} }} }}"
    )
    process = subprocess.Popen(
        [needs("nginx"), "-p", tmp_path, "-c", tmp_path / "plan.conf", "-g", FOREGROUND + " master_process off;"],
        stderr=subprocess.DEVNULL,
    )
    with closing(http.client.HTTPConnection(address, WEB_PORT, timeout=300)) as made:
        eventually(lambda: answers(made))
        yield made
    process.terminate()
    process.wait()


def answers(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.connect()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("path", PATHS)
def test_the_backend_sees_the_path_that_the_plans_own_line_gives(web, planned, path):
    planned.request("GET", path)

    seen = web.get(path).seen["path"]

    assert seen.encode() in planned.getresponse().read()
    assert not seen.startswith("/api")


def test_the_backend_learns_who_asked_and_how(web, backend):
    headers = web.get("/api/x", Host="bos.example.com", X_Forwarded_For="192.0.2.7", X_Forwarded_Proto="https").seen[
        "headers"
    ]

    assert headers["Host"] == "bos.example.com"
    assert headers["X-Forwarded-For"].startswith("192.0.2.7, 127.")
    assert headers["X-Forwarded-Proto"] == "https"
    assert web.get("/api/x").headers.get_all("Cache-Control") == ["private, max-age=5"]


def test_one_request_id_goes_from_the_client_to_the_backend_the_log_and_back(web, backend):
    answer = web.get("/api/x", X_Request_ID="abc-1")
    own = web.get("/api/x", X_Request_ID='x" 200 forged')

    assert answer.seen["headers"]["X-Request-ID"] == answer.headers["X-Request-ID"] == "abc-1"
    assert re.fullmatch("[0-9a-f]{32}", own.headers["X-Request-ID"])
    assert own.seen["headers"]["X-Request-ID"] == own.headers["X-Request-ID"]
    log = (web.folder / "access.log").read_text()
    assert log.splitlines()[0].endswith(" abc-1")
    assert "forged" not in log


def test_a_websocket_goes_through_both_ways(web, backend):
    with socket.create_connection((web.address, WEB_PORT), timeout=300) as wire, wire.makefile("rwb") as stream:
        stream.write(
            b"GET /api/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        stream.flush()
        head = b"".join(iter(stream.readline, b"\r\n"))
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head  # the answer of RFC 6455 to its own example
        for number in range(3):
            stream.write(b"%d\n" % number)
            stream.flush()
            assert stream.readline() == b"echo %d\n" % number


def test_an_absent_backend_is_a_502_and_the_next_one_is_found_without_a_restart(web):
    assert web.get("/api/x").status == 502  # the name is unknown
    address = free_address([BACKEND_PORT])
    web.names.set(backend=address)
    eventually(lambda: web.get("/api/x").status == 502 and b"refused" in web.errors().encode())
    assert web.get("/").status == web.get("/health").status == 200
    with closing(Backend(address)):
        eventually(lambda: web.get("/api/x").status == 200)
    with closing(Backend()) as moved:  # the Service is made anew
        web.names.set(backend=moved.address)
        eventually(lambda: web.get("/api/x").status == 200)
    assert web.process.poll() is None


def test_an_upload_within_the_limit_streams_through_and_a_larger_one_is_refused(web, backend):
    done = web.get("/api/files", method="POST", body=bytes(LIMIT))

    assert done.seen["received"] == LIMIT
    assert [path for path in (web.folder / "tmp").rglob("*") if path.is_file() and path.name != "nginx.pid"] == []
    with socket.create_connection((web.address, WEB_PORT), timeout=300) as wire:
        wire.sendall(b"POST /api/files HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (LIMIT + 1))
        assert wire.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_pod_without_a_nameserver_says_so(config, tmp_path):
    (tmp_path / "resolver.sh").write_text(config("overlays/prod/web", "web-nginx")["resolver.sh"])
    (tmp_path / "resolv.conf").write_text("search x\n")

    for shell in (["dash"], ["busybox", "sh"]):
        env = {"PATH": PATH, "RESOLV_CONF": str(tmp_path / "resolv.conf"), "OUT": str(tmp_path / "out")}
        argv = [needs(shell[0]), *shell[1:], str(tmp_path / "resolver.sh")]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
        assert (done.returncode, "no nameserver" in done.stderr) == (1, True)


def test_the_ingress_and_web_reach_the_same_backend_and_differ_by_the_prefix_alone(web, backend):
    """The plan strips the prefix at web and not at the Ingress, where only a controller's own annotation could."""
    (ingress,) = yaml.safe_load_all((ROOT / "base/ingress/ingress.yaml").read_text())
    (http,) = (rule["http"]["paths"] for rule in ingress["spec"]["rules"])
    (api,) = (path["backend"]["service"] for path in http if path["path"] == "/api")
    text = web.config.read_text()

    assert (api["name"], api["port"]["number"]) == ("backend", BACKEND_PORT)
    assert f"http://{api['name']}$search_domain:{api['port']['number']};" in text
    assert not any("rewrite" in name for name in ingress["metadata"]["annotations"])
    assert web.get("/api/rooms").seen["path"] == "/rooms"


@pytest.mark.parametrize("env", ["preprod", "prod"])
def test_the_ingress_takes_the_uploads_and_keeps_the_connections_that_web_does(env):
    """/api comes both ways; F5's own defaults are 1m and 60 s."""
    said = yaml.safe_load((ROOT / f"overlays/{env}/environment.yaml").read_text())["platform"]
    entries = next(one for one in said if one["name"] == "nginx-ingress")["values"]["controller"]["config"]["entries"]
    conf = (ROOT / "base/web/nginx.conf").read_text()

    assert f"client_max_body_size {entries['client-max-body-size']};" in conf
    assert f"proxy_read_timeout {entries['proxy-read-timeout']};" in conf
    assert entries["proxy-send-timeout"] == entries["proxy-read-timeout"]
