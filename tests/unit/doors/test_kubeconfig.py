"""Which cluster a kubeconfig means, and what is said about one that means none."""

import gzip
import json
from pathlib import Path

import httpx2
import pytest

from bos_tools.doors.kubernetes.client import CLAIM, Cluster, ClusterSaid, Kind
from bos_tools.errors import MayNot, OutsideError, Usage

GOOD = """\
apiVersion: v1
kind: Config
clusters: [{{name: {0}, cluster: {{server: "http://{0}.example.com"}}}}]
users: [{{name: {0}, user: {{token: hunter2}}}}]
contexts: [{{name: {0}, context: {{cluster: {0}, user: {0}}}}}]
current-context: {0}
"""


def written(path: Path, text: str) -> str:
    """Write a file and return its path as an option has it."""
    path.write_text(text)
    return str(path)


def test_of_several_files_in_kubeconfig_the_first_that_says_something_wins(tmp_path, monkeypatch):
    paths = [written(tmp_path / name, GOOD.format(name)) for name in ("one", "two")]
    monkeypatch.setenv("KUBECONFIG", ":".join([str(tmp_path / "absent"), *paths, ""]))

    assert Cluster.connect().url == "http://one.example.com"
    assert Cluster.connect(context="two").url == "http://two.example.com"
    assert Cluster.connect(paths[1]).url == "http://two.example.com"


def test_a_certificate_is_looked_for_beside_the_file_that_names_it(tmp_path, monkeypatch):
    (tmp_path / "far").mkdir()
    first = written(tmp_path / "one", GOOD.format("one"))
    text = GOOD.format("two").replace("http:", "https:").replace('.com"', '.com", certificate-authority: ca.crt')
    monkeypatch.setenv("KUBECONFIG", f"{first}:{written(tmp_path / 'far' / 'two', text)}")

    with pytest.raises(OutsideError, match="context two"):  # no such certificate
        Cluster.connect(context="two")
    written(tmp_path / "far" / "ca.crt", "no certificate")
    with pytest.raises(OutsideError, match="SSLError"):  # now it is read
        Cluster.connect(context="two")


@pytest.mark.parametrize(
    "text",
    [
        "hunter2",
        "[hunter2]",
        "token: [hunter2",
        "clusters: hunter2",
        "",
        "{}",
        GOOD.format("one").replace("user: one", "user: two"),
        GOOD.format("one").replace("cluster: one", "cluster: two"),
        GOOD.format("one")
        .replace("http:", "https:")
        .replace("{token: hunter2}", "{client-certificate: /nonexistent, client-key: hunter2}"),
        GOOD.format("one").replace("{token: hunter2}", "hunter2"),
        GOOD.format("one").replace("current-context: one", ""),
        "\x00",
    ],
)
def test_a_file_that_is_no_kubeconfig_is_named_and_nothing_of_it_is_repeated(text, tmp_path):
    path = written(tmp_path / "config", text)

    with pytest.raises(OutsideError, match=f"no cluster can be reached by {path}: ") as told:
        Cluster.connect(path)

    assert "hunter2" not in str(told.value)
    assert told.value.hint


def test_a_server_without_a_scheme_is_told_before_it_is_tried(tmp_path):
    with pytest.raises(Usage, match="no address of the cluster"):
        Cluster.connect(written(tmp_path / "config", GOOD.format("one").replace("http://", "")))


# --- plugins -----------------------------------------------------------------------------------------------


def plugin(tmp_path, script: str, *, version: str = "v1", more: str = "") -> str:
    """Return a kubeconfig whose user is known by a command of these lines."""
    command = tmp_path / "plugin"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    said = f"{{exec: {{command: {command}, apiVersion: client.authentication.k8s.io/{version}{more}}}}}"
    return written(tmp_path / "config", GOOD.format("one").replace("{token: hunter2}", said))


def credential(status: str, version: str = "v1") -> str:
    """Return a line of a script that prints a login."""
    said = f'{{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/{version}", "status": {status}}}'
    return f"echo '{said}'"


