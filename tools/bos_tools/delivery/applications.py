"""The AppProjects and Applications of an environment, computed from what Git holds."""

from collections.abc import Iterator
from typing import Any

from bos_tools.delivery.registration import Registration
from bos_tools.storage.volumes import SET, volumes
from bos_tools.tree import layout
from bos_tools.tree.documents import document
from bos_tools.tree.environment import AddOn
from bos_tools.tree.graph import Graph
from bos_tools.tree.identity import is_cluster_scoped
from bos_tools.tree.layout import Tree, Unit
from bos_tools.tree.nodes import Node, down

Data = dict[str, Any]

API = "argoproj.io/v1alpha1"
NOTE = "argocd.argoproj.io"
PATHS = f"{NOTE}/manifest-generate-paths"
SOURCE = "buildingos.io/source"
"""The label that tells the Applications of services, `git`, from those of add-ons, `chart`."""
CLAIMS = "buildingos.io/claims"
"""The label of an Application whose claims Git declares beside their StatefulSet."""
ENVIRONMENT = "buildingos.io/environment"
ROLE = "bos-tools"
IN_CLUSTER = "https://kubernetes.default.svc"
"""Argo CD's own cluster, as it names it itself."""
LONGEST_PAUSE = "3m"


def objects(tree: Tree, plan: Registration) -> dict[str, Data]:
    """Return every object of an environment's registration, whole as Argo CD gets it, in the order in which they apply.

    The first three have a name of their own here, and the Application of a service or a chart has its: `root-project`,
    `root`, `project`, `project-addons` and `application-web`.
    """
    made = {"root-project": root_project(plan), "root": root(plan), "project": project(tree, plan)}
    if plan.add_ons:
        made["project-addons"] = add_ons_project(plan)
    for service in tree.services(plan.env):
        made[f"application-{service}"] = application(tree.graph, plan, service)
    for one in plan.add_ons:
        made[f"application-{one.name}"] = add_on(plan, one)
    return made


APPLIED = ("root-project", "root")
"""Applied by the API: the root can't make itself, nor the project that allows it."""


def application(graph: Graph, plan: Registration, service: str) -> Data:
    """Return a service's Application: its unit, synced by itself, its claims left to their StatefulSet."""
    folder = layout.unit(plan.env, service)
    options = ["FailOnSharedResource=true", "PruneLast=true"]
    ignored = _ignored(graph, Unit(plan.env, service))
    made = _application(plan, service, plan.project, wave=0 if service == layout.PLATFORM else 1, source="git")
    made["metadata"]["annotations"][PATHS] = ";".join(paths(graph, folder))
    made["spec"] |= {
        "source": {"repoURL": plan.repo_url, "targetRevision": plan.revision, "path": folder},
        "destination": {"server": plan.cluster, "namespace": plan.destination},
    }
    if ignored:
        made["metadata"]["labels"][CLAIMS] = "declared"
        made["spec"]["ignoreDifferences"] = ignored
        options.append("RespectIgnoreDifferences=true")
    made["spec"]["syncPolicy"] = _sync_policy(plan, options)
    return made


def add_on(plan: Registration, one: AddOn) -> Data:
    """Return the Application of a chart.

    Its CRDs may be larger than an annotation holds, and a chart can't be told to mark them: here alone the whole
    application is applied on the server's side, with the diff of that side off like everywhere.
    """
    made = _application(plan, one.name, plan.add_ons_project, wave=0, source="chart")
    source: Data = {"repoURL": one.repo_url, "chart": one.chart, "targetRevision": one.version}
    if one.values:
        source["helm"] = {"valuesObject": one.values}
    made["spec"] |= {"source": source, "destination": {"server": plan.cluster, "namespace": one.namespace}}
    options = ["CreateNamespace=true", "FailOnSharedResource=true", "PruneLast=true", "ServerSideApply=true"]
    made["spec"]["syncPolicy"] = _sync_policy(plan, options)
    return made


