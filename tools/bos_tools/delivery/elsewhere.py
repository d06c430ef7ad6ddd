"""The same registration elsewhere: another address of the repository, another branch, without the add-ons.

Git keeps one address. Where Argo CD reaches the repository by another one, as in a sandbox, the root carries patches
for what it renders, and no commit is needed.  The add-ons' project stays whatever is left out: it allows what nobody
uses, and a project that comes and goes would keep the root from ever being as Git wants it.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bos_tools.delivery.applications import SOURCE, Data


@dataclass(frozen=True)
class Elsewhere:
    """What is otherwise than Git says; None stands for as it is."""

    repo_url: str | None = None
    revision: str | None = None
    without_add_ons: bool = False

    def apply(self, made: Mapping[str, Data], repo_url: str) -> dict[str, Data]:
        """Return the objects of a registration as they are applied here."""
        found = {
            name: copy.deepcopy(data) for name, data in made.items() if not (self.without_add_ons and _is_add_on(data))
        }
        for data in found.values():
            spec = data["spec"]
            if data["kind"] == "AppProject" and self.repo_url:
                spec["sourceRepos"] = [self.repo_url if url == repo_url else url for url in spec["sourceRepos"]]
            if data["kind"] == "Application" and "chart" not in spec["source"]:
                spec["source"]["repoURL"] = self.repo_url or spec["source"]["repoURL"]
                spec["source"]["targetRevision"] = self.revision or spec["source"]["targetRevision"]
        patches = list(self._patches(made))
        if patches:
            found["root"]["spec"]["source"]["kustomize"] = {"patches": patches}
        return found

    def _patches(self, made: Mapping[str, Data]) -> list[Data]:
        """Return kustomize's patches for the objects that the root renders."""
        ours = {"kind": "Application", "labelSelector": f"{SOURCE}=git"}
        patches: list[Data] = []
        changes = [("/spec/source/repoURL", self.repo_url), ("/spec/source/targetRevision", self.revision)]
        said = [{"op": "replace", "path": path, "value": value} for path, value in changes if value]
        if said:
            patches.append({"target": ours, "patch": json.dumps(said)})
        if self.repo_url:
            value = [{"op": "replace", "path": "/spec/sourceRepos/0", "value": self.repo_url}]
            name = made["project"]["metadata"]["name"]
            patches.append({"target": {"kind": "AppProject", "name": name}, "patch": json.dumps(value)})
        for data in made.values() if self.without_add_ons else ():
            if _is_add_on(data):
                who = {"kind": data["kind"], "name": data["metadata"]["name"]}
                gone = {"$patch": "delete", "apiVersion": data["apiVersion"], "kind": data["kind"]}
                gone["metadata"] = {"name": data["metadata"]["name"]}
                patches.append({"target": who, "patch": json.dumps(gone)})
        return patches


def left_out(source: Mapping[str, Any]) -> frozenset[str]:
    """Return the Applications that a root's source leaves out of what Git has."""
    patches = (source.get("kustomize") or {}).get("patches") or []
    return frozenset(
        str((one.get("target") or {}).get("name", ""))
        for one in patches
        if '"$patch": "delete"' in one.get("patch", "")
    )


def _is_add_on(data: Data) -> bool:
    return data["kind"] == "Application" and bool(data["metadata"]["labels"].get(SOURCE) == "chart")
