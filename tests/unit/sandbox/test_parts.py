"""The sandbox's parts: keys of its programs, nodes, processes."""

import json
import re
from pathlib import Path

import pytest

from bos_tools.doors.files import WorkTree
from bos_tools.errors import BosError, RepositoryError
from bos_tools.sandbox import lifecycle, modules, nodes, ports, processes
from bos_tools.sandbox.modules import GO, Mend, Module
from harness import ROOT
from harness.repositories import write
from harness.waiting import eventually


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path, {f"tools/sandbox/x/{name}": f"{name} of x\n" for name in ("go.mod", "go.sum", "main.go")})


X = Module("x", "1", {"x": "."}, 1)


def test_a_key_is_the_same_wherever_the_repository_lies(source, tmp_path):
    other = tmp_path / "elsewhere"
    (source / "tools").rename(other)
    write(other, {})
    (tmp_path / "again" / "tools").parent.mkdir()
    before = Module("x", "1", {"x": "."}, 1)
    other.rename(tmp_path / "again" / "tools")

    assert X.key(tmp_path / "again") == before.key(tmp_path / "again")


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "main.go"])
def test_a_key_follows_every_file(source, name):
    before = X.key(source)

    (source / "tools/sandbox/x" / name).write_text("another\n")

    assert X.key(source) != before


def test_a_key_follows_how_it_is_built(source):
    others = [
        Module("x", "1", {"x": "."}, 1, tags="sqlite"),
        Module("x", "1", {"x": "."}, 1, ld="-s"),
        Module("x", "1", {"x": "."}, 1, env={"CGO_ENABLED": "1"}),
        Module("x", "1", {"x": "."}, 1, mends=(Mend("example.com/x", "a.go", "one", "two"),)),
        Module("x", "1", {"x": ".", "y": "./y"}, 1),
        Module("x", "1", {"x": "."}, 1, kept={"example.com/x": ("hack",)}),
    ]

    assert len({X.key(source), *(other.key(source) for other in others)}) == 7


def test_a_missing_module_is_told_by_its_folder(tmp_path):
    with pytest.raises(RepositoryError, match="tools/sandbox/x"):
        X.key(tmp_path)


def test_every_module_is_pinned_by_sums_and_named_by_what_it_pins():
    for module in modules.needed(argocd=True, forge=True):
        folder = module.folder(ROOT)
        assert (folder / "go.sum").is_file(), module.name
        if module.version != "of ours":
            assert f"v{module.version}" in (folder / "go.mod").read_text(), module.name


def test_a_part_less_needs_fewer_modules():
    names = {module.name for module in modules.needed(argocd=False, forge=False)}

    assert names == {"cluster"}


def test_a_module_in_the_graph_of_kubernetes_leaves_its_versions_as_they_are():
    def versions(text: str) -> dict[str, str]:
        return dict(re.findall(r"^\t(\S+) (v\S+)", text.partition("exclude (")[0], re.MULTILINE))

    pinned = versions((ROOT / "tools/sandbox/cluster/go.mod").read_text())

    assert pinned["k8s.io/kubernetes"] == "v1.34.3"
    assert {pinned[f"k8s.io/{name}"] for name in ("api", "apimachinery", "client-go", "apiserver")} == {"v0.34.3"}
    assert pinned["golang.org/x/net"] == "v0.38.0"
    assert pinned["google.golang.org/protobuf"] == "v1.36.5"


def test_what_is_compiled_is_told_by_the_modules_and_the_same_words_alone():
    flags = [flag for module in modules.needed(argocd=True, forge=True) for flag in module.flags if flag[:1] == "-"]

    assert {flag for flag in flags if flag not in ("-ldflags", "-tags") and " " not in flag} == set()
    assert "-trimpath" in GO["GOFLAGS"]


def read(tmp_path: Path, text: str) -> list[nodes.Node]:
    return nodes.read(WorkTree(write(tmp_path, {"overlays/dev/environment.yaml": text})), "dev")


def test_nodes_are_named_by_role_and_number(tmp_path):
    found = read(
        tmp_path,
        "nodes:\n- {role: worker, count: 2, cpu: 8, memory: 16Gi}\n"
        "- {role: database, count: 1, cpu: 4, memory: 8Gi, labels: {a: b}, taints: ['k/r=database:NoSchedule', 'x=:NoExecute']}\n",
    )

    assert [node.name for node in found] == ["worker-1", "worker-2", "database-1"]
    manifest = found[2].manifest()
    assert manifest["metadata"]["labels"]["a"] == "b"
    assert manifest["metadata"]["labels"]["kubernetes.io/hostname"] == "database-1"
    assert manifest["spec"]["taints"] == [
        {"key": "k/r", "value": "database", "effect": "NoSchedule"},
        {"key": "x", "value": "", "effect": "NoExecute"},
    ]
    assert manifest["status"]["allocatable"]["memory"] == "8Gi"


