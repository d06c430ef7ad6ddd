"""`bos-tools pvc …`: the claims and their growth."""

from typing import TYPE_CHECKING

from bos_tools.cli.call import Call
from bos_tools.cli.commands import Commands
from bos_tools.cli.options import command

if TYPE_CHECKING:
    from bos_tools.verbs import pvc_adopt, pvc_grow, pvc_list, pvc_recommend, pvc_runbook, pvc_verify

COMMANDS = Commands()
LIST = """\
  bos-tools pvc list
      every volume of every environment, as Git has it
  bos-tools pvc list --env prod --live
      beside what the cluster has, and how far each growth is
"""
GROW = """\
  bos-tools pvc grow postgres-data 80Gi --env prod --push --reason "84 % full"
      ask the cluster, prove it in the render, land it as a commit of its own
  bos-tools pvc grow redis +25% --env prod --dry-run
      all claims of the StatefulSet together, with their template
  bos-tools pvc grow tdengine +50Gi --env dev --no-live
      where there is no cluster at hand
"""
VERIFY = """\
  bos-tools pvc verify postgres-data --env prod
      wait until every claim has the capacity that Git asks for, or say why not
  bos-tools pvc verify redis --env prod --timeout 0 --output json
      one look
"""
ADOPT = """\
  bos-tools pvc adopt postgres-data --env prod --commit
      write to Git what somebody gave the claim by hand
"""
RUNBOOK = """\
  bos-tools pvc runbook postgres-data --env prod
      how to move to a smaller claim, with the real names filled in
"""
RECOMMEND = """\
  bos-tools pvc recommend --env prod --prometheus http://localhost:9090
      every claim of prod: how full, since when, and what to do
  bos-tools pvc recommend --env prod --at 2026-11-20T03:00Z
      what it would have said at that moment
  bos-tools pvc recommend --env prod --pr
      one pull request that grows what is due, within each volume's budget
"""


@command(COMMANDS, "list", LIST)
def list_(call: Call, options: "pvc_list.Options") -> None:
    """Show every volume: its size in Git and live, the plan's range, its class, and how far a growth is."""
    from bos_tools.report.json import pvc as document
    from bos_tools.report.text import pvc as text
    from bos_tools.verbs import pvc_list

    call.report(pvc_list.run(call.session, options), text.volumes, document.volumes)


@command(COMMANDS, "grow", GROW)
def grow(call: Call, options: "pvc_grow.Options") -> None:
    """Give a volume more room: only the scalars that hold its size change, in this environment, in one commit."""
    from bos_tools.report.json.change import document
    from bos_tools.report.text.change import write
    from bos_tools.verbs import pvc_grow

    call.report(pvc_grow.run(call.session, options), write, document)


@command(COMMANDS, "verify", VERIFY)
def verify(call: Call, options: "pvc_verify.Options") -> None:
    """Wait until a growth has reached every claim, and say what holds it up when it has not."""
    from bos_tools.report.json import pvc as document
    from bos_tools.report.text import pvc as text
    from bos_tools.verbs import pvc_verify

    call.report(pvc_verify.run(call.session, options), text.growth, document.growth)


@command(COMMANDS, "adopt", ADOPT)
def adopt(call: Call, options: "pvc_adopt.Options") -> None:
    """Write to Git the size to which somebody grew a volume by hand: it can't go back, so Git follows."""
    from bos_tools.report.json.change import document
    from bos_tools.report.text.change import write
    from bos_tools.verbs import pvc_adopt

    call.report(pvc_adopt.run(call.session, options), write, document)


@command(COMMANDS, "runbook", RUNBOOK)
def runbook(call: Call, options: "pvc_runbook.Options") -> None:
    """Print how to move a volume to a smaller claim, which the tool refuses to do, with the real names filled in."""
    from bos_tools.report.json import pvc as document
    from bos_tools.report.text import pvc as text
    from bos_tools.verbs import pvc_runbook

    call.report(pvc_runbook.run(call.session, options), text.runbook, document.runbook)


@command(COMMANDS, "recommend", RECOMMEND)
def recommend(call: Call, options: "pvc_recommend.Options") -> None:
    """Say which claims should grow, to what size, and why; a claim without metrics is unknown, never fine."""
    from bos_tools.report.json.recommend import document
    from bos_tools.report.text import recommend as text
    from bos_tools.verbs import pvc_recommend

    judged = pvc_recommend.judge(call.session, options)
    call.show(judged, text.judged)
    call.report(pvc_recommend.propose(call.session, options, judged), text.proposed, document)
