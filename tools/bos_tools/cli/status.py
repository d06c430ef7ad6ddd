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
    """Call the verb `status`, and report what came of it."""
    from bos_tools.report.json.status import document
    from bos_tools.report.text.status import write

    call.report(verb.run(call.session, options), write, document)
