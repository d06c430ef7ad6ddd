"""Where the values of Secrets come from: a person, a file, a command, or chance."""

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bos_tools.errors import CommandFailed, OutsideError, Refused, Usage
from bos_tools.verbs.human import Human
from bos_tools.verbs.needs import Pair

if TYPE_CHECKING:
    from bos_tools.tree.secrets import Contract, Key

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
KINDS: tuple[Callable[[str], bool], ...] = (str.isupper, str.islower, str.isdigit)


def drawn(choice: Callable[[str], str], length: int) -> str:
    """Draw a word that has each kind of characters, as TDengine wants it."""
    while True:
        word = "".join(choice(ALPHABET) for _ in range(length))
        if all(any(map(kind, word)) for kind in KINDS):
            return word


Source = Callable[[Pair, "Key", str], str]
"""Returns a value for a Secret's key: what it is, and what a person would be told."""


def answer(
    contract: "Contract",
    pair: Pair,
    source: Source | None,
    registry: Callable[[], str],
    username: str | None,
    human: Human,
) -> dict[Pair, str]:
    """Return the value of one pair, nothing where the person who is asked without a source leaves it to chance."""
    from bos_tools.intents.secret_values import key_of, login
    from bos_tools.tree.secrets import Form

    said = key_of(contract, pair)
    ask = source or (lambda pair, said, what: human.secret("/".join(pair), what, may_be_left=bool(said.made)))
    if said.form is not Form.login:
        text = ask(pair, said, said.what)
        return {pair: text} if text or not said.made else {}
    if source is not None and username is None:
        return {pair: source(pair, said, said.what)}  # a whole login
    host = registry()
    user = username or human.line("/".join(pair), f"user at {host}: ")
    return {pair: login(host, user, ask(pair, said, f"password of {user} at {host}"))}


def command(words: str, env: str) -> Source:
    """Return a source that runs a command without a shell; its stdout is the value, less the last end of line."""
    import shlex

    from bos_tools.doors import process

    try:
        argv = shlex.split(words)
    except ValueError as error:
        raise Usage(f"malformed command: {error}", reason="usage") from error

    def run(pair: Pair, _said: "Key", _what: str) -> str:
        names = {"{env}": env, "{secret}": pair[0], "{key}": pair[1]}
        filled = [re.sub(r"\{(?:env|secret|key)\}", lambda found: names[found[0]], word) for word in argv]
        try:
            text = _text(process.run(filled).stdout, "/".join(pair))
        except CommandFailed as error:  # its words may hold a password: they are not repeated
            said = " ".join(error.stderr.split())[:300] or f"exit code {error.returncode}"
            raise OutsideError(f"{argv[0]} gave no value for {'/'.join(pair)}: {said}", reason="no-value") from None
        if not text:
            raise Refused(f"the command gave no value for {'/'.join(pair)}", reason="no-value")
        return text

    return run


def files(said: Iterable[str], pairs: list[Pair]) -> dict[Pair, str]:
    """Return the values that `[SECRET/]KEY=PATH` name; raises Usage for a key that is not due, or no file."""
    found: dict[Pair, str] = {}
    for word in said:
        named, _, path = word.partition("=")
        matching = [pair for pair in pairs if named in (pair[1], "/".join(pair))]
        if not path or len(matching) != 1:
            why = "could mean several Secrets" if matching else "names no key that is to be written"
            why = why if path else "names no file"
            raise Usage(f"--from-file {why}: {named!a}", reason="usage", hint="--from-file SECRET/KEY=PATH")
        try:
            data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        except OSError as error:
            raise Usage(f"the file can't be read: {path}: {error.strerror}", reason="file") from error
        found[matching[0]] = _text(data, path)
    return found


def _text(data: bytes, where: str) -> str:
    """Return what a file or a command gave, less the last end of line unless there are several lines."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Usage(f"the value is not UTF-8: {where}", reason="file") from error
    return text if text.count("\n") > 1 else text.removesuffix("\n").removesuffix("\r")
