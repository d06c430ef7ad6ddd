"""`bos-tools check`."""

from bos_tools.cli.call import Call
from bos_tools.verbs import check as verb

EXAMPLES = """\
  bos-tools check
      all environments; exit code 1 when there is a finding
  bos-tools check --env prod --output json
  bos-tools check --against origin/main
      also what this branch changes: no claim shrinks, and no growth comes with something else
  bos-tools check --explain P9
      why a rule is one, and how to mend what breaks it
"""


def check(call: Call, options: verb.Options) -> None:
    """Call the verb `check`, and report what came of it."""
    from bos_tools.report.json import check as document
    from bos_tools.report.text import check as text

    if options.explain is not None:
        call.report(verb.explain(call.session, options), text.explain, document.explain)
    else:
        call.report(verb.run(call.session, options), text.write, document.document)