GIVEN = '{"token": "canary-token"}'


@pytest.mark.parametrize(
    ("script", "version", "said"),
    [
        ("exit 3", "v1", "plugin failed: 3"),
        ("echo no login >&2; exit 1", "v1", "plugin failed: no login"),
        ("echo canary-token", "v1", "printed no ExecCredential"),
        ("echo null", "v1beta1", "printed no ExecCredential"),
        (credential("{}"), "v1", "printed no ExecCredential"),
        (credential('{"token": 7}'), "v1", "printed no ExecCredential"),
        (credential('{"clientCertificateData": "canary-token"}'), "v1", "a certificate and its key"),
        (credential(GIVEN, "v1beta1"), "v1", "another version than client.authentication.k8s.io/v1"),
        ("", "v1alpha1", "the plugin speaks client.authentication.k8s.io/v1alpha1"),
    ],
)  # fmt: skip
def test_a_plugin_that_gives_no_login_is_told_in_one_sentence(script, version, said, tmp_path):
    with pytest.raises(OutsideError, match=said) as told:
        Cluster.connect(plugin(tmp_path, script, version=version))

    assert told.value.reason == "kubeconfig"
    assert "canary" not in f"{told.value} {told.value.hint}"


def test_a_plugin_that_is_not_installed_is_told_with_its_own_hint(tmp_path):
    path = plugin(tmp_path, "", more=', installHint: "apt-get install\\n  it"')
    (tmp_path / "plugin").unlink()

    with pytest.raises(OutsideError, match="program not found") as told:
        Cluster.connect(path)

    assert told.value.hint == "apt-get install it"


def test_a_plugin_that_must_ask_somebody_is_not_started_without_a_terminal(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    path = plugin(tmp_path, f"touch {tmp_path}/ran", more=", interactiveMode: Always")

    with pytest.raises(OutsideError, match="must ask somebody, and there is no terminal"):
        Cluster.connect(path)

    assert not (tmp_path / "ran").exists()


def test_a_plugin_that_does_not_end_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("bos_tools.doors.kubernetes.plugin.PATIENCE", 0.1)

    with pytest.raises(OutsideError, match="plugin") as told:
        Cluster.connect(plugin(tmp_path, "sleep 3600"))

    assert told.value.reason == "kubeconfig"


def test_a_plugin_is_told_what_it_asks_for_and_gets_its_own_environment(tmp_path):
    more = ', provideClusterInfo: true, args: [a b], env: [{name: REGION, value: "1"}]'
    script = f'echo "$KUBERNETES_EXEC_INFO|$REGION|$1" > {tmp_path}/told; {credential(GIVEN)}'

    Cluster.connect(plugin(tmp_path, script, more=more))

    info, region, word = (tmp_path / "told").read_text().strip().split("|")
    assert (region, word) == ("1", "a b")
    assert json.loads(info)["spec"] == {"interactive": False, "cluster": {"server": "http://one.example.com"}}


def test_who_acts_as_another_one_says_so_in_each_request_and_once(tmp_path):
    said = (
        "{exec: {command: PLUGIN, apiVersion: client.authentication.k8s.io/v1}, as: viewer, as-uid: u-1,"
        " as-groups: [a, b], as-user-extra: {acme.com/scope: [x]}}"
    )
    path = Path(plugin(tmp_path, credential(GIVEN)))
    path.write_text(GOOD.format("one").replace("{token: hunter2}", said.replace("PLUGIN", str(tmp_path / "plugin"))))
    seen: list[list[tuple[str, str]]] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append([pair for pair in request.headers.multi_items() if pair[0].startswith("impersonate")])
        return httpx2.Response(401, json=REFUSED) if len(seen) == 1 else httpx2.Response(200, json=NODE_DATA)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx2.HTTPTransport", lambda **_: httpx2.MockTransport(handle))
        Cluster.connect(str(path)).get(NODES, "any")

    assert seen[0] == seen[1]
    assert sorted(seen[0]) == [
        ("impersonate-extra-acme.com%2fscope", "x"), ("impersonate-group", "a"), ("impersonate-group", "b"),
        ("impersonate-uid", "u-1"), ("impersonate-user", "viewer"),
    ]  # fmt: skip


# --- what the API server says ---------------------------------------------------------------------------------


def answering(path: str, *answers: httpx2.Response) -> tuple[Cluster, list[str | None]]:
    """Return a cluster that answers so, and the login of each request."""
    seen: list[str | None] = []
    waiting = list(answers)

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers.get("authorization"))
        return waiting.pop(0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx2.HTTPTransport", lambda **_: httpx2.MockTransport(handle))
        return Cluster.connect(path), seen


NODES = Kind("", "v1", "Node", "nodes", is_namespaced=False)
NODE_DATA = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "any"}}
REFUSED = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "Unauthorized", "code": 401}


