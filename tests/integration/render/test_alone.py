"""kustomize is given nothing of ours: no token, no git, no file but those that its folder names."""

import subprocess
import sys
from pathlib import Path

import pytest

from bos_tools.doors.files import WorkTree
from bos_tools.errors import BosError, RepositoryError
from bos_tools.render import kustomize
from bos_tools.render.cache import Cache
from bos_tools.render.kustomize import Renderer
from bos_tools.tree.graph import Graph
from harness.repositories import deployment, files, unit, write

UNIT = "overlays/dev/web"


def forget() -> None:
    """Let the programs of kustomize be looked for anew."""
    for found in (kustomize.program, kustomize.batch_program, kustomize._without_network, kustomize._identity):
        found.cache_clear()


def test_a_program_in_its_place_sees_no_token_and_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path / "repo", {**files(), f"{UNIT}/secret.txt": "canary"})
    spy = tmp_path / "kustomize"
    spy.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        "if sys.argv[1] == 'version':\n    print('v5.8.1')\nelse:\n"
        "    names = sorted(f for _, _, fs in os.walk('.') for f in fs)\n"
        "    print('kind: Seen\\nnames:', names, '\\nenvironment:', sorted(os.environ), '\\npath:', os.environ['PATH'])\n"
    )
    spy.chmod(0o755)
    monkeypatch.setenv("BOS_TOOLS_KUSTOMIZE", str(spy))
    monkeypatch.setenv("BOS_ARGOCD_TOKEN", "canary")
    forget()
    try:
        seen = Renderer(Cache(tmp_path / "cache")).one(Graph(WorkTree(root)), UNIT).decode()
    finally:
        forget()

    assert "BOS_ARGOCD_TOKEN" not in seen
    assert "path: /nonexistent" in seen
    assert "secret.txt" not in seen
    assert "'deployment.yaml'" in seen


MERGED = (
    "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n"
    "    spec: {template: {spec: {containers: [{name: side-1, tty: true}]}}}\n"
)
SCHEMA = '{"definitions": {"x": {"properties": {}, "x-kubernetes-group-version-kind": [{"group": "apps", "version": "v1", "kind": "Deployment"}]}}}'
PROGRAM = Path(sys.executable).with_name("kustomize")


@pytest.mark.parametrize("said", ["openapi: {path: schema.json}", "openapi: {version: v1.21.2}", "openapi:"])
def test_a_schema_of_ones_own_is_refused_at_its_line(tmp_path: Path, said: str) -> None:
    text = unit("backend", extra=f"{said}\n")
    root = write(tmp_path / "repo", {**files(), "overlays/dev/backend/kustomization.yaml": text})

    with pytest.raises(RepositoryError, match="openapi: a schema of one unit reaches others") as told:
        Graph(WorkTree(root)).closure("overlays/dev/backend")

    assert (told.value.path, told.value.line) == ("overlays/dev/backend/kustomization.yaml", text.count("\n"))


def test_the_evidence_shows_whom_a_schema_of_one_unit_reaches(tmp_path: Path) -> None:
    """What the refusal is for: in an aggregator the schema of the first unit is that of all after it."""
    texts = {
        f"{UNIT}/kustomization.yaml": unit("web", extra=MERGED),
        "base/web/deployment.yaml": deployment("web", ["web", "side"]),
    }
    root = write(tmp_path / "repo", {**files(), **texts})

    def rendered(*words: str) -> str:
        return subprocess.run([PROGRAM, "build", *words], cwd=root, capture_output=True, text=True, check=True).stdout

    def web(render: str) -> list[str]:
        return [part for part in render.split("---\n") if "name: web\n" in part]

    assert web(rendered("overlays/dev")) == web(rendered(UNIT))
    path = root / "overlays/dev/backend/kustomization.yaml"
    path.write_text(path.read_text() + "openapi: {path: schema.json}\n")
    (path.parent / "schema.json").write_text(SCHEMA)

    assert web(rendered("overlays/dev")) != web(rendered(UNIT))


def test_what_makes_kustomize_panic_is_one_units_error(tmp_path: Path) -> None:
    """A PatchJson6902Transformer without a target ends the process of kustomize 5.8.1."""
    plugin = "apiVersion: builtin\nkind: PatchJson6902Transformer\nmetadata: {name: t}\njsonOp: '[]'\n"
    root = write(tmp_path / "repo", {
        **files(), f"{UNIT}/kustomization.yaml": unit("web", extra="transformers: [t.yaml]\n"), f"{UNIT}/t.yaml": plugin,
    })  # fmt: skip
    graph = Graph(WorkTree(root))
    folders = [f"overlays/{env}/{s}" for env in ("dev", "prod") for s in ("backend", "postgres", "web")]

    with pytest.raises(BosError) as caught:
        Renderer(Cache(tmp_path / "cache")).render([(graph, folder) for folder in folders])

    assert caught.value.exit_code == 4
    assert UNIT in str(caught.value)


ODD = ["=", "0b_", "0x_", "1_", "<<", "9" * 5000, "2026-01-01", "1e999", "._", "0o_"]


@pytest.mark.parametrize("value", ODD)
def test_a_value_that_yaml_1_1_reads_oddly_stays_text(
    tmp_path: Path, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from bos_tools.cli.main import main

    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{k: '{value}'}}\n"
    root = write(tmp_path / "repo", {
        **files(), "base/web/c.yaml": text, "base/web/kustomization.yaml": "resources: [deployment.yaml, c.yaml]\n",
    })  # fmt: skip

    assert main(["--repo", str(root), "render", "web", "--output", "json"]) == 0
    assert main(["--repo", str(root), "bump", "web", "v1.0.1"]) == 0
    assert main(["--repo", str(root), "check", "--env", "dev"]) in (0, 1)
    assert "a bug of" not in capsys.readouterr().err


@pytest.mark.parametrize("levels", [70, 1500])
def test_a_deep_object_is_refused_and_no_bug(tmp_path: Path, capsys: pytest.CaptureFixture[str], levels: int) -> None:
    from bos_tools.cli.main import main

    text = "apiVersion: v1\nkind: Deep\nmetadata: {name: c}\nspec: " + "{a: " * levels + "b" + "}" * levels + "\n"
    root = write(tmp_path / "repo", {
        **files(), "base/web/c.yaml": text, "base/web/kustomization.yaml": "resources: [deployment.yaml, c.yaml]\n",
    })  # fmt: skip

    assert main(["--repo", str(root), "render", "web", "--output", "json"]) in (4, 5)
    assert main(["--repo", str(root), "bump", "web", "v1.0.1"]) in (4, 5)
    assert main(["--repo", str(root), "check", "--env", "dev"]) == 1
    assert "a bug of" not in capsys.readouterr().err
