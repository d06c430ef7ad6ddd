"""`bos-tools bump`: pin services to other versions."""

from typing import TYPE_CHECKING, Annotated

import typer

from bos_tools.cli import change, output
from bos_tools.errors import Usage

if TYPE_CHECKING:
    from bos_tools.intents.bump import Bump

EXAMPLES = """\b
Examples:
  bos-tools bump backend v1.0.1
      edit the work tree, print the diff and the proof
  bos-tools bump web=v1.2.0 backend=v1.2.0 --commit
      two services in one commit
  bos-tools bump backend v1.0.1 --env prod --digest sha256:… --push
      land it on the remote branch, whatever is checked out here
  bos-tools bump backend v1.0.1 --branch main --pr
      open a pull request, or edit the one that is open
"""


def bump(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="SERVICE VERSION | SERVICE=VERSION …", show_default=False)],
    env: output.Env = None,
    digest: Annotated[str | None, typer.Option(help="Pin the digest too: sha256:…", show_default=False)] = None,
    image: Annotated[
        str | None, typer.Option(help="Which image, when the service has several.", show_default=False)
    ] = None,
    dry_run: change.DryRun = False,
    commit: change.Commit = False,
    push: change.Push = False,
    pr: change.Pr = False,
    remote: change.Remote = "origin",
    branch: change.Branch = None,
    allow_downgrade: Annotated[bool, typer.Option("--allow-downgrade", help="Go back to an older version.")] = False,
    allow_major: Annotated[
        bool, typer.Option("--allow-major", help="Change a data service's major version or variant.")
    ] = False,
    form: output.Output = output.Format.text,
) -> None:
    """Pin a service to a version: one line changes, and the render proves that it takes effect."""
    intent = _intent(words, env, digest, image, allow_downgrade, allow_major)
    how = change.Landing(dry_run, commit, push, remote, branch, pr)
    change.report(change.land(context, intent, how), form, how)


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
