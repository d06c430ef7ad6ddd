"""Which cluster a kubeconfig means, and what is said about one that means none."""

from pathlib import Path

import pytest

from bos_tools.doors.kubernetes.client import NODE, Cluster
from bos_tools.errors import OutsideError, Usage

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


@pytest.mark.parametrize(
    ("version", "said"), [("v1beta1", "No such file or directory: '/nonexistent'"), ("v2", "v2 not implemented")]
)
def test_a_command_that_gives_no_token_is_told_when_it_is_asked(version, said, tmp_path):
    plugin = f"{{exec: {{command: /nonexistent, apiVersion: client.authentication.k8s.io/{version}}}}}"
    path = written(tmp_path / "config", GOOD.format("one").replace("{token: hunter2}", plugin))

    with Cluster.connect(path) as cluster, pytest.raises(OutsideError, match=said) as told:
        cluster.get(NODE, "any")

    assert told.value.reason == "kubeconfig"
