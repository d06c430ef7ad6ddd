"""`bos-tools bump`."""

from bos_tools.cli.call import Call
from bos_tools.verbs import bump as verb

EXAMPLES = """\
  bos-tools bump backend v1.0.1
      edit the work tree, print the diff and the proof
  bos-tools bump web=v1.2.0 backend=v1.2.0 --commit
      two services in one commit
  bos-tools bump redis 8.10.2 --image haproxy=3.2.25-alpine --env prod
      the service's own image and another one of it in one commit
  bos-tools bump backend v1.0.1 --env prod --digest sha256:… --push
      land it on the remote branch, whatever is checked out here
  bos-tools bump backend v1.0.1 --branch main --pr
      open a pull request, or edit the one that is open
"""


def bump(call: Call, options: verb.Options) -> None:
    """Call the verb `bump`, and report what came of it."""
    from bos_tools.report.json.change import document
    from bos_tools.report.text.change import write

    call.report(verb.run(call.session, options), write, document)
