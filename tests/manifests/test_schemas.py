"""Every rendered object against the schemas of Kubernetes 1.34 and of the operators, by two validators, and kube-score."""

import json
import re
import subprocess
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import Object, objects
from bos_tools.tree.layout import Tree
from bos_tools.tree.quantity import quantity

pytestmark = pytest.mark.manifests
ROOT = Path(__file__).resolve().parents[2]
TREE = Tree(WorkTree(ROOT))
ENVIRONMENTS = TREE.settings.environments
FOLDERS = ["base/argocd", *(f"overlays/{env}{part}" for env in ENVIRONMENTS for part in ("", "/argocd"))]
VERSION = "1.34.0"
BIN, CRDS = Path(sys.executable).parent, Path(sys.prefix) / "crds"
"""Both are made by `make judges`, which `make test` asks for: a missing one is a failure and no skip."""
CORE = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{VERSION}-local-strict"
REFERENCE = re.compile(r"#/\$defs/([\w.-]+)")
HOUSE = {
    "container-image-pull-policy": "an exact version is pulled once; a registry that is away must stop no restart",
    "container-security-context-user-group-id": "images have users of their own, which own their files; rule S1 refuses root",
    "container-ephemeral-storage-request-and-limit": "the LimitRange gives every container both",
}
"""What kube-score asks of every pod and is decided once; all else stands beside its object, as kube-score/ignore."""


@cache
def render(folder: str) -> bytes:
    return Renderer().one(TREE.graph, folder if "/" in folder else f"overlays/{folder}")


def rendered(folder: str) -> list[Object]:
    return objects(render(folder))


def core(name: str) -> Any:
    return json.loads((CORE / name).read_text())


def file_name(made: Object) -> str:
    """Return the name that both validators give a kind's schema: `deployment-apps-v1.json`."""
    group, _, version = made.data["apiVersion"].rpartition("/")
    return "-".join(filter(None, (made.kind.lower(), group.partition(".")[0], version))) + ".json"


def strict(schema: Any) -> Any:
    """Return a schema that takes no field which it does not name."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if "properties" in made and not made.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    return made


@cache
def operators() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in CRDS.glob("*.yaml"):
        crd = yaml.load(path.read_text(), yaml.CSafeLoader)
        group, kind = crd["spec"]["group"], crd["spec"]["names"]["kind"]
        for version in crd["spec"]["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {
                "$ref": "/api/_definitions.json#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
            }
            found[f"{kind.lower()}-{group.partition('.')[0]}-{version['name']}.json"] = schema
    return found


@cache
def schema(name: str) -> Any:
    """Return a kind's schema with the definitions that it leads to, and no others: a file that needs no network."""
    said = operators()[name] if name in operators() else core(name)
    found: dict[str, Any] = {}
    texts = [json.dumps({key: value for key, value in said.items() if key != "$id"})]
    for text in texts:
        for wanted in sorted(set(REFERENCE.findall(text)) - found.keys()):
            found[wanted] = definitions()[wanted]
            texts.append(json.dumps(found[wanted]))
    return json.loads(json.dumps(json.loads(texts[0]) | {"$defs": found}).replace("/api/_definitions.json#", "#"))


@cache
def definitions() -> dict[str, Any]:
    return core("_definitions.json")["$defs"]


@cache
def validator(name: str) -> Any:
    return jsonschema_rs.validator_for(schema(name))


def faults(made: Object) -> list[str]:
    return [f"{made.id}: {error.message}" for error in validator(file_name(made)).iter_errors(made.data)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_object_is_what_its_schema_says_and_nothing_else(folder):
    made = rendered(folder)

    assert len(made) > (50 if folder.count("/") == 1 and "overlays" in folder else 1)
    assert [fault for one in made for fault in faults(one)] == []


def filled_in(schema: Any, value: Any, path: str = "", listed: bool = False) -> list[str]:
    """Return the fields within items of lists that the API server fills in, because the value lacks them."""
    if isinstance(value, list):
        return [
            found
            for number, item in enumerate(value)
            for found in filled_in(schema["items"], item, f"{path}[{number}]", True)
        ]
    if not isinstance(value, dict):
        return []
    found = []
    for key, inner in schema.get("properties", {}).items():
        if key in value:
            found += filled_in(inner, value[key], f"{path}.{key}", listed)
        elif listed and "default" in inner:
            found.append(f"{path}.{key}")
    return found


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
        BIN / "kubeconform",
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
    return subprocess.run(argv, input=text, capture_output=True, check=False, timeout=60)


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
    argv = [BIN / "kube-score", "score", "-o", "ci", "--kubernetes-version", "v1.34", "-"]
    for name in HOUSE:
        argv[-1:-1] = ["--ignore-test", name]
    done = subprocess.run(argv, input=text, capture_output=True, check=False, timeout=60)
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