@pytest.mark.parametrize("text", ["nodes: 3\n", "nodes:\n- worker\n", "nodes:\n- {role: worker}\n", "a: 1\n", "- 1\n",
    "nodes:\n- {role: worker, count: many, cpu: 1, memory: 1Gi}\n", "nodes:\n- {role: w, count: 1, cpu: 1, memory: 1Gi, taints: [3]}\n",
    "{", ""])  # fmt: skip
def test_nodes_that_are_none_are_told_with_their_file(tmp_path, text):
    with pytest.raises(RepositoryError, match=r"environment\.yaml"):
        read(tmp_path, text)


def test_an_environment_without_a_file_has_no_nodes(tmp_path):
    with pytest.raises(RepositoryError, match="says nothing of its nodes"):
        nodes.read(WorkTree(tmp_path), "dev")


def test_a_process_is_asked_on_the_port_of_its_health():
    assert processes.Program("a", (), "http://127.0.0.1:81/healthz").port == 81
    assert processes.Program("b", (), "tcp:82").port == 82


def test_a_proxy_is_not_asked_for_this_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    for name in ("home", "tmp", "logs"):
        (tmp_path / name).mkdir()
    port = ports.choose(["http"])["http"]
    words = ("python3", "-m", "http.server", "--bind", ports.LOOPBACK, "--directory", str(tmp_path), str(port))
    program = processes.Program("http", words, f"http://{ports.LOOPBACK}:{port}/")

    processes.wait(tmp_path, program, processes.start(tmp_path, program))

    assert processes.is_healthy(program)
    processes.stop(tmp_path)
    assert not processes.is_healthy(program)


def test_a_process_that_ends_at_once_is_told_with_its_last_words(tmp_path):
    for name in ("home", "tmp", "logs"):
        (tmp_path / name).mkdir()
    program = processes.Program("loud", ("sh", "-c", "echo alas; exit 3"), f"tcp:{ports.choose(['x'])['x']}")

    with pytest.raises(BosError, match=r"loud of the sandbox ended: alas"):
        processes.wait(tmp_path, program, processes.start(tmp_path, program))
    assert processes.living(tmp_path) == []


def test_every_descendant_is_found_by_the_mark_and_stopped(tmp_path):
    for name in ("home", "tmp", "logs"):
        (tmp_path / name).mkdir()
    program = processes.Program("tree", ("sh", "-c", "sleep 3600 & setsid sleep 3600 & echo up; wait"), "tcp:1")
    processes.start(tmp_path, program)
    log = processes.log_of(tmp_path, "tree")
    eventually(lambda: "up" in log.read_text(), "its children run")
    assert len(processes.living(tmp_path)) >= 2

    processes.stop(tmp_path, "another")
    assert len(processes.living(tmp_path)) >= 2
    processes.stop(tmp_path)

    assert processes.living(tmp_path) == []


def test_a_process_gets_nothing_of_the_users_environment_but_its_path(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    for name in ("home", "tmp", "logs"):
        (tmp_path / name).mkdir()
    words = "import json, os; print(json.dumps(dict(os.environ)), flush=True)"
    program = processes.Program("env", ("python3", "-c", words), "tcp:1")
    processes.start(tmp_path, program)
    log = processes.log_of(tmp_path, "env")
    eventually(lambda: log.read_text().endswith("\n"), "it has told its environment")

    values = json.loads(log.read_text())
    assert "AWS_SECRET_ACCESS_KEY" not in values
    assert values["HOME"] == str(tmp_path / "home")


@pytest.fixture
def started(tmp_path, monkeypatch) -> Path:
    """The folder of a sandbox that starts one process and is interrupted then."""

    def start(box, *_) -> None:
        processes.start(box.folder, processes.Program("sleeper", ("/bin/sleep", "60"), "tcp:1"))
        raise KeyboardInterrupt

    monkeypatch.setenv("BOS_TOOLS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("bos_tools.sandbox.lifecycle.certificates.ensure", start)
    monkeypatch.setattr("bos_tools.sandbox.lifecycle.Binaries.missing", lambda *_: [])
    return tmp_path / "box"


def test_a_new_sandbox_that_is_interrupted_leaves_no_process_and_no_file(started):
    with pytest.raises(KeyboardInterrupt):
        lifecycle.up(ROOT, "dev", "hunted", folder=started)

    assert not started.exists()
    assert not processes.living(started)


def test_nodes_that_can_not_be_read_stop_a_sandbox_before_it_is_there(started, tmp_path):
    write(
        tmp_path / "root",
        {
            "pyproject.toml": (ROOT / "pyproject.toml").read_text(),
            "overlays/dev/environment.yaml": "nodes: 3\n",
            "overlays/dev/web/kustomization.yaml": "resources: []\n",
        },
    )

    with pytest.raises(RepositoryError, match="`nodes`"):
        lifecycle.up(tmp_path / "root", "dev", "hunted", folder=started)

    assert not started.exists()
