"""One git command as a process: in the repository that is meant, and with its failures in our words."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from bos_tools.doors import process
from bos_tools.errors import CommandFailed, OutsideError, RepositoryError

REDIRECTIONS = frozenset(
    f"GIT_{name}"
    for name in (
        "DIR", "WORK_TREE", "IMPLICIT_WORK_TREE", "COMMON_DIR", "INDEX_FILE", "OBJECT_DIRECTORY", "PREFIX", "NAMESPACE",
        "ALTERNATE_OBJECT_DIRECTORIES", "QUARANTINE_PATH", "SHALLOW_FILE", "GRAFT_FILE", "REPLACE_REF_BASE",
        "LITERAL_PATHSPECS", "GLOB_PATHSPECS", "NOGLOB_PATHSPECS", "ICASE_PATHSPECS", "EXTERNAL_DIFF",
    )
)  # fmt: skip
"""What git sets for its hooks, or a user for one command: each would make us read or write another repository."""
WORDS = {
    "GIT_TERMINAL_PROMPT": "0",  # a missing password is an error, not a question that nobody hears
    "GIT_OPTIONAL_LOCKS": "0",  # looking at the status does not rewrite the index
}
ADDRESS = re.compile(r"(?<![\w+.-])([\w+.-]+://)([^\s'\"]*)")
NO_IDENTITY = re.compile(
    r"Please tell me who you are|empty ident name|unable to auto-detect email|no (name|email) was given"
)


def redirected() -> list[str]:
    """Return the variables of this process that would lead git to another repository; no git of ours gets them."""
    return sorted(REDIRECTIONS & os.environ.keys())


def run(root: Path, arguments: tuple[str, ...], *, env: Mapping[str, str], stdin: bytes | None, timeout: float) -> str:
    """Run one git command in a folder and return what it printed.

    Raises RepositoryError outside of any Git repository, OutsideError without an identity, else CommandFailed.
    """
    surroundings = {**dict.fromkeys(redirected()), **WORDS, **env}
    try:
        done = process.run(["git", *arguments], cwd=root, env=surroundings, stdin=stdin, timeout=timeout)
    except CommandFailed as error:
        raise translated(error, root) from error
    return done.stdout.decode("utf-8", "surrogateescape")


def translated(error: CommandFailed, root: Path) -> OutsideError | RepositoryError:
    """Return a failure of git in our words, without the secrets of a URL."""
    words = error.stderr if error.stderr.strip() else error.stdout  # `git commit` says there that nothing is new
    said = "\n".join(line for line in without_secrets(words).splitlines() if not line.startswith("hint: "))
    if "not a git repository" in said:
        return not_git(root)
    if NO_IDENTITY.search(said):
        return OutsideError(
            "git does not know who commits",
            reason="no-identity",
            hint="git config --global user.name NAME && git config --global user.email EMAIL",
        )
    return CommandFailed(error.argv, error.returncode, said)


def not_git(root: Path) -> RepositoryError:
    """Return the error for a folder that Git knows nothing of."""
    return RepositoryError("this folder is in no Git repository", reason="not-git", path=str(root), hint="git init")


def without_secrets(text: str) -> str:
    """Take user, password and tokens out of every URL.

    >>> without_secrets("fatal: https://me:p@ss@host/x?private_token=1 is gone")
    'fatal: https://host/x?private_token=… is gone'
    >>> without_secrets("'https://me:pass/word@host/x'")
    "'https://host/x'"
    """
    text = ADDRESS.sub(_without_user, text)
    return re.sub(r"([?&]\w*(?:token|password|secret|key)=)[^&\s'\"]+", r"\1…", text, flags=re.IGNORECASE)


def _without_user(found: "re.Match[str]") -> str:
    scheme, rest = found.groups()
    authority = rest.partition("/")[0]
    secret = authority if "@" in authority or ":" not in authority else rest  # a password may hold a slash
    return scheme + rest[secret.rfind("@") + 1 :]
