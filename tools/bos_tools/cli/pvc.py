"""`bos-tools pvc`: the claims and their growth."""

import typer

from bos_tools.cli import recommend

app = typer.Typer(name="pvc", help="Look after the claims: which should grow, and why.", no_args_is_help=True)
app.command("recommend", epilog=recommend.EXAMPLES)(recommend.recommend)
