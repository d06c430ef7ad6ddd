"""Lay our configuration over Argo CD's own."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.argocd import Target, target
from bos_tools.verbs.options import Env, Option
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.delivery.applications import Data
    from bos_tools.doors.kubernetes.client import Cluster, Kind


@dataclass(frozen=True)
class Home:
    """The cluster that Argo CD runs on."""

    kubeconfig: Annotated[str | None, Option("The cluster that Argo CD runs on; default: KUBECONFIG.")] = None
    kube_context: Annotated[str | None, Option("Its context.", ("--context",))] = None


@dataclass(frozen=True)
class Options:
    """Whose Argo CD."""

    env: Env = None
    home: Home = field(default_factory=Home)


@dataclass(frozen=True)
class Laid:
    """What was done to one object: created, changed, already so, or left."""

    kind: str
    name: str
    what: str


@dataclass(frozen=True)
class Configured(Result):
    """What was done to each object."""

    done: tuple[Laid, ...]


def run(session: Session, options: Options) -> Configured:
    """Lay base/argocd over what is there; a default project that is in use stays as it is."""
    from bos_tools.doors.kubernetes.client import Cluster

    about = target(session, options.env)
    with Cluster.connect(options.home.kubeconfig, options.home.kube_context) as cluster:
        return Configured(tuple(_configured(about, cluster)))


def _configured(about: Target, cluster: "Cluster") -> list[Laid]:
    from bos_tools.doors.kubernetes.client import APP_PROJECT, APPLICATION, CONFIG_MAP
    from bos_tools.render.kustomize import Renderer
    from bos_tools.render.objects import objects
    from bos_tools.tree import layout

    namespace = about.said.namespace
    used = [
        app["metadata"]["name"]
        for app in cluster.list(APPLICATION, namespace)
        if app.get("spec", {}).get("project", "default") == "default"
    ]
    done = []
    for made in objects(Renderer().one(about.tree.graph, layout.base(layout.ARGOCD))):
        kind = {"ConfigMap": CONFIG_MAP, "AppProject": APP_PROJECT}[made.kind]
        if kind is APP_PROJECT and used:
            what = f"left as it is, for {len(used)} applications are in it: {used[0]} …"
        else:
            what = _laid(cluster, kind, {**made.data, "metadata": {**made.data["metadata"], "namespace": namespace}})
        done.append(Laid(made.kind, made.name, what))
    return done


def _laid(cluster: "Cluster", kind: "Kind", data: "Data") -> str:
    """Lay an object over the one that is there, and say what that did."""
    name, namespace = data["metadata"]["name"], data["metadata"]["namespace"]
    before = cluster.get(kind, name, namespace)
    if before is None:
        cluster.create(kind, data)
        return "created"
    after = cluster.merge(kind, name, namespace, data)
    is_same = after["metadata"].get("resourceVersion") == before["metadata"].get("resourceVersion")
    return "already so" if is_same else "changed"
