"""`bos-tools sandbox …`: a local cluster with Argo CD and a forge."""

import sys

from bos_tools.cli.call import Call
from bos_tools.cli.commands import Commands
from bos_tools.cli.options import command
from bos_tools.errors import Usage
from bos_tools.verbs import sandbox_down, sandbox_env, sandbox_logs, sandbox_status, sandbox_up

ALL = """\
  bos-tools sandbox up
  eval "$(bos-tools sandbox env)"
  bos-tools sandbox status
  bos-tools sandbox logs argocd-server --follow
  bos-tools sandbox down
"""
COMMANDS = Commands(ALL)
UP = """\
  bos-tools sandbox up
      dev: its nodes, Argo CD and Gitea; the first time builds them all, which is told beforehand
  bos-tools sandbox up --env prod --name prod --no-forge
      a second one beside it, with the nodes of prod
  eval "$(bos-tools sandbox env)"
      let kubectl and the other commands use it
"""
STATUS = """\
  bos-tools sandbox status
      what runs, since when, and what is a stand-in
  bos-tools sandbox status --name prod --output json
"""
LOGS = """\
  bos-tools sandbox logs
      the last lines of every process
  bos-tools sandbox logs argocd-server --follow
"""
ENV = """\
  eval "$(bos-tools sandbox env)"
      let kubectl and the other commands of this shell use it
  bos-tools sandbox env --name prod --output json
"""
DOWN = """\
  bos-tools sandbox down
  bos-tools sandbox down --name prod
"""


@command(COMMANDS, "up", UP)
def up(call: Call, options: sandbox_up.Options) -> None:
    """Bring a sandbox up, or mend the one that is there."""
    from bos_tools.report.json import sandbox as document
    from bos_tools.report.text import sandbox as text

    call.report(sandbox_up.run(call.session, options), text.up, document.up)


@command(COMMANDS, "status", STATUS)
def status(call: Call, options: sandbox_status.Options) -> None:
    """Show each process, its port, whether it is healthy and since when, and what is a stand-in."""
    from bos_tools.report.json import sandbox as document
    from bos_tools.report.text import sandbox as text

    call.report(sandbox_status.run(call.session, options), text.status, document.status)


@command(COMMANDS, "logs", LOGS)
def logs(call: Call, options: sandbox_logs.Options) -> None:
    """Show what the processes said."""
    from bos_tools.report.json import sandbox as document
    from bos_tools.report.text import sandbox as text

    if call.as_json and options.follow:
        raise Usage("--follow does nothing with --output json", reason="usage")
    for said in sandbox_logs.run(call.session, options):
        call.report(said, text.logs, document.logs)
        sys.stdout.flush()


@command(COMMANDS, "env", ENV)
def env(call: Call, options: sandbox_env.Options) -> None:
    """Print what kubectl and the other commands read from the environment, tokens included, for a shell."""
    from bos_tools.report.json import sandbox as document
    from bos_tools.report.text import sandbox as text

    call.report(sandbox_env.run(call.session, options), text.variables, document.variables)


@command(COMMANDS, "down", DOWN)
def down(call: Call, options: sandbox_down.Options) -> None:
    """End every process of a sandbox and remove its files."""
    from bos_tools.report.json import sandbox as document
    from bos_tools.report.text import sandbox as text

    call.report(sandbox_down.run(call.session, options), text.down, document.down)
