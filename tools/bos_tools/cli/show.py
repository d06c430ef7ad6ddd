"""`bos-tools render` and `diff`: look, and change nothing."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bos_tools.cli import output

if TYPE_CHECKING:
    from bos_tools.review.compare import UnitDiff
    from bos_tools.tree.layout import Tree

RENDER_EXAMPLES = """\b
Examples:
  bos-tools render backend --env prod
      what Argo CD would apply
  bos-tools render --env dev | kubectl diff -f -
      the whole environment against a cluster
"""
DIFF_EXAMPLES = """\b
Examples:
  bos-tools diff
      what the work tree changes against HEAD
  bos-tools diff main..HEAD --env prod
      what a branch changes in prod
"""


def _tree(context: typer.Context) -> "Tree":
    from bos_tools.doors.files import WorkTree
    from bos_tools.tree.layout import Tree

    return Tree(WorkTree(context.obj.root))


def render(
    context: typer.Context,
    services: Annotated[list[str] | None, typer.Argument(metavar="[SERVICE …]", show_default=False)] = None,
    env: output.Env = None,
    form: output.Output = output.Format.text,
) -> None:
    """Print the manifests that Argo CD would apply."""
    from bos_tools.render.kustomize import Renderer
    from bos_tools.render.objects import objects

    tree = _tree(context)
    name = tree.environment_name(env)
    units = [tree.unit(name, service)[0] for service in services] if services else tree.units(name)
    renders = Renderer().render([(tree.graph, unit.folder) for unit in units])
    if form is output.Format.json:
        output.document([made.data for text in renders for made in objects(text)])
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(b"---\n".join(text for text in renders if text.strip()))


def diff(
    context: typer.Context,
    revisions: Annotated[
        str, typer.Argument(metavar="[REV..REV | REV]", help="Default: HEAD against the work tree.", show_default=False)
    ] = "HEAD",
    env: output.Envs = None,
    form: output.Output = output.Format.text,
) -> None:
    """Show what changes in the render between two revisions: fields of objects, not lines of files."""
    from bos_tools.doors.git import Git
    from bos_tools.render.kustomize import Renderer
    from bos_tools.review.compare import compare
    from bos_tools.tree.layout import Tree

    door = Git(context.obj.root)
    left, dots, right = revisions.partition("..")
    old = Tree(door.at(door.resolve(left or "HEAD")))
    new = Tree(door.at(door.resolve(right or "HEAD"))) if dots else _tree(context)
    name = new.environment_name(env) if env is not None else None
    found = compare(old, new, Renderer(), name)
    if form is output.Format.json:
        output.document({"units": [_diff_json(entry) for entry in found]})
        return
    for entry in found:
        output.data(output.paint(entry.unit.folder, output.BOLD))
        for change in entry.changes:
            output.data(f"  {change.object}  {change.field}")
            output.data(f"    {output.absent(change.old)} -> {output.absent(change.new)}")
    if not found:
        output.words("no difference in the render")


def _diff_json(entry: "UnitDiff") -> dict[str, Any]:
    return {
        "env": entry.unit.env,
        "service": entry.unit.service,
        "changes": [{"object": c.object, "field": c.field, "old": c.old, "new": c.new} for c in entry.changes],
    }
