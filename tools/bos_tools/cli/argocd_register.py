"""`bos-tools argocd register`, `unregister`, `configure` and `token`: what an administrator does."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bos_tools.cli import argocd_access as argocd
from bos_tools.cli import argocd_wait, change, output
from bos_tools.errors import Refused, Usage

if TYPE_CHECKING:
    from bos_tools.delivery.applications import Data
    from bos_tools.delivery.apply import Credentials, Done
    from bos_tools.delivery.registration import Registration
    from bos_tools.delivery.wait import Seen
    from bos_tools.doors.kubernetes.client import Cluster, Kind
    from bos_tools.tree.layout import Tree

RepoUrl = Annotated[
    str | None,
    typer.Option(help="Where Argo CD reaches the repository, if not where environment.yaml says.", show_default=False),
]
Revision = Annotated[str | None, typer.Option(help="The branch, if not environment.yaml's.", show_default=False)]


def register(
    context: typer.Context,
    services: argocd.Services = None,
    env: output.Env = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Create or change project, credentials and root in Argo CD, and wait.")
    ] = False,
    repo_url: RepoUrl = None,
    revision: Revision = None,
    skip_platform: Annotated[
        bool, typer.Option("--skip-platform", help="Leave the add-ons out, as in a sandbox that reaches no charts.")
    ] = False,
    repo_username: Annotated[
        str | None, typer.Option(help="For the repository; default: BOS_REPO_USERNAME.", show_default=False)
    ] = None,
    repo_password_file: Annotated[
        Path | None, typer.Option(help="A password or token; default: BOS_REPO_PASSWORD.", show_default=False)
    ] = None,
    repo_ssh_key_file: Annotated[Path | None, typer.Option(help="A private key.", show_default=False)] = None,
    timeout: argocd.Timeout = 600,
    server: argocd.Server = None,
    token_file: argocd.TokenFile = None,
    ca_file: argocd.CaFile = None,
    insecure: argocd.Insecure = False,
    dry_run: change.DryRun = False,
    commit: change.Commit = False,
    push: change.Push = False,
    pr: change.Pr = False,
    remote: change.Remote = "origin",
    branch: change.Branch = None,
    form: output.Output = output.Format.text,
) -> None:
    """Write an environment's Applications to Git, and with --apply put them into Argo CD."""
    from bos_tools.delivery.registration import bears_secret
    from bos_tools.intents.register import Register

    if apply and dry_run:
        raise Usage("--apply and --dry-run exclude each other", reason="usage")
    if apply and pr:
        raise Usage("--apply and --pr exclude each other: what is merged is applied", reason="usage")
    if not apply and (repo_url or revision or skip_platform):
        raise Usage(
            "--repo-url, --revision and --skip-platform change what Argo CD gets, and nothing does without --apply",
            reason="usage",
            hint="environment.yaml says what goes to Git",
        )
    if repo_url and bears_secret(repo_url):
        raise Usage(
            "--repo-url carries a password, which Argo CD would show to everybody",
            reason="password-in-url",
            hint="--repo-username and --repo-password-file",
        )
    how = change.Landing(dry_run, commit, push, remote, branch, pr)
    access = argocd.Access(server, token_file, ca_file, insecure)
    credentials = _credentials(repo_username, repo_password_file, repo_ssh_key_file)
    outcome = change.land(context, Register(env, tuple(services or ())), how)
    if not apply:
        change.report(outcome, form, how)
        return
    if form is output.Format.text:
        change.report(outcome, form, how)
    done, seen = _apply(context, env, access, (repo_url, revision, skip_platform), credentials, timeout, form)
    if form is output.Format.json:
        output.document(
            {
                **change.as_json(outcome),
                "applied": [{"kind": one.kind, "name": one.name, "what": one.what} for one in done],
                "applications": argocd_wait.as_json(seen),
            }
        )


def _apply(
    context: typer.Context,
    env: str | None,
    access: argocd.Access,
    elsewhere: tuple[str | None, str | None, bool],
    credentials: "Credentials | None",
    timeout: float,
    form: output.Format,
) -> "tuple[list[Done], list[Seen]]":
    """Put the registration into Argo CD and wait; the root makes the rest from Git."""
    from bos_tools.delivery.applications import objects
    from bos_tools.delivery.apply import register as put
    from bos_tools.delivery.elsewhere import Elsewhere

    target = argocd.target(context, env, None)
    said = target.said
    made = Elsewhere(*elsewhere).apply(objects(target.tree, said), said.repo_url)
    client = access.connect(context, said)
    done = put(client, made, elsewhere[0] or said.repo_url, credentials)
    if form is output.Format.text:
        for one in done:
            output.words(f"{one.kind} {one.name}: {one.what}")
    _look_at_configuration(client.settings())
    names = {data["metadata"]["name"]: data["spec"]["project"] for data in made.values() if _is_application(data)}
    return done, argocd_wait.until_live(
        client, names, target.selector, wanted=lambda _: True, timeout=timeout, parent=said.root
    )


def _is_application(data: "Data") -> bool:
    return bool(data["kind"] == "Application")


def _look_at_configuration(settings: "Data") -> None:
    overrides = settings.get("resourceOverrides") or {}
    if "argoproj.io/Application" not in overrides or "PersistentVolumeClaim" not in overrides:
        output.words("Argo CD lacks our health checks, so waves don't wait: bos-tools argocd configure --env ENV")


