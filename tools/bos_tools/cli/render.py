"""`bos-tools render`."""

from bos_tools.cli.call import Call
from bos_tools.verbs import render as verb

EXAMPLES = """\
  bos-tools render backend --env prod
      what Argo CD would apply
  bos-tools render --env dev | kubectl diff -f -
      the whole environment against a cluster
"""


def render(call: Call, options: verb.Options) -> None:
    """Call the verb `render`, and report what came of it."""
    from bos_tools.report.json.render import document
    from bos_tools.report.text.render import write

    call.report(verb.run(call.session, options), write, document)
