"""What a bug leaves behind: a file with the versions and the traceback, and nothing that is secret."""

import os
import platform
import re
import traceback
from contextlib import suppress
from pathlib import Path

from bos_tools import __version__, plain
from bos_tools.errors import veiled

SECRET = re.compile(r"TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|(?:^|_)KEY", re.IGNORECASE)
"""Names of variables whose values are told to nobody."""
BEARER = re.compile(r"(bearer|basic|token)(\s+|=)[A-Za-z0-9._~+/-]{8,}=*", re.IGNORECASE)


def log(error: Exception, command: str) -> Path | None:
    """Write what is known of a bug to the cache folder, over the bug before; None where no file can be written."""
    from bos_tools.doors.private import cache_folder

    path = cache_folder() / "crash.log"
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", errors="replace") as file:
            file.write(plain.lines(text(error, command)))
        return path
    return None


def text(error: Exception, command: str) -> str:
    """Return the versions, the command without its options, which may hold anything, and the traceback."""
    lines = [f"{name}: {said}" for name, said in {"command": command, **_versions()}.items()]
    return discreet("\n".join([*lines, "", *traceback.format_exception(error)]))


def discreet(words: str) -> str:
    """Return words without what the environment holds as secrets, passwords in addresses and tokens."""
    from bos_tools.doors.command import without_secrets

    secrets = {value for name, value in os.environ.items() if SECRET.search(name) and len(value) > 3}
    for secret in sorted(secrets, key=len, reverse=True):
        words = words.replace(secret, "(hidden)")
    return BEARER.sub(r"\1\2(hidden)", without_secrets(veiled(words)))


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    from bos_tools.render.kustomize import VERSION

    found = {"bos-tools": __version__, "python": platform.python_version(), "system": platform.platform()}
    for package in ("typer", "PyYAML", "GitPython", "httpx2", "lightkube", "pydantic"):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return {**found, "git": _git(), "kustomize": VERSION}


def _git() -> str:
    from bos_tools.doors.process import run

    try:
        return run(["git", "--version"]).stdout.decode().strip().removeprefix("git version ")
    except Exception as error:  # a bug is told even where nothing else works
        return f"unknown: {type(error).__name__}"
