"""`bos-tools status`, `render` and `diff`: look, and change nothing."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bos_tools.cli import output

if TYPE_CHECKING:
    from bos_tools.review.compare import UnitDiff
    from bos_tools.review.state import State, Value
    from bos_tools.tree.layout import Tree

STATUS_EXAMPLES = """\b
Examples:
  bos-tools status
      every service in every environment
  bos-tools status --env prod --output json
      prod, and what differs from preprod
"""
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


def status(context: typer.Context, env: output.Envs = None, form: output.Output = output.Format.text) -> None:
    """Show each service's version, digest and sizes by environment, and what differs from the environment before."""
    from bos_tools.review.state import state

    tree = _tree(context)
    found = state(tree, env)
    envs = list(tree.settings.environments) if env is None else [env]
    if form is output.Format.json:
        output.document(_status_json(found, envs))
    else:
        _status_table(found, envs)
    for error in found.broken[1:]:
        output.words(f"bos-tools: {error}")
    if found.broken:
        raise found.broken[0]


def _status_table(found: "State", envs: list[str]) -> None:
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    for value in sorted(found.values, key=lambda v: (v.service, v.field == "claim", v.name)):
        rows.setdefault((value.service, value.field, value.name), {})[value.env] = _cell(value)
    lines = [
        [_label(service, field, name), *(cells.get(e, "-") for e in envs)]
        for (service, field, name), cells in rows.items()
    ]
    output.table(lines, head=["SERVICE", *envs])
    if any(value.differs for value in found.values):
        output.words("* differs from the environment before")


def _label(service: str, field: str, name: str) -> str:
    if field == "claim":
        return f"  {name}"
    return service if name == service else f"{service}/{name}"


def _cell(value: "Value") -> str:
    digest = f"@{value.digest[:14]}…" if value.digest and not value.value.startswith("sha") else ""
    return f"{value.value}{digest}{' *' if value.differs else ''}"


def _status_json(found: "State", envs: list[str]) -> dict[str, Any]:
    services: dict[tuple[str, str], dict[str, Any]] = {}
    for value in found.values:
        entry = services.setdefault(
            (value.service, value.env), {"service": value.service, "env": value.env, "images": [], "claims": []}
        )
        if value.field == "image":
            entry["images"].append(
                {"name": value.name, "version": value.value, "digest": value.digest, "differs": value.differs}
            )
        else:
            entry["claims"].append({"name": value.name, "size": value.value, "differs": value.differs})
    broken = [{"path": error.path, "line": error.line or None, "message": error.message} for error in found.broken]
    return {"environments": envs, "services": list(services.values()), "broken": broken}


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
    name = tree.environment(env)
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
    name = new.environment(env) if env is not None else None
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
