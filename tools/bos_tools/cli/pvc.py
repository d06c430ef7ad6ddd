"""`bos-tools pvc`: the claims and their growth."""

import typer

from bos_tools.cli import pvc_grow, pvc_look, recommend

app = typer.Typer(help="Look after the claims: what they have, and how they grow.", no_args_is_help=True)
app.command("list", epilog=pvc_look.LIST_EXAMPLES)(pvc_look.list_)
app.command("grow", epilog=pvc_grow.GROW_EXAMPLES)(pvc_grow.grow)
app.command("verify", epilog=pvc_look.VERIFY_EXAMPLES)(pvc_look.verify)
app.command("adopt", epilog=pvc_grow.ADOPT_EXAMPLES)(pvc_grow.adopt)
app.command("runbook", epilog=pvc_look.RUNBOOK_EXAMPLES)(pvc_look.runbook)
app.command("recommend", epilog=recommend.EXAMPLES)(recommend.recommend)
