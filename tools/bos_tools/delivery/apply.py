"""Put an environment's registration into Argo CD by its API: the projects, the repository and the root, and no more."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bos_tools.delivery.applications import Data
from bos_tools.delivery.ports import Registry
from bos_tools.errors import OutsideError, Refused

PASSING = frozenset({
    "argocd.argoproj.io/refresh", "argocd.argoproj.io/deletion-approved", "argocd.argoproj.io/hydrate",
    "kubectl.kubernetes.io/last-applied-configuration",
})  # fmt: skip
"""Annotations that come and go with what is done to an Application."""
TRACKING = "argocd.argoproj.io/tracking-id"
"""The root's own mark on what it applies."""
TOKENS = "jwtTokens"
TRIES = 5


@dataclass(frozen=True)
class Credentials:
    """How Argo CD reads the repository; never in Git, and never printed."""

    username: str = ""
    password: str = ""
    ssh_key: str = ""


@dataclass(frozen=True)
class Done:
    """What was done to one object: created, changed, or already so."""

    kind: str
    name: str
    what: str


def register(client: Registry, made: Mapping[str, Data], repo_url: str, credentials: Credentials | None) -> list[Done]:
    """Create or change the projects, the repository and the root; an object that is already so is not written.

    Raises Refused when another project owns an application of ours, OutsideError when Argo CD says no.
    """
    _owned(client, made)
    projects = [data for data in made.values() if data["kind"] == "AppProject"]
    done = [_project(client, data) for data in projects]
    if credentials is not None:
        client.add_repository(_repository(repo_url, credentials))
        done.append(Done("Repository", repo_url, "told"))
    done.append(_application(client, made["root"]))
    return done


def _owned(client: Registry, made: Mapping[str, Data]) -> None:
    owners = client.owners()
    for data in made.values():
        name = data["metadata"]["name"]
        if data["kind"] == "Application" and owners.get(name, data["spec"]["project"]) != data["spec"]["project"]:
            raise Refused(
                f"the application {name} belongs to another project: {owners[name]}",
                reason="owned-by-another",
                hint="bos-tools argocd unregister, where it belongs; or name another project in environment.yaml",
            )


def _project(client: Registry, data: Data) -> Done:
    """Create a project or make it what it should be; its tokens stay, and so does what says that it is the root's."""
    name = data["metadata"]["name"]
    for _ in range(TRIES):
        live = client.project(name)
        if live is None:
            client.create_project(data)
            return Done("AppProject", name, "created")
        if _same(live, data):
            return Done("AppProject", name, "already so")
        try:
            client.replace_project(_over(live, data))
        except OutsideError as error:
            if error.reason != "conflict":  # else somebody, or the root, was faster: read it again
                raise
        else:
            return Done("AppProject", name, "changed")
    raise OutsideError(f"the project {name} keeps changing", reason="conflict", hint="run it again")


def _over(live: Data, data: Data) -> Data:
    """Return a project as it should be in the place of one that is there."""
    meta, notes = dict(data["metadata"]), live["metadata"].get("annotations") or {}
    if TRACKING in notes:  # without it the root would take the project for somebody else's
        meta["annotations"] = {**(meta.get("annotations") or {}), TRACKING: notes[TRACKING]}
    tokens = {role["name"]: {TOKENS: role[TOKENS]} for role in live["spec"].get("roles") or [] if TOKENS in role}
    roles = [{**role, **tokens.get(role["name"], {})} for role in data["spec"]["roles"]]
    return {
        **data,
        "metadata": {**meta, "resourceVersion": live["metadata"].get("resourceVersion")},
        "spec": {**data["spec"], "roles": roles},
        "status": live.get("status") or {},
    }


def _repository(url: str, credentials: Credentials) -> Data:
    data: Data = {"repo": url, "type": "git", "username": credentials.username}
    if credentials.password:
        data["password"] = credentials.password
    if credentials.ssh_key:
        data["sshPrivateKey"] = credentials.ssh_key
    return data


def _application(client: Registry, data: Data) -> Done:
    """Create an application or make it what it should be: labels, annotations and finalizers of others go."""
    name = data["metadata"]["name"]
    live = client.application(name, data["spec"]["project"])
    if live is None:
        client.create(data)
        return Done("Application", name, "created")
    if _same({"metadata": live.metadata, "spec": live.spec}, data):
        return Done("Application", name, "already so")
    client.replace(data)
    return Done("Application", name, "changed")


def _same(live: Data, wanted: Data) -> bool:
    """Tell whether a live object has the labels, annotations, finalizers and the wish of another, and no more."""
    return _essence(live) == _essence(wanted)


def _essence(data: Data) -> Data:
    meta = data["metadata"]
    notes = {key: value for key, value in (meta.get("annotations") or {}).items() if key not in PASSING}
    notes.pop(TRACKING, None)
    spec = dict(data["spec"])
    if "roles" in spec:  # Argo CD keeps the tokens of a role in it, too; Git has none
        spec["roles"] = [{key: value for key, value in role.items() if key != TOKENS} for role in spec["roles"] or []]
    return {
        "labels": meta.get("labels") or {},
        "annotations": notes,
        "finalizers": meta.get("finalizers") or [],
        "spec": _dense(spec),
    }


def _dense(value: object) -> object:
    """Return data without its empty parts: Argo CD leaves out what is empty, and so may we."""
    if isinstance(value, dict):
        return {k: d for k, v in value.items() if (d := _dense(v)) not in (None, "", [], {})}
    if isinstance(value, list):
        return [_dense(item) for item in value]
    return value


def unregister(client: Registry, names: Mapping[str, str], root: str, *, delete_workloads: bool) -> Iterator[Done]:
    """Take an environment's applications out of Argo CD, the root first, or it would make the others anew.

    Their workloads stay in the cluster unless `delete_workloads` is said.
    """
    there = [app for app in client.applications(sorted(set(names.values()))) if app.name in names]
    for app in sorted(there, key=lambda one: one.name != root):
        cascade = delete_workloads and app.name != root
        if cascade and app.operation is not None:
            client.terminate(app.name, app.project)
        client.delete(app.name, app.project, cascade=cascade)
        yield Done("Application", app.name, "deleted with its workloads" if cascade else "deleted")
