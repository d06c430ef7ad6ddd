"""What an environment.yaml says of its delivery: which Argo CD, from which repository, with which add-ons."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bos_tools.tree import layout
from bos_tools.tree.layout import Tree

if TYPE_CHECKING:
    from bos_tools.tree.environment import AddOn


@dataclass(frozen=True)
class Registration:
    """How one environment stands in Argo CD."""

    env: str
    cluster: str
    """The API server that the workloads run on, as Argo CD reaches it."""
    destination: str
    """The namespace of the workloads."""
    server: str
    """Argo CD's own address."""
    namespace: str
    """Argo CD's own namespace."""
    repo_url: str
    revision: str
    project: str
    add_ons: tuple["AddOn", ...]
    holds_pruning: bool
    """A person confirms what Git no longer has."""

    @property
    def folder(self) -> str:
        """Return where its Applications stand in Git."""
        return layout.argocd(self.env)

    @property
    def root(self) -> str:
        """Return the name of the Application that makes the others."""
        return self.project

    @property
    def root_project(self) -> str:
        """Return the project of that one: it alone may write into Argo CD's namespace."""
        return f"{self.project}-root"

    @property
    def add_ons_project(self) -> str:
        """Return the project of the add-ons, which may make cluster-scoped objects of any kind."""
        return f"{self.project}-addons"

    @property
    def source(self) -> dict[str, str]:
        """Return which branch of which repository it is made from, as Argo CD calls both."""
        return {"targetRevision": self.revision, "repoURL": self.repo_url}

    def application(self, name: str) -> str:
        """Return the name of a service's or an add-on's Application: one Argo CD may serve several environments."""
        return f"{self.env}-{name}"


def bears_secret(url: str) -> bool:
    """Tell whether a repository's address carries a password or a token; a user alone does not, but to a web server."""
    return re.match(r"https?://[^/]*@|[\w+.-]+://[^/@]*:[^/]*@", url) is not None


def registration(tree: Tree, env: str) -> Registration:
    """Return what an environment.yaml says of its delivery.

    Raises RepositoryError when it says nothing, or not all of it.
    """
    says = tree.environment(env)
    delivery = says.argocd
    if delivery is None:
        raise tree.unsaid(
            env,
            f"{env} does not say which Argo CD serves it: no `argocd` there",
            reason="no-argocd",
            hint="give it server, namespace, repoURL, revision and project under `argocd:`",
        )
    if says.cluster is None or says.namespace is None:
        lacking = "cluster" if says.cluster is None else "namespace"
        raise tree.unsaid(env, f"environment.yaml names no {lacking}", reason="no-argocd")
    if bears_secret(delivery.repo_url):
        raise tree.unsaid(
            env,
            "repoURL carries a password, and it goes into every Application",
            "argocd",
            "repoURL",
            reason="password-in-url",
            hint="take it out, renew it, and give it to Argo CD with --repo-username and --repo-password-file",
        )
    return Registration(
        env=env,
        cluster=says.cluster,
        destination=says.namespace,
        server=delivery.server.rstrip("/"),
        namespace=delivery.namespace,
        repo_url=delivery.repo_url,
        revision=delivery.revision,
        project=delivery.project,
        add_ons=_add_ons(tree, env),
        holds_pruning=says.gates.holds_pruning,
    )


def _add_ons(tree: Tree, env: str) -> tuple["AddOn", ...]:
    listed = tree.environment(env).platform
    names = [*tree.services(env), *(add_on.name for add_on in listed)]
    for index, add_on in enumerate(listed):
        if names.count(add_on.name) > 1:
            message = f"two things of one name in {env}: {add_on.name}"
            raise tree.unsaid(env, message, "platform", index, reason="no-argocd")
    return listed
