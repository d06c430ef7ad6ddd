"""`bos-tools history`."""

from bos_tools.cli.call import Call
from bos_tools.verbs import history as verb

EXAMPLES = """\
  bos-tools history backend
      the last changes in all environments
  bos-tools history backend --env prod --limit 5 --output json
"""


def history(call: Call, options: verb.Options) -> None:
    """Call the verb `history`, and report what came of it."""
    from bos_tools.report.json.history import document
    from bos_tools.report.text.history import write

    call.report(verb.run(call.session, options), write, document)
