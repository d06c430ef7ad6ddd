"""`bos-tools diff`."""

from bos_tools.cli.call import Call
from bos_tools.verbs import diff as verb

EXAMPLES = """\
  bos-tools diff
      what the work tree changes against HEAD
  bos-tools diff main..HEAD --env prod
      what a branch changes in prod
"""


def diff(call: Call, options: verb.Options) -> None:
    """Call the verb `diff`, and report what came of it."""
    from bos_tools.report.json.diff import document
    from bos_tools.report.text.diff import write

    call.report(verb.run(call.session, options), write, document)
