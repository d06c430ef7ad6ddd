"""`bos-tools review`."""

from bos_tools.cli.call import Call, Report, Reporting
from bos_tools.verbs import review as verb

SHARED = Reporting
EXAMPLES = """\
  bos-tools review
      what this branch and the work tree change since they left main
  bos-tools review --base origin/main --head HEAD --output json
      the same of a commit, for a pipeline; exit code 1 when it is blocked
  bos-tools review --output markdown
      as a comment of a pull request
  bos-tools review --output sarif
      for code scanning; `html` is a page to look around in, `junit` for a test report, `github` for annotations
"""


def review(call: Call, options: verb.Options) -> None:
    """Call the verb `review`, and report what came of it."""
    from bos_tools.report.github import review as github
    from bos_tools.report.html import review as html
    from bos_tools.report.json.review import document
    from bos_tools.report.junit import review as junit
    from bos_tools.report.markdown import review as markdown
    from bos_tools.report.sarif import review as sarif
    from bos_tools.report.text.review import write

    others = {
        Report.markdown: markdown.write,
        Report.html: html.write,
        Report.sarif: sarif.write,
        Report.junit: junit.write,
        Report.github: github.write,
    }
    call.report(verb.run(call.session, options), write, document, others)
