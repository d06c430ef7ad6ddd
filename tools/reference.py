"""Write tools/COMMANDS.md, every command as its own help has it: `make reference`.

A test holds the file to what this makes, so that the reference is never behind the program.
"""

import contextlib
import io
from pathlib import Path

from bos_tools.cli.groups import words as commands
from bos_tools.cli.main import main

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "tools" / "COMMANDS.md"
HEAD = """\
<!-- written by `make reference` from the programs' help; do not edit -->
# Commands

What each command takes, as its `--help` says it; [GUIDE.md](GUIDE.md) says how they go together. Data goes to stdout,
words to stderr; with `--output json` stdout holds one document and nothing else.

## Exit codes

| code | meaning |
|---|---|
| 0 | done, or already so |
| 1 | refused: a rule, a policy, a finding |
| 2 | usage |
| 3 | a bug of ours; the hint names a log with versions and the traceback, without secrets |
| 4 | the repository is not as expected: a missing overlay, malformed YAML, two matching images |
| 5 | something outside failed: kustomize, git, the remote, Argo CD, the cluster; with what it said |
| 130 | interrupted |
"""


def said(words: str) -> str:
    """Return the help of a command, as it goes to what is no terminal."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main([*words.split(), "--help"])
    return out.getvalue().rstrip()


def anchor(words: str) -> str:
    """Return what a forge makes of a command's heading."""
    return f"bos-tools-{words.replace(' ', '-')}"


def reference() -> str:
    """Return the page."""
    helps = {words: said(words) for words in commands()}
    listed = [f"- [`bos-tools {words}`](#{anchor(words)}): {summary(text)}" for words, text in helps.items()]
    parts = [f"## bos-tools {words}\n\n```text\n{text}\n```\n" for words, text in helps.items()]
    return "\n".join([HEAD, "## All commands\n", *listed, "", *parts])


def summary(text: str) -> str:
    """Return the first sentence of a help, which stands between the usage and the first empty line after it."""
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if not line) + 1
    end = next(index for index, line in enumerate(lines[start:], start) if not line)
    return " ".join(line.strip() for line in lines[start:end]).rstrip(".")


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