def root(plan: Registration) -> Data:
    """Return the Application that makes the others from their folder."""
    made = _application(plan, "", plan.root_project, wave=None, source="git")
    made["metadata"]["name"] = plan.root
    made["metadata"]["annotations"][PATHS] = f".;/{layout.COMPONENTS}"
    made["spec"] |= {
        "source": {"repoURL": plan.repo_url, "targetRevision": plan.revision, "path": plan.folder},
        "destination": {"server": IN_CLUSTER, "namespace": plan.namespace},
        "syncPolicy": _sync_policy(plan, ["FailOnSharedResource=true"]),
    }
    return made


def _application(plan: Registration, name: str, project: str, *, wave: int | None, source: str) -> Data:
    """Return what all Applications share; without a finalizer: deleting one leaves its workloads and their data."""
    notes = {f"{NOTE}/compare-options": "ServerSideDiff=false"}  # with it a refused sync looks Synced (decision 11)
    if wave is not None:
        notes[f"{NOTE}/sync-wave"] = str(wave)
    return {
        "apiVersion": API,
        "kind": "Application",
        "metadata": {
            "name": plan.application(name),
            "namespace": plan.namespace,
            "labels": {**_labels(plan), SOURCE: source},
            "annotations": notes,
        },
        "spec": {"project": project},
    }


def _labels(plan: Registration) -> Data:
    return {"app.kubernetes.io/part-of": "buildingos", ENVIRONMENT: plan.env}


def _sync_policy(plan: Registration, options: list[str]) -> Data:
    confirm = ["Prune=confirm"] if plan.holds_pruning else []
    return {
        "automated": {"enabled": True, "prune": True, "selfHeal": True},
        "retry": {
            "limit": 5,
            "refresh": True,
            "backoff": {"duration": "5s", "factor": 2, "maxDuration": LONGEST_PAUSE},
        },
        "syncOptions": sorted([*options, *confirm]),
    }


def paths(graph: Graph, folder: str) -> list[str]:
    """Return the folders that must change for Argo CD to look at a unit: its own, its environment's, and its bases.

    What lies beside it is named as seen from it (Argo CD takes both), and all components are one folder: so the list is
    the same in every environment, and adding a component to a unit or to an environment changes no Application.

    Raises RepositoryError for a unit that can't be read.
    """
    beside, _, _ = folder.rpartition("/")
    files = {name for path in graph.closure(folder) for name in (path, graph.source.real(path))}
    read = {path.rpartition("/")[0] for path in files if not path.startswith(f"{folder}/")}
    shared = {layout.COMPONENTS, *(path for path in read if not path.startswith(f"{layout.COMPONENTS}/"))}
    near = sorted(f"..{path.removeprefix(beside)}" for path in shared if path.startswith(f"{beside}/"))
    far = sorted(path for path in shared if not path.startswith(f"{beside}/"))
    outermost = [path for path in far if not any(path.startswith(f"{other}/") for other in far)]
    return [".", *near, *(f"/{path}" for path in outermost)]


def _ignored(graph: Graph, unit: Unit) -> list[Data]:
    """Return the StatefulSets whose claims Git declares: the template is the controller's, and can't be changed.

    The whole pointer is ignored; ignoring the size alone is OutOfSync for ever (decision 11).
    """
    owners = dict.fromkeys(volume.owner for volume in volumes(graph, unit) if volume.kind == SET and volume.claims)
    return [
        {"group": "apps", "kind": "StatefulSet", "name": owner, "jsonPointers": ["/spec/volumeClaimTemplates"]}
        for owner in owners
    ]


def _documents(graph: Graph, folder: str) -> Iterator[Node]:
    """Yield every object that the files of a unit's render hold, patches too, as they are written."""
    for path, data in graph.closure(folder).items():
        if path.endswith((".yaml", ".yml")) and b"kind:" in data:
            yield from document(path, data).roots


