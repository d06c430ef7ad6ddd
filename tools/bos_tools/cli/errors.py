"""From an exception that no command expected to a sentence and an exit code."""

import errno
import os
import re
import traceback
from typing import Any

from bos_tools.cli import console
from bos_tools.cli.call import Call
from bos_tools.errors import BosError, OutsideError, Usage

FULL = (errno.ENOSPC, errno.EDQUOT)
ROOM = "df -h says which disk is full; BOS_TOOLS_CACHE names another folder for the cache"
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def unexpected(error: Exception, call: Call) -> int:
    """Tell typer's complaint about the command line from a full disk and from a bug of ours."""
    format_message = getattr(error, "format_message", None)
    if format_message is not None:
        return _usage(error, str(format_message()), call)
    if isinstance(error, OSError) and error.errno in FULL:
        full = OutsideError(f"no room is left: {error.strerror}", reason="full", path=_path(error), hint=ROOM)
        return console.failure(full, as_json=call.as_json)
    if isinstance(error, OSError) and error.errno in CLOSED:
        closed = OutsideError(f"may not be read or written: {error.strerror}", reason="unreadable", path=_path(error))
        return console.failure(closed, as_json=call.as_json)
    return _bug(error, call)


def _path(error: OSError) -> str:
    return os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""


def _usage(error: Exception, message: str, call: Call) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help, and stays as it is
        console.passage(message)
        return Usage.exit_code
    context = getattr(error, "ctx", None)
    path = str(getattr(context, "command_path", "bos-tools"))
    hint = f"{path} --help"
    if message.startswith("No such option: --") and hasattr(getattr(context, "command", None), "resolve_command"):
        hint = f"the options of a command stand behind it: {path} COMMAND {message.split()[3]}"
    if re.match(r"No such option: -\d", message):  # typer reads `pvc grow postgres -5Gi` so
        group = path.rpartition(" ")[0]
        hint = f"a number with a minus is an option to a shell; nothing shrinks: {group} runbook says how to move"
    return console.failure(Usage(_one_line(message), reason="usage", hint=hint), as_json=call.as_json)


def _bug(error: Exception, call: Call) -> int:
    from bos_tools.verbs import crash

    if call.verbose:
        console.passage(crash.discreet("".join(traceback.format_exception(error)).rstrip("\n")))
    path = crash.log(error, call.command)
    bug = BosError(
        f"a bug of bos-tools: {type(error).__name__}: {crash.discreet(_one_line(error))}",
        reason="bug",
        hint=f"report it with {path}; --verbose shows the traceback here"
        if path
        else "run it again with --verbose and report what it prints",
    )
    return console.failure(bug, as_json=call.as_json)


def _one_line(text: Any) -> str:
    return " ".join(str(text).split()).rstrip(".")
