"""The schemas of Kubernetes 1.34 and of the operators, strict, and what they say of a rendered object."""

import json
import re
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Tree
from harness import ROOT

TREE = Tree(WorkTree(ROOT))
VERSION = "1.34.0"
CRDS = Path(sys.prefix) / "crds"
"""Made by `make judges`, which `make test` asks for: missing ones are a failure and no skip."""
CORE = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{VERSION}-local-strict"
REFERENCE = re.compile(r"#/\$defs/([\w.-]+)")


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
def crds() -> list[Any]:
    return [yaml.load(path.read_text(), yaml.CSafeLoader) for path in sorted(CRDS.glob("*.yaml"))]


@cache
def operators() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for crd in crds():
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
    whole: dict[str, Any] = json.loads(texts[0]) | {"$defs": found}
    here: dict[str, Any] = json.loads(json.dumps(whole).replace("/api/_definitions.json#", "#"))
    return here


@cache
def definitions() -> dict[str, Any]:
    found: dict[str, Any] = core("_definitions.json")["$defs"]
    return found


@cache
def validator(name: str) -> Any:
    return jsonschema_rs.validator_for(schema(name))


def faults(made: Object) -> list[str]:
    return [f"{made.id}: {error.message}" for error in validator(file_name(made)).iter_errors(made.data)]


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