def _text(node: Node, *path: str) -> str:
    found = down(node, *path)
    return found.value if found is not None else ""


def project(tree: Tree, plan: Registration) -> Data:
    """Return the project of the services: this repository, one namespace, cluster-scoped objects by name."""
    spec: Data = {
        "description": f"BuildingOS in {plan.env}",
        "sourceRepos": [plan.repo_url],
        "destinations": [{"server": plan.cluster, "namespace": plan.destination}],
        "clusterResourceWhitelist": _cluster_scoped(tree, plan),
        # the Secrets that the manifests name are made outside of Git
        "orphanedResources": {"warn": True, "ignore": [{"group": "", "kind": "Secret"}]},
    }
    return _project(plan, plan.project, spec)


def _cluster_scoped(tree: Tree, plan: Registration) -> list[Data]:
    documents = (
        one for service in tree.services(plan.env) for one in _documents(tree.graph, layout.unit(plan.env, service))
    )
    found = {
        (_text(one, "apiVersion").rpartition("/")[0], _text(one, "kind"), _text(one, "metadata", "name"))
        for one in documents
    }
    found = {one for one in found if is_cluster_scoped(*one[:2])}
    return [{"group": group, "kind": kind, "name": name} for group, kind, name in sorted(found)]


def add_ons_project(plan: Registration) -> Data:
    """Return the project of the add-ons: operators bring cluster-scoped objects that only their charts name."""
    spaces = sorted({one.namespace for one in plan.add_ons})
    spec: Data = {
        "description": f"What the cluster of BuildingOS in {plan.env} must bring",
        "sourceRepos": sorted({one.repo_url for one in plan.add_ons}),
        "destinations": [{"server": plan.cluster, "namespace": name} for name in spaces],
        "clusterResourceWhitelist": [
            {"group": "", "kind": "Namespace"},
            {"group": "admissionregistration.k8s.io", "kind": "MutatingWebhookConfiguration"},
            {"group": "admissionregistration.k8s.io", "kind": "ValidatingWebhookConfiguration"},
            {"group": "apiextensions.k8s.io", "kind": "CustomResourceDefinition"},
            {"group": "apiregistration.k8s.io", "kind": "APIService"},
            {"group": "networking.k8s.io", "kind": "IngressClass"},
            {"group": "rbac.authorization.k8s.io", "kind": "ClusterRole"},
            {"group": "rbac.authorization.k8s.io", "kind": "ClusterRoleBinding"},
        ],
    }
    return _project(plan, plan.add_ons_project, spec)


def root_project(plan: Registration) -> Data:
    """Return the root's project: the only one that reaches Argo CD's namespace, and only for its own kinds."""
    spec: Data = {
        "description": f"The Applications of BuildingOS in {plan.env}",
        "sourceRepos": [plan.repo_url],
        "destinations": [{"server": IN_CLUSTER, "namespace": plan.namespace}],
        "namespaceResourceWhitelist": [
            {"group": "argoproj.io", "kind": "AppProject"},
            {"group": "argoproj.io", "kind": "Application"},
        ],
    }
    return _project(plan, plan.root_project, spec)


def _project(plan: Registration, name: str, spec: Data) -> Data:
    """Return an AppProject with the role of pipelines, which need no more than to look and to sync."""
    allowed = [f"p, proj:{name}:{ROLE}, applications, {verb}, {name}/*, allow" for verb in ("get", "sync")]
    role = {"name": ROLE, "description": "Pipelines: look, sync and wait", "policies": allowed}
    meta: Data = {"name": name, "namespace": plan.namespace, "labels": _labels(plan)}
    if name != plan.root_project:
        # a project outlives its Applications: without it they could not even be deleted in order
        meta["annotations"] = {f"{NOTE}/sync-options": "Prune=false,Delete=false", f"{NOTE}/sync-wave": "-1"}
    return {"apiVersion": API, "kind": "AppProject", "metadata": meta, "spec": {**spec, "roles": [role]}}
