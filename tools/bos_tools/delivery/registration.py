"""What an environment.yaml says of its delivery: which Argo CD, from which repository, with which add-ons."""

import re
from dataclasses import dataclass
from typing import Any

from bos_tools.errors import RepositoryError
from bos_tools.tree.layout import Tree

KEYS = ("server", "namespace", "repoURL", "revision", "project")


@dataclass(frozen=True)
class AddOn:
    """A chart that the cluster must have, at one version."""

    name: str
    repo_url: str
    chart: str
    version: str
    namespace: str
    values: dict[str, Any]


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
    add_ons: tuple[AddOn, ...]

    @property
    def folder(self) -> str:
        """Return where its Applications stand in Git."""
        return f"overlays/{self.env}/argocd"

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
    def holds_pruning(self) -> bool:
        """Tell whether a human confirms what Git no longer has."""
        return self.env == "prod"

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
    path = f"overlays/{env}/environment.yaml"
    says = tree.says(env)
    delivery = says.get("argocd")
    if not isinstance(delivery, dict):
        raise RepositoryError(
            f"{env} does not say which Argo CD serves it: no `argocd` there",
            reason="no-argocd",
            path=path,
            hint=f"give it {', '.join(KEYS)} under `argocd:`",
        )
    words = {key: delivery.get(key) for key in KEYS}
    words |= {"cluster": says.get("cluster"), "destination": says.get("namespace")}
    for key, value in words.items():
        if not isinstance(value, str) or not value:
            raise RepositoryError(f"environment.yaml names no {key}", reason="no-argocd", path=path)
    if bears_secret(str(words["repoURL"])):
        raise RepositoryError(
            "repoURL carries a password, and it goes into every Application",
            reason="password-in-url",
            hint="take it out, renew it, and give it to Argo CD with --repo-username and --repo-password-file",
            path=path,
        )
    return Registration(
        env=env,
        cluster=str(words["cluster"]),
        destination=str(words["destination"]),
        server=str(words["server"]).rstrip("/"),
        namespace=str(words["namespace"]),
        repo_url=str(words["repoURL"]),
        revision=str(words["revision"]),
        project=str(words["project"]),
        add_ons=_add_ons(tree, env, says.get("platform"), path),
    )


def _add_ons(tree: Tree, env: str, listed: Any, path: str) -> tuple[AddOn, ...]:
    found: list[AddOn] = []
    if not isinstance(listed, list | None):
        raise RepositoryError("`platform` is no list of add-ons", reason="no-argocd", path=path)
    for one in listed or []:
        try:
            values = one.get("values") or {}
            name, chart = str(one["name"]), str(one["chart"])
            found.append(AddOn(name, str(one["repoURL"]), chart, str(one["version"]), str(one["namespace"]), values))
        except (AttributeError, KeyError) as error:
            raise RepositoryError(f"an add-on of `platform` lacks {error}", reason="no-argocd", path=path) from error
        if name in tree.services(env) or [a.name for a in found].count(name) > 1:
            raise RepositoryError(f"two things of one name in {env}: {name}", reason="no-argocd", path=path)
    return tuple(found)
