"""Where the values of Secrets come from: a hidden prompt, a file, a command, or chance."""

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bos_tools.cli.secrets_look import Pair
from bos_tools.errors import Refused, Usage

if TYPE_CHECKING:
    from bos_tools.tree.secrets import Key

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
KINDS: tuple[Callable[[str], bool], ...] = (str.isupper, str.islower, str.isdigit)


def drawn(choice: Callable[[str], str], length: int) -> str:
    """Draw a word that has each kind of characters, as TDengine wants it."""
    while True:
        word = "".join(choice(ALPHABET) for _ in range(length))
        if all(any(map(kind, word)) for kind in KINDS):
            return word


Source = Callable[[Pair, "Key", str], str]
"""Returns a value for a Secret's key: what it is, and what the human is told."""


def answer(pair: Pair, source: Source, registry: Callable[[], str], username: str | None) -> dict[Pair, str]:
    """Return the value of one pair, nothing where the human leaves it to chance."""
    from bos_tools.intents.secret_values import login
    from bos_tools.tree.secrets import Form, key

    said = key(*pair)
    assert said is not None
    if said.form is not Form.login:
        text = source(pair, said, said.what)
        return {pair: text} if text or not said.made else {}
    if source is not prompt and username is None:
        return {pair: source(pair, said, said.what)}  # a whole login
    host = registry()
    user = username or _visible(pair, f"user at {host}: ")
    return {pair: login(host, user, source(pair, said, f"password of {user} at {host}"))}


def prompt(pair: Pair, said: "Key", what: str) -> str:
    """Ask at the terminal without an echo, twice for what nothing else can tell a mistake of.

    Raises Refused without a terminal, for two answers, and for none where one is needed.
    """
    from getpass import getpass

    _needs_terminal(pair)
    by_chance = ", Enter makes one" if said.made else ""
    try:
        text = getpass(f"{'/'.join(pair)}, {what}{by_chance}: ")
        if text and not said.made and getpass("once more: ") != text:
            raise Refused(f"the two values of {'/'.join(pair)} differ", reason="mistyped")
    except EOFError:
        text = ""
    if not text and not said.made:
        raise Refused(f"{'/'.join(pair)} got no value", reason="no-value")
    return text


def _visible(pair: Pair, question: str) -> str:
    _needs_terminal(pair)
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _needs_terminal(pair: Pair) -> None:
    if not sys.stdin.isatty():
        hint = "--generate, --from-file or --from-command; what can't be made is asked for at a terminal"
        raise Refused(f"there is no terminal to ask for {'/'.join(pair)}", reason="no-terminal", hint=hint)


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
        text = _text(process.run(filled).stdout, "/".join(pair))
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
