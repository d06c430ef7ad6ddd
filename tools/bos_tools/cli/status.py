"""`bos-tools status`."""

from bos_tools.cli.call import Call
from bos_tools.verbs import status as verb

EXAMPLES = """\
  bos-tools status
      every service in every environment
  bos-tools status --env prod --output json
      prod, and what differs from preprod
"""


def status(call: Call, options: verb.Options) -> None:
    """Show each service's version, digest and sizes by environment, and what differs from the environment before."""
    from bos_tools.report.json.status import document
    from bos_tools.report.text.status import write

    call.report(verb.run(call.session, options), write, document)