def test_a_login_that_is_refused_is_asked_for_once_more(tmp_path):
    script = f"echo x >> {tmp_path}/asked; {credential(GIVEN)}"
    cluster, seen = answering(
        plugin(tmp_path, script), httpx2.Response(401, json=REFUSED), httpx2.Response(200, json=NODE_DATA)
    )

    assert cluster.get(NODES, "any") == NODE_DATA
    assert seen == ["Bearer canary-token"] * 2
    assert (tmp_path / "asked").read_text() == "x\nx\n"


def test_who_is_not_known_is_told_who_asked(tmp_path):
    cluster, _ = answering(written(tmp_path / "config", GOOD.format("one")), httpx2.Response(401, json=REFUSED))

    with pytest.raises(ClusterSaid) as told:
        cluster.get(NODES, "any")

    assert told.value.hint == "log in again: user one of context one"


def forbidden(said: str) -> httpx2.Response:
    """Return a 403 of the API server."""
    return httpx2.Response(403, json={**REFUSED, "code": 403, "reason": "Forbidden", "message": said})


def test_what_the_account_may_not_ask_is_no_word_of_the_cluster_on_the_thing_itself(tmp_path):
    said = (
        'persistentvolumeclaims "a" is forbidden: User "bot" cannot patch resource "persistentvolumeclaims" '
        'in API group "" in the namespace "buildingos"'
    )
    cluster, _ = answering(written(tmp_path / "config", GOOD.format("one")), forbidden(said))

    with pytest.raises(MayNot) as told:
        cluster.merge(CLAIM, "a", "buildingos", {}, dry_run=True)

    assert told.value.message == (
        "bot may not ask the cluster to change PersistentVolumeClaim a: "
        "needs patch on persistentvolumeclaims in buildingos"
    )


def test_a_quota_that_is_exceeded_is_the_clusters_own_no(tmp_path):
    answer = forbidden('persistentvolumeclaims "a" is forbidden: exceeded quota: q')
    cluster, _ = answering(written(tmp_path / "config", GOOD.format("one")), answer)

    with pytest.raises(ClusterSaid, match="exceeded quota") as told:
        cluster.merge(CLAIM, "a", "buildingos", {}, dry_run=True)

    assert not isinstance(told.value, MayNot)


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, text="<html>log in</html>"),
        httpx2.Response(200, json=[1]),
        httpx2.Response(200, json=None),
        httpx2.Response(302, headers={"location": "https://elsewhere.example.com"}),
        httpx2.Response(502),
        httpx2.Response(200, content=b"x" * 21 * 2**20),
        httpx2.Response(200, content=gzip.compress(b"x" * 2**26), headers={"content-encoding": "gzip"}),
    ],
    ids=["page", "list", "null", "redirect", "proxy", "large", "bomb"],
)
def test_an_answer_of_something_else_is_never_a_bug_of_ours(answer, tmp_path):
    cluster, _ = answering(written(tmp_path / "config", GOOD.format("one")), answer)

    with pytest.raises(OutsideError) as told:
        cluster.get(NODES, "any")

    assert told.value.exit_code == 5
