"""`bos-tools history`: who pinned which version when."""

from typing import Annotated

import typer

from bos_tools.cli import output

EXAMPLES = """\b
Examples:
  bos-tools history backend
      the last changes in all environments
  bos-tools history backend --env prod --limit 5 --output json
"""


def history(
    context: typer.Context,
    service: Annotated[str, typer.Argument(metavar="SERVICE", show_default=False)],
    env: output.Envs = None,
    limit: Annotated[int, typer.Option(min=1, help="How many commits to look at.")] = 20,
    form: output.Output = output.Format.text,
) -> None:
    """Show who pinned which version of a service, when, and by which commit."""
    from bos_tools.change.history import history as read

    steps = read(context.obj.root, service, env, limit)
    if form is output.Format.json:
        entries = [
            {
                "commit": s.commit.sha, "date": s.commit.date, "author": s.commit.author, "subject": s.commit.subject,
                "env": s.env, "image": s.image, "old": s.old, "new": s.new,
            }
            for s in steps
        ]  # fmt: skip
        output.document({"service": service, "changes": entries})
        return
    rows = [
        [
            s.commit.date[:16].replace("T", " "),
            s.env,
            s.image,
            f"{_short(s.old)} -> {_short(s.new)}",
            s.commit.sha[:12],
            s.commit.author,
        ]
        for s in steps
    ]
    if rows:
        output.table(rows, head=["DATE", "ENV", "IMAGE", "VERSION", "COMMIT", "AUTHOR"])
    else:
        output.words(f"no commit has changed a pin of {service}")


def _short(version: str | None) -> str:
    if version is None:
        return "-"
    tag, at, digest = version.partition("@")
    return f"{tag}@{digest[:14]}…" if at else tag
