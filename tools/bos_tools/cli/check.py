"""`bos-tools check`: hold the repository against the plan's rules."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bos_tools.cli import output

if TYPE_CHECKING:
    from bos_tools.render.kustomize import Renderer
    from bos_tools.review.findings import Finding
    from bos_tools.tree.layout import Tree

EXAMPLES = """\b
Examples:
  bos-tools check
      all environments; exit code 1 when there is a finding
  bos-tools check --env prod --output json
  bos-tools check --against origin/main
      also what this branch changes: no claim shrinks, and no growth comes with something else
  bos-tools check --explain P9
      why a rule is one
"""


def check(
    context: typer.Context,
    env: output.Envs = None,
    explain: Annotated[
        str | None, typer.Option(metavar="ID", help="Say what a rule holds, and why.", show_default=False)
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="REV", help="Judge the change since the common commit with REV, too.", show_default=False),
    ] = None,
    form: output.Output = output.Format.text,
) -> None:
    """Hold the repository against the plan's rules and Kustomize's silent no-ops; a finding has a file and a line."""
    from bos_tools.review import engine
    from bos_tools.review.registry import Scope

    if explain is not None:
        rule = engine.explain(explain)
        if form is output.Format.json:
            words = ("title", "severity", "scope", "why", "remedy", "source")
            output.document({"rule": rule.id} | {word: getattr(rule, word) for word in words})
        else:
            output.data(f"{rule.id}: {rule.title}\n\n{rule.why}\n\nRemedy: {rule.remedy}\nSource: {rule.source}")
        return
    from bos_tools.doors.files import WorkTree
    from bos_tools.render.kustomize import Renderer
    from bos_tools.tree.layout import Tree

    tree, renderer = Tree(WorkTree(context.obj.root)), Renderer()
    findings = engine.check(tree, renderer, env)
    count = len(engine.of(Scope.environment))
    if against is not None:
        findings += _change(context, tree, renderer, env, against)
        count += len(engine.of(Scope.change))
    if form is output.Format.json:
        output.document({"findings": [asdict(finding) for finding in findings], "rules": count})
    else:
        for found in findings:
            place = output.paint(f"{found.path}:{found.line}", output.BOLD)
            output.data(f"{place}: [{found.rule}] {found.message} ({', '.join(found.environments)})")
        if findings:
            output.words(f"{len(findings)} findings by {count} rules; `bos-tools check --explain ID` says why")
        else:
            output.words(f"no finding by {count} rules")
    if findings:
        raise typer.Exit(1)


def _change(
    context: typer.Context, tree: "Tree", renderer: "Renderer", env: str | None, revision: str
) -> "list[Finding]":
    """Return what is wrong with the change from the commit that this branch and a revision have in common."""
    from bos_tools.change import ledger
    from bos_tools.doors.git import Git
    from bos_tools.review import engine
    from bos_tools.tree.layout import Tree as Read

    door = Git(context.obj.root)
    base = door.merge_base(door.resolve(revision), "HEAD")
    recovered = ledger.recovered(commit.message for commit in door.log(f"{base}..HEAD"))
    return engine.judge(Read(door.at(base)), tree, renderer, env, recovered)
