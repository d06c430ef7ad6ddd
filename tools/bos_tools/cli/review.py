"""`bos-tools review`."""

from bos_tools.cli.call import Call
from bos_tools.verbs import review as verb

EXAMPLES = """\
  bos-tools review
      what this branch and the work tree change since they left main
  bos-tools review --base origin/main --head HEAD --output json
      the same of a commit, for a pipeline; exit code 1 when it is blocked
"""


def review(call: Call, options: verb.Options) -> None:
    """Say what a change does to each environment, what is wrong with it, and what must be meant."""
    from bos_tools.report.json.review import document
    from bos_tools.report.text.review import write

    call.report(verb.run(call.session, options), write, document)
