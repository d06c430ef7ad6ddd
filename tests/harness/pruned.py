"""The schemas that `check` ships: Kubernetes' and the operators' own, without words. `python tests/harness/pruned.py` writes them."""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness import ROOT
from harness.schemas import CRDS, REFERENCE, core, crds, strict

FILE = ROOT / "tools/bos_tools/review/schemas/kubernetes.json"
META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
NOT_KEPT = frozenset(
    {"APIGroup", "APIVersions", "Status", "DeleteOptions", "WatchEvent", "Event", "Eviction", "Scale", "TokenRequest"}
)
"""Kinds that nobody keeps in Git, as are lists, reviews and what is alpha."""
WORDS = frozenset({"description", "default", "example", "title", "$id", "$schema"})
OPERATORS = {"postgresql.cnpg.io": ("Cluster", "ScheduledBackup"), "barmancloud.cnpg.io": ("ObjectStore",)}


def pruned(schema: Any) -> Any:
    """Return a schema without its words; what a list holds is never null, because the rules walk it."""
    if isinstance(schema, list):
        return [pruned(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: pruned(value) for key, value in schema.items() if key not in WORDS and not key.startswith("x-")}
    if "properties" in schema:
        made["properties"] = {key: pruned(value) for key, value in schema["properties"].items()}
    if isinstance(made.get("items"), dict) and "$ref" in made["items"]:
        made["items"] = {**made["items"], "not": {"type": "null"}}
    return made


def kubernetes() -> tuple[dict[str, str], dict[str, Any]]:
    """Return each kind's definition by `group/version/Kind`, and the definitions that they lead to."""
    defined = core("_definitions.json")["$defs"]
    kinds = {
        f"{said['group']}/{said['version']}/{said['kind']}": name
        for name, schema in defined.items()
        for said in schema.get("x-kubernetes-group-version-kind", [])
        if said["kind"] not in NOT_KEPT
        and not said["kind"].endswith(("List", "Review"))
        and "alpha" not in said["version"]
    }
    needed = list(kinds.values())
    for name in needed:
        needed += sorted({found for found in REFERENCE.findall(json.dumps(defined[name])) if found not in needed})
    return kinds, {name: pruned(defined[name]) for name in needed}


def operators() -> tuple[dict[str, str], dict[str, Any]]:
    """Return the same of the operators whose objects the rules walk."""
    kinds, defined = {}, {}
    for crd in crds():
        group, kind = crd["spec"]["group"], crd["spec"]["names"]["kind"]
        for version in crd["spec"]["versions"] if kind in OPERATORS.get(group, ()) else ():
            name = f"{group}.{version['name']}.{kind}"
            schema = pruned(strict(version["schema"]["openAPIV3Schema"]))
            schema["properties"]["metadata"] = {"$ref": f"#/$defs/{META}"}
            kinds[f"{group}/{version['name']}/{kind}"] = name
            defined[name] = schema
    return kinds, defined


def text() -> str:
    """Return the file: one kind a line, and one definition a line."""
    parts = kubernetes(), operators()
    kinds, defined = ({key: value for part in parts for key, value in part[index].items()} for index in (0, 1))

    def lines(table: dict[str, Any]) -> str:
        one = (f"{json.dumps(key)}:{json.dumps(table[key], separators=(',', ':'))}" for key in sorted(table))
        return ",\n".join(one)

    return f'{{"kinds":{{\n{lines(kinds)}\n}},"$defs":{{\n{lines(defined)}\n}}}}\n'


if __name__ == "__main__":
    assert any(CRDS.glob("*.yaml")), "type `make judges` first"
    FILE.write_text(text())
