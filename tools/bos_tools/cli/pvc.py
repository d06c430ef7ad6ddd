"""`bos-tools pvc`: the claims and their growth."""

import typer

from bos_tools.cli import pvc_grow, pvc_list, pvc_runbook, pvc_verify, recommend

app = typer.Typer(help="Look after the claims: what they have, and how they grow.", no_args_is_help=True)
app.command("list", epilog=pvc_list.EXAMPLES)(pvc_list.list_)
app.command("grow", epilog=pvc_grow.GROW_EXAMPLES)(pvc_grow.grow)
app.command("verify", epilog=pvc_verify.EXAMPLES)(pvc_verify.verify)
app.command("adopt", epilog=pvc_grow.ADOPT_EXAMPLES)(pvc_grow.adopt)
app.command("runbook", epilog=pvc_runbook.EXAMPLES)(pvc_runbook.runbook)
app.command("recommend", epilog=recommend.EXAMPLES)(recommend.recommend)
