"""`bos-tools check`: hold the repository against the plan's rules."""

from dataclasses import asdict
from typing import Annotated

import typer

from bos_tools.cli import output

EXAMPLES = """\b
Examples:
  bos-tools check
      all environments; exit code 1 when there is a finding
  bos-tools check --env prod --output json
  bos-tools check --explain P9
      why a rule is one
"""


def check(
    context: typer.Context,
    env: output.Envs = None,
    explain: Annotated[
        str | None, typer.Option(metavar="ID", help="Say what a rule holds, and why.", show_default=False)
    ] = None,
    form: output.Output = output.Format.text,
) -> None:
    """Hold the repository against the plan's rules and Kustomize's silent no-ops; a finding has a file and a line."""
    from bos_tools.review import rules

    if explain is not None:
        title, why = rules.explain(explain)
        if form is output.Format.json:
            output.document({"rule": explain.upper(), "title": title, "why": why})
        else:
            output.data(f"{explain.upper()}: {title}\n\n{why}")
        return
    from bos_tools.doors.files import WorkTree
    from bos_tools.render.kustomize import Renderer
    from bos_tools.tree.layout import Tree

    findings = rules.check(Tree(WorkTree(context.obj.root)), Renderer(), env)
    if form is output.Format.json:
        output.document({"findings": [asdict(finding) for finding in findings], "rules": len(rules.RULES)})
    else:
        for found in findings:
            place = output.paint(f"{found.path}:{found.line}", output.BOLD)
            output.data(f"{place}: [{found.rule}] {found.message} ({', '.join(found.environments)})")
        if findings:
            output.words(
                f"{len(findings)} findings by {len(rules.RULES)} rules; `bos-tools check --explain ID` says why"
            )
        else:
            output.words(f"no finding by {len(rules.RULES)} rules")
    if findings:
        raise typer.Exit(1)
