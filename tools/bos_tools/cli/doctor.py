"""`bos-tools doctor`."""

from bos_tools.cli.call import Call
from bos_tools.verbs import doctor as verb

EXAMPLES = """\
  bos-tools doctor
  bos-tools doctor --output json
"""


def doctor(call: Call, options: verb.Options) -> None:
    """Call the verb `doctor`, and report what came of it."""
    from bos_tools.report.json.doctor import document
    from bos_tools.report.text.doctor import write

    call.report(verb.run(call.session, options), write, document)
