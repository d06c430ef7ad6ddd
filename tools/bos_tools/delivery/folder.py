"""How an environment's registration is written: in few files, thin, with what they share in components.

`overlays/<env>/argocd` renders to the objects of `applications`; rule A1 holds the two together. The files are the same
in every environment but for names, and none of them names a component of a service (decision 11).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from bos_tools.delivery.applications import API, APPLIED, CLAIMS, ENVIRONMENT, SOURCE, Data
from bos_tools.delivery.registration import Registration
from bos_tools.tree import layout
from bos_tools.tree.documents import document
from bos_tools.tree.nodes import plain_data
from bos_tools.tree.source import Source

HEADER = "# written by `bos-tools argocd register`; do not edit\n"
KUSTOMIZATION, ROOT = "kustomization.yaml", "root.yaml"
PROJECTS, APPLICATIONS, ADD_ONS = "projects.yaml", "applications.yaml", "add-ons.yaml"
SERVICES = "services.yaml"
"""The patch that says where all services come from, and where they go."""
LISTED = (PROJECTS, APPLICATIONS, ADD_ONS)
"""The files that hold objects which the root makes."""
SHARED = "application"
"""The component with what all Applications share."""
CONFIRM = "prune-confirm"
"""The component with which a person confirms what Git no longer has."""

Written = dict[str, list[Data]]
"""Documents by file name."""


def written(plan: Registration, made: Mapping[str, Data]) -> Written:
    """Return the files of an environment's registration, whose render is `made`."""
    below = [data for key, data in made.items() if key not in APPLIED]
    files = {
        KUSTOMIZATION: [],
        ROOT: [made[key] for key in APPLIED],
        PROJECTS: [data for data in below if data["kind"] == "AppProject"],
        APPLICATIONS: [_service(data) for data in below if _source(data) == "git"],
        SERVICES: [_services(plan)],
        ADD_ONS: [_chart(data) for data in below if _source(data) == "chart"],
    }
    files = {name: documents for name, documents in files.items() if documents or name == KUSTOMIZATION}
    return {**files, KUSTOMIZATION: [_kustomization(plan, [name for name in LISTED if name in files])]}


def _source(data: Data) -> Any:
    return data["metadata"]["labels"].get(SOURCE)


def _thin(data: Data, labels: Sequence[str], spec: Data) -> Data:
    """Return an Application without what a component or a patch adds."""
    meta = data["metadata"]
    own = {key: value for key, value in meta["labels"].items() if key in labels}
    notes = {key: value for key, value in meta["annotations"].items() if not key.endswith("/compare-options")}
    kept = {"name": meta["name"], "namespace": meta["namespace"], "labels": own, "annotations": notes}
    return {"apiVersion": API, "kind": data["kind"], "metadata": kept, "spec": spec}


def _service(data: Data) -> Data:
    spec = data["spec"]
    extras = {key: spec[key] for key in ("ignoreDifferences",) if key in spec}
    return _thin(data, (SOURCE, CLAIMS), {"source": {"path": spec["source"]["path"]}, **extras})


def _chart(data: Data) -> Data:
    spec = {key: value for key, value in data["spec"].items() if key != "syncPolicy"}
    return _thin(data, (SOURCE, ENVIRONMENT), spec)


def _services(plan: Registration) -> Data:
    return {
        "apiVersion": API,
        "kind": "Application",
        "metadata": {"name": "any", "labels": {ENVIRONMENT: plan.env}},
        "spec": {
            "project": plan.project,
            "source": {"repoURL": plan.repo_url, "targetRevision": plan.revision},
            "destination": {"server": plan.cluster, "namespace": plan.destination},
        },
    }


def components(plan: Registration) -> list[str]:
    """Return the folders of the components that an environment's Applications share with those of others."""
    return [layout.component(name) for name in (SHARED, *([CONFIRM] if plan.holds_pruning else []))]


def _kustomization(plan: Registration, resources: Sequence[str]) -> Data:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(resources),
        "components": [layout.from_unit(path) for path in components(plan)],
        "patches": [{"path": SERVICES, "target": {"kind": "Application", "labelSelector": f"{SOURCE}=git"}}],
    }


def read(source: Source, folder: str, name: str) -> list[Data]:
    """Return the documents of a file that is there, none of one that is not.

    Raises RepositoryError for YAML that is broken.
    """
    path = f"{folder}/{name}"
    data = source.read(path)
    return [] if data is None else [plain_data(root) for root in document(path, data).roots]


def by_name(documents: Sequence[Any]) -> dict[str, Any]:
    """Return objects by what tells those of one file apart."""
    return {f"{one['kind']} {one['metadata']['name']}": one for one in documents if _is_object(one)}


def _is_object(one: Any) -> bool:
    return (
        isinstance(one, dict) and "kind" in one and isinstance(one.get("metadata"), dict) and "name" in one["metadata"]
    )


def text(documents: Sequence[Data]) -> bytes:
    """Return YAML as this repository writes it: keys in our order, one line a value, always the same bytes."""
    said: list[str] = [
        yaml.dump(one, sort_keys=False, default_flow_style=False, allow_unicode=True, width=4096) for one in documents
    ]
    return (HEADER + "---\n".join(said)).encode()