def _credentials(username: str | None, password_file: Path | None, key_file: Path | None) -> "Credentials | None":
    from bos_tools.delivery.apply import Credentials

    password = argocd.secret(password_file) if password_file else os.environ.get("BOS_REPO_PASSWORD", "")
    key = argocd.secret(key_file) + "\n" if key_file else ""
    name = username or os.environ.get("BOS_REPO_USERNAME", "")
    return Credentials(name, password, key) if password or key else None


def unregister(
    context: typer.Context,
    env: output.Env = None,
    delete_workloads: Annotated[
        bool, typer.Option("--delete-workloads", help="Delete what runs, too; asks for the environment's name.")
    ] = False,
    yes_delete: Annotated[
        str | None,
        typer.Option(metavar="ENV", help="The second word that --delete-workloads needs.", show_default=False),
    ] = None,
    server: argocd.Server = None,
    token_file: argocd.TokenFile = None,
    ca_file: argocd.CaFile = None,
    insecure: argocd.Insecure = False,
    form: output.Output = output.Format.text,
) -> None:
    """Take an environment out of Argo CD; Git and, unless told so twice, the workloads stay."""
    from bos_tools.delivery.apply import unregister as take_out

    target = argocd.target(context, env, None)
    said = target.said
    if delete_workloads:
        _confirm(said.env, yes_delete)
    names = {**target.names, said.root: said.root_project}
    names |= {said.application(one.name): said.add_ons_project for one in said.add_ons}
    client = argocd.Access(server, token_file, ca_file, insecure).connect(context, said)
    done = []
    for one in take_out(client, names, said.root, delete_workloads=delete_workloads):
        done.append({"kind": one.kind, "name": one.name, "what": one.what})
        if form is output.Format.text:
            output.words(f"{one.kind} {one.name}: {one.what}")
    if form is output.Format.json:
        output.document({"applied": done})
    elif not done:
        output.words(f"already so: Argo CD has no application of {said.env}")


def _confirm(env: str, said: str | None) -> None:
    """Hear the environment's name once more, from an option or from a person."""
    import sys

    if said is None and sys.stdin.isatty():
        said = typer.prompt(f"This deletes what runs in {env}. Its name, to go on", err=True)
    if said != env:
        raise Refused(
            f"nothing was deleted: the workloads of {env} go only when its name is said twice",
            reason="not-confirmed",
            hint=f"--delete-workloads --yes-delete {env}",
        )


def configure(
    context: typer.Context,
    env: output.Env = None,
    kubeconfig: Annotated[
        str | None, typer.Option(help="The cluster that Argo CD runs on; default: KUBECONFIG.", show_default=False)
    ] = None,
    kube_context: Annotated[str | None, typer.Option("--context", help="Its context.", show_default=False)] = None,
    form: output.Output = output.Format.text,
) -> None:
    """Lay base/argocd over Argo CD's own configuration."""
    target = argocd.target(context, env, None)
    done = list(_configured(target.tree, target.said, kubeconfig, kube_context))
    if form is output.Format.json:
        output.document({"applied": [{"kind": kind, "name": name, "what": what} for kind, name, what in done]})
        return
    for kind, name, what in done:
        output.words(f"{kind} {name}: {what}")


def _configured(
    tree: "Tree", said: "Registration", kubeconfig: str | None, kube_context: str | None
) -> "list[tuple[str, str, str]]":
    from bos_tools.doors.kubernetes.client import APP_PROJECT, APPLICATION, CONFIG_MAP, Cluster
    from bos_tools.render.kustomize import Renderer
    from bos_tools.render.objects import objects
    from bos_tools.tree import layout

    with Cluster.connect(kubeconfig, kube_context) as cluster:
        used = [
            one["metadata"]["name"]
            for one in cluster.list(APPLICATION, said.namespace)
            if one.get("spec", {}).get("project", "default") == "default"
        ]
        done = []
        for made in objects(Renderer().one(tree.graph, layout.base(layout.ARGOCD))):
            kind = {"ConfigMap": CONFIG_MAP, "AppProject": APP_PROJECT}[made.kind]
            if kind is APP_PROJECT and used:
                what = f"left as it is, for {len(used)} applications are in it: {used[0]} …"
            else:
                data = {**made.data, "metadata": {**made.data["metadata"], "namespace": said.namespace}}
                what = _laid(cluster, kind, data)
            done.append((made.kind, made.name, what))
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


def token(
    context: typer.Context,
    to: Annotated[Path, typer.Option(help="The file that gets it; it must not be there yet.", show_default=False)],
    env: output.Env = None,
    expires: Annotated[int, typer.Option(min=1, help="Days.")] = 30,
    server: argocd.Server = None,
    token_file: argocd.TokenFile = None,
    ca_file: argocd.CaFile = None,
    insecure: argocd.Insecure = False,
    form: output.Output = output.Format.text,
) -> None:
    """Write a token for pipelines to a file; it may look and sync in one environment, and is never printed."""
    from bos_tools.delivery.applications import ROLE
    from bos_tools.doors.files import write_secret

    said = argocd.target(context, env, None).said
    client = argocd.Access(server, token_file, ca_file, insecure).connect(context, said)
    with write_secret(to) as file:
        file.write(client.create_token(said.project, ROLE, expires * 86400))
    if form is output.Format.json:
        output.document({"project": said.project, "role": ROLE, "days": expires, "file": str(to)})
    else:
        output.words(f"a token of {said.project}, good for {expires} days: {to}")
