"""`bos-tools secrets list` and `missing`: names and keys, never values."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bos_tools.cli import output
from bos_tools.cli.pvc_grow import Context, Kubeconfig
from bos_tools.errors import RepositoryError, Usage

if TYPE_CHECKING:
    from bos_tools.doors.kubernetes.client import Cluster

LIST_EXAMPLES = """\b
Examples:
  bos-tools secrets list --env prod
      every Secret and key that prod reads, where its value comes from, and who reads it
  bos-tools secrets list --output json
"""
MISSING_EXAMPLES = """\b
Examples:
  bos-tools secrets missing --env prod --context prod
      what the cluster lacks; exit code 1 when it lacks something
  bos-tools secrets missing --output json
"""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Needs:
    """What one environment reads."""

    env: str
    namespace: str
    pairs: dict[Pair, list[str]]
    """Secret and key to the objects that read it, in the order of the contract."""
    registries: tuple[str, ...]

    @classmethod
    def of(cls, root: Path, env: str | None) -> "Needs":
        """Render an environment and read what it needs.

        Raises RepositoryError when a part of it can't be rendered.
        """
        from bos_tools.doors.files import WorkTree
        from bos_tools.render.kustomize import Renderer
        from bos_tools.render.objects import images
        from bos_tools.review.uses import needed
        from bos_tools.review.world import environments
        from bos_tools.tree.layout import Tree

        tree = Tree(WorkTree(root))
        name = tree.environment_name(env)
        (world,) = environments(tree, Renderer(), [name])
        for found in world.unread:
            raise RepositoryError(
                found.message, reason="broken", path=found.path, line=found.line, hint="bos-tools check"
            )
        namespace = tree.environment(name).namespace
        if namespace is None:
            raise tree.unsaid(name, "no namespace is named")
        hosts = {image.partition("/")[0] for made in world.objects for _, image in images(made.object) if "/" in image}
        private = tuple(sorted(host for host in hosts if set(host) & {".", ":"}))
        return cls(name, namespace, needed(world.objects), private)

    def held(self, cluster: "Cluster") -> dict[Pair, bytes]:
        """Return what the cluster has of it, and of what its values are made of."""
        from bos_tools.doors.kubernetes.secrets import held
        from bos_tools.tree.secrets import key

        made_of = {name for pair in self.pairs for name, _ in getattr(key(*pair), "refers", [])}
        return held(cluster, self.namespace, sorted({name for name, _ in self.pairs} | made_of))

    def registry(self, named: str | None) -> str:
        """Return the registry to log in to: the one named, else the one private one of the pins.

        Raises Usage when that is none or several.
        """
        if named is None and len(self.registries) != 1:
            known = ", ".join(self.registries) or "none is pinned"
            raise Usage(f"which registry is meant is not clear: {known}", reason="usage", hint="--registry HOST")
        return named or self.registries[0]


def list_(context: typer.Context, env: output.Env = None, form: output.Output = output.Format.text) -> None:
    """Show each Secret and key that an environment reads, where its value comes from, and who reads it."""
    from bos_tools.tree.secrets import key

    needs = Needs.of(context.obj.root, env)
    said = {pair: key(*pair) for pair in needs.pairs}
    if form is output.Format.json:
        rows = [
            {
                "secret": pair[0],
                "key": pair[1],
                "what": one.what if one else None,
                "from": one.how if one else None,
                "replaced": not one.frozen if one else None,
                "used_by": needs.pairs[pair],
            }
            for pair, one in said.items()
        ]
        output.document({"env": needs.env, "namespace": needs.namespace, "secrets": rows})
        return
    table = [
        [*pair, one.how if one else "not in the contract", _users(needs.pairs[pair])] for pair, one in said.items()
    ]
    output.table(table, head=["SECRET", "KEY", "FROM", "USED BY"])


def _users(users: list[str]) -> str:
    return ", ".join(users) if len(users) <= 3 else f"{', '.join(users[:2])} and {len(users) - 2} more"


def missing(
    context: typer.Context,
    env: output.Env = None,
    kubeconfig: Kubeconfig = None,
    cluster: Context = None,
    form: output.Output = output.Format.text,
) -> None:
    """Name each Secret and key that an environment reads and its cluster lacks; exit code 1 when there is one."""
    from bos_tools.doors.kubernetes.client import Cluster

    needs = Needs.of(context.obj.root, env)
    connected = Cluster.connect(kubeconfig, cluster)
    held = needs.held(connected)
    lacking = [pair for pair in needs.pairs if not held.get(pair)]
    if form is output.Format.json:
        rows = [{"secret": name, "key": key, "used_by": needs.pairs[name, key]} for name, key in lacking]
        output.document({"env": needs.env, "namespace": needs.namespace, "cluster": connected.url, "missing": rows})
    else:
        for pair in lacking:
            output.data(f"{'/'.join(pair)}  {_users(needs.pairs[pair])}")
        where = f"{needs.namespace} at {connected.url}"
        output.words(
            f"{len(lacking)} of {len(needs.pairs)} keys are missing in {where}"
            if lacking
            else f"all {len(needs.pairs)} keys are in {where}"
        )
    if lacking:
        raise typer.Exit(1)
