"""Every rendered object against the schemas of Kubernetes 1.34 and of the operators, by two validators, and kube-score."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bos_tools.tree.quantity import quantity
from harness import ROOT, pruned
from harness.schemas import TREE, VERSION, faults, file_name, filled_in, operators, render, rendered, schema

ENVIRONMENTS = TREE.settings.environments
FOLDERS = ["base/argocd", *(f"overlays/{env}{part}" for env in ENVIRONMENTS for part in ("", "/argocd"))]
BIN = Path(sys.executable).parent
"""Both programs are made by `make judges`, which `make test` asks for: a missing one is a failure and no skip."""
HOUSE = {
    "container-image-pull-policy": "an exact version is pulled once; a registry that is away must stop no restart",
    "container-security-context-user-group-id": "images have users of their own, which own their files; rule S1 refuses root",
    "container-ephemeral-storage-request-and-limit": "the LimitRange gives every container both",
}
"""What kube-score asks of every pod and is decided once; all else stands beside its object, as kube-score/ignore."""


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_object_is_what_its_schema_says_and_nothing_else(folder):
    made = rendered(folder)

    assert len(made) > (50 if folder.count("/") == 1 and "overlays" in folder else 1)
    assert [fault for one in made for fault in faults(one)] == []


def test_what_check_ships_is_what_kubernetes_and_the_operators_publish():
    assert pruned.FILE.read_text() == pruned.text(), "python tests/harness/pruned.py"


OF_OPERATORS = ("Cluster", "ObjectStore", "ScheduledBackup")


@pytest.mark.parametrize("kind", OF_OPERATORS)
def test_argo_cd_finds_no_difference_in_a_list_that_the_api_server_completes(kind):
    """Of a kind that Argo CD doesn't know it compares a list whole (gitops-engine's diff.go): self-heal would never end."""
    found = [made for made in rendered("prod") if made.kind == kind]

    assert found
    assert [filled_in(operators()[file_name(made)], made.data) for made in found] == [[]] * len(found)


def test_a_default_within_a_list_is_found_and_one_of_a_map_is_none():
    cluster = next(made for made in rendered("prod") if made.kind == "Cluster")
    del cluster.data["spec"]["managed"]["roles"][0]["inherit"]
    cluster.data["spec"].pop("stopDelay")

    assert filled_in(operators()[file_name(cluster)], cluster.data) == [".spec.managed.roles[0].inherit"]


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Deployment", ("spec", "template", "spec", "contianers"), []),
        ("Deployment", ("spec", "minReadySeconds"), "5"),
        ("NetworkPolicy", ("spec", "ingres"), []),
        ("Cluster", ("spec", "storage", "sise"), "5Gi"),
        ("Cluster", ("spec", "instances"), "two"),
        ("ScheduledBackup", ("spec", "cron"), "0 0 2 * * *"),
        ("ObjectStore", ("spec", "configuration", "endpoint"), "https://x"),
        ("Application", ("spec", "syncPolicy", "automatic"), {}),
        ("AppProject", ("spec", "destinations"), "none"),
    ],
)
def test_a_field_that_is_misspelt_or_of_another_type_is_found(kind, path, value):
    made = next(one for one in rendered("prod") + rendered("overlays/prod/argocd") if one.kind == kind)
    inner = made.data
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value

    assert faults(made) != []


@pytest.fixture(scope="session")
def schemas(tmp_path_factory) -> Path:
    """The schemas in use, as files."""
    folder = tmp_path_factory.mktemp("schemas")
    for name in {file_name(made) for one in FOLDERS for made in rendered(one)}:
        (folder / name).write_text(json.dumps(schema(name)))
    return folder


def kubeconform(schemas: Path, text: bytes) -> subprocess.CompletedProcess[bytes]:
    where = f"{schemas}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    argv = [
        str(BIN / "kubeconform"),
        "-strict",
        "-kubernetes-version",
        VERSION,
        "-schema-location",
        where,
        "-summary",
        "-output",
        "json",
        "-",
    ]
    return subprocess.run(argv, input=text, capture_output=True, check=False, timeout=300)


@pytest.mark.parametrize("folder", FOLDERS)
def test_kubeconform_is_clean(schemas, folder):
    done = kubeconform(schemas, render(folder))

    said = json.loads(done.stdout)
    assert done.returncode == 0, said["resources"]
    assert said["summary"] == {"valid": len(rendered(folder)), "invalid": 0, "errors": 0, "skipped": 0}


def test_kubeconform_finds_what_is_wrong(schemas):
    done = kubeconform(schemas, render("prod").replace(b"instances: 2", b"instanzes: 2"))

    assert done.returncode == 1
    assert json.loads(done.stdout)["summary"]["invalid"] == 1


def kube_score(text: bytes) -> list[str]:
    argv = [str(BIN / "kube-score"), "score", "-o", "ci", "--kubernetes-version", "v1.34", "-"]
    for name in HOUSE:
        argv[-1:-1] = ["--ignore-test", name]
    done = subprocess.run(argv, input=text, capture_output=True, check=False, timeout=300)
    lines = done.stdout.decode().splitlines()
    assert len(lines) > 100, done.stderr
    return [line for line in lines if not line.startswith(("[OK]", "[SKIPPED]"))]


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_kube_score_is_clean_but_for_what_is_argued_beside_its_object(env):
    assert kube_score(render(env)) == []


def test_every_exception_is_argued_beside_its_object_and_needed():
    noted = re.compile(r"((?: *#.*\n)+)(?:.*\n){0,4}? *kube-score/ignore: (\S+)\n")
    count = 0
    for path in sorted((ROOT / "base").rglob("*.yaml")):
        text = path.read_text()
        if "kube-score/ignore" in text:
            assert text.count("kube-score/ignore") == len(noted.findall(text)), f"{path} argues nothing"
            count += 1
    assert count > 5
    without = [kube_score(re.sub(rb" *kube-score/ignore: .*\n", b"    x: z\n", render(env))) for env in ENVIRONMENTS]
    needed = {(re.sub(r"^\[\w+\] (\S+) .*", r"\1", line)) for lines in without for line in lines}
    said = {
        f"{one.name}/{one.namespace}"
        for env in ENVIRONMENTS for one in rendered(env)
        if "kube-score/ignore" in (one.data["metadata"].get("annotations") or {})
    }  # fmt: skip
    assert said == needed


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_limit_range_gives_every_container_room_for_its_scratch_space(env):
    made = rendered(env)
    [limits] = [one for one in made if one.kind == "LimitRange"]
    [given] = [one for one in limits.data["spec"]["limits"] if one["type"] == "Container"]
    room = quantity(given["default"]["ephemeral-storage"])

    assert quantity(given["defaultRequest"]["ephemeral-storage"])
    assert room is not None
    for one in made:
        volumes = ((one.data.get("spec") or {}).get("template") or {}).get("spec", {}).get("volumes", [])
        scratch = [v["emptyDir"] for v in volumes if "emptyDir" in v and v["emptyDir"].get("medium") != "Memory"]
        assert sum(quantity(v["sizeLimit"]) or 0 for v in scratch) < room, one.id
