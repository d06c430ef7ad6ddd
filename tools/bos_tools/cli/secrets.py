"""`bos-tools secrets`: what the manifests read, what a cluster lacks, and its making; a value is never shown."""

import typer

from bos_tools.cli import secrets_create, secrets_look

app = typer.Typer(
    help="Look after the Secrets that the manifests read; their values never go through Git.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
app.command("list", epilog=secrets_look.LIST_EXAMPLES)(secrets_look.list_)
app.command("missing", epilog=secrets_look.MISSING_EXAMPLES)(secrets_look.missing)
app.command("create", epilog=secrets_create.EXAMPLES)(secrets_create.create)
