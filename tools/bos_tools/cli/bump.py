"""`bos-tools bump`: pin services to other versions."""

from typing import TYPE_CHECKING, Annotated

import typer

from bos_tools.cli import output
from bos_tools.errors import Usage

if TYPE_CHECKING:
    from bos_tools.change.pipeline import Outcome
    from bos_tools.intents.bump import Bump

EXAMPLES = """\b
Examples:
  bos-tools bump backend v1.0.1
      edit the work tree, print the diff and the proof
  bos-tools bump web=v1.2.0 backend=v1.2.0 --commit
      two services in one commit
  bos-tools bump backend v1.0.1 --env prod --digest sha256:… --push
      land it on the remote branch, whatever is checked out here
"""


def bump(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="SERVICE VERSION | SERVICE=VERSION …", show_default=False)],
    env: output.Env = None,
    digest: Annotated[str | None, typer.Option(help="Pin the digest too: sha256:…", show_default=False)] = None,
    image: Annotated[
        str | None, typer.Option(help="Which image, when the service has several.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Stop after the proof; write nothing.")] = False,
    commit: Annotated[bool, typer.Option("--commit", help="Commit the edit on the current branch.")] = False,
    push: Annotated[
        bool, typer.Option("--push", help="Commit on the remote branch's head and push; the work tree stays as it is.")
    ] = False,
    remote: Annotated[str, typer.Option(help="Where --push goes.")] = "origin",
    branch: Annotated[
        str | None, typer.Option(help="The branch of --push; default: the one checked out.", show_default=False)
    ] = None,
    allow_downgrade: Annotated[bool, typer.Option("--allow-downgrade", help="Go back to an older version.")] = False,
    allow_major: Annotated[
        bool, typer.Option("--allow-major", help="Change a data service's major version or variant.")
    ] = False,
    form: output.Output = output.Format.text,
) -> None:
    """Pin a service to a version: one line changes, and the render proves that it takes effect."""
    intent = _intent(words, env, digest, image, allow_downgrade, allow_major)
    if commit and push:
        raise Usage("--commit and --push exclude each other: --push commits on the remote's head", reason="usage")
    from bos_tools.change import pipeline

    root = context.obj.root
    if push:
        outcome = pipeline.push(intent, root, remote=remote, branch=branch, dry_run=dry_run)
    else:
        outcome = pipeline.edit_work_tree(intent, root, dry_run=dry_run, commit=commit)
    _report(outcome, form, dry_run=dry_run)


def _intent(
    words: list[str],
    env: str | None,
    digest: str | None,
    image: str | None,
    downgrade: bool,
    major: bool,
) -> "Bump":
    from bos_tools.intents.bump import Bump, Request

    if all("=" in word for word in words):
        pairs = [word.split("=", 1) for word in words]
    elif len(words) == 2:
        pairs = [words]
    else:
        raise Usage(
            "name a service and a version, or SERVICE=VERSION several times",
            reason="usage",
            hint="bos-tools bump backend v1.0.1",
        )
    if len(pairs) > 1 and (digest or image):
        raise Usage("--digest and --image go with one service", reason="usage", hint="write SERVICE=VERSION@sha256:…")
    requests = tuple(Request.read(service, version, digest=digest, image=image) for service, version in pairs)
    return Bump(env, requests, allow_downgrade=downgrade, allow_major=major)


def _report(outcome: "Outcome", form: output.Format, *, dry_run: bool) -> None:
    if form is output.Format.json:
        output.document(as_json(outcome))
        return
    plan = outcome.plan
    if not plan.files:
        said = ", ".join(f"{e.unit.env}/{e.unit.service} {e.new}" for e in plan.effects[:4])
        more = f" and {len(plan.effects) - 4} more" if len(plan.effects) > 4 else ""
        output.words(f"already so, in the files and in the render: {said}{more}")
        return
    from difflib import unified_diff

    for path, (old, new) in plan.files.items():
        lines = unified_diff(
            old.decode().splitlines(), new.decode().splitlines(), f"a/{path}", f"b/{path}", lineterm="", n=1
        )
        for line in lines:
            colour = {"+": output.GREEN, "-": output.RED}.get(line[:1])
            output.data(output.paint(line, colour) if colour and line[:3] not in ("+++", "---") else line)
    output.data("")
    output.data(f"proved in the render of {', '.join(outcome.proof.folders)}:")
    for change in outcome.proof.changes:
        output.data(f"  {change.object}  {change.field}")
        output.data(f"    {change.old} -> {change.new}")
    if dry_run:
        output.words("dry run: nothing was written")
    elif outcome.commit:
        output.words(f"{plan.title}: {outcome.commit[:12]}" + (f", try {outcome.tries}" if outcome.tries > 1 else ""))


def as_json(outcome: "Outcome") -> dict[str, object]:
    """Return the contract of `bump --output json`, as the README documents it."""
    plan = outcome.plan
    return {
        "changed": bool(plan.files),
        "edits": [
            {"path": e.path, "env": e.env, "service": e.service, "field": e.field, "old": e.old, "new": e.new}
            for e in plan.edits
        ],
        "effects": [{"object": c.object, "field": c.field, "old": c.old, "new": c.new} for c in outcome.proof.changes],
        "commit": outcome.commit,
    }
