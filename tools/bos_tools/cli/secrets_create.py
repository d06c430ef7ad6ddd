"""`bos-tools secrets create`: write values into the cluster, from prompts, files, a command, or made at random."""

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bos_tools.cli import output
from bos_tools.cli.pvc_grow import Context, Kubeconfig
from bos_tools.cli.secrets_look import Needs, Pair
from bos_tools.errors import Refused, Usage

if TYPE_CHECKING:
    from bos_tools.tree.secrets import Key

EXAMPLES = """\b
Examples:
  bos-tools secrets create --env dev --generate
      make all that is missing and can be made, and ask for the rest
  bos-tools secrets create swr-cred --username puller
      the login of the private registry; the password is asked for
  bos-tools secrets create postgres-backup --from-command "pass show buildingos/{env}/{secret}/{key}"
  bos-tools secrets create nodered-secret/admin-hash --rotate --from-file admin-hash=password.txt
"""


def create(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SECRET[/KEY]]...", help="Which; default: all that is missing.", show_default=False),
    ] = None,
    env: output.Env = None,
    generate: Annotated[
        bool, typer.Option("--generate", help="Make at random what can be, and ask for the rest.")
    ] = False,
    from_file: Annotated[
        list[str] | None,
        typer.Option(metavar="[SECRET/]KEY=PATH", help="Read a value from a file, `-` for stdin.", show_default=False),
    ] = None,
    from_command: Annotated[
        str | None,
        typer.Option(
            help="Run it for each value; {env}, {secret} and {key} stand for what is wanted.", show_default=False
        ),
    ] = None,
    registry: Annotated[
        str | None, typer.Option(help="The registry of the login; default: that of the pins.", show_default=False)
    ] = None,
    username: Annotated[str | None, typer.Option(help="The user of the login.", show_default=False)] = None,
    rotate: Annotated[bool, typer.Option("--rotate", help="Replace what is named, and what is made of it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which keys would be written.")] = False,
    kubeconfig: Kubeconfig = None,
    cluster: Context = None,
    form: output.Output = output.Format.text,
) -> None:
    """Write the Secrets that are missing into the cluster; a value that is there stays, and none is ever shown."""
    import secrets

    from bos_tools.cluster.client import Cluster
    from bos_tools.cluster.secrets import put
    from bos_tools.intents import secret_values

    needs = Needs.of(context.obj.root, env)
    connected = Cluster.connect(kubeconfig, cluster)
    held = needs.held(connected)
    pairs = secret_values.due(needs.pairs, names or [], held, rotate=rotate)
    made: dict[str, list[str]] = {}
    if dry_run:
        for name, key in pairs:
            made.setdefault(name, []).append(key)
    elif pairs:
        given = _files(from_file or [], pairs)
        asked = secret_values.askable(pairs, given, generate=generate)
        source = _command(from_command, needs.env) if from_command else _prompt
        for pair in asked:
            given |= _answer(pair, source, lambda: _registry(registry, needs.registries), username)
        values = secret_values.values(pairs, given, held, lambda length: _random(secrets.choice, length))
        for name in dict.fromkeys(name for name, _ in pairs):
            new = {key: value for (owner, key), value in values.items() if owner == name}
            made[name] = put(connected, needs.namespace, name, secret_values.type_of(name), new, replace=rotate)
    if form is output.Format.json:
        rows = [{"secret": name, "keys": keys} for name, keys in made.items() if keys]
        output.document(
            {
                "env": needs.env,
                "namespace": needs.namespace,
                "cluster": connected.url,
                "dry_run": dry_run,
                "written": rows,
            }
        )
        return
    for name, keys in made.items():
        if keys:
            output.data(f"{name}: {', '.join(keys)}")
    verb = "would be written" if dry_run else "written"
    count = sum(map(len, made.values()))
    output.words(f"{count} keys {verb} in {needs.namespace} at {connected.url}" if count else "nothing is missing")


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
KINDS: tuple[Callable[[str], bool], ...] = (str.isupper, str.islower, str.isdigit)


def _random(choice: Callable[[str], str], length: int) -> str:
    """Draw a word that has each kind of characters, as TDengine wants it."""
    while True:
        word = "".join(choice(ALPHABET) for _ in range(length))
        if all(any(map(kind, word)) for kind in KINDS):
            return word


Source = Callable[[Pair, "Key", str], str]
"""Returns a value for a Secret's key: what it is, and what the human is told."""


def _answer(pair: Pair, source: Source, registry: Callable[[], str], username: str | None) -> dict[Pair, str]:
    """Return the value of one pair, nothing where the human leaves it to chance."""
    from bos_tools.intents.secret_values import login
    from bos_tools.tree.secrets import Form, key

    said = key(*pair)
    assert said is not None
    if said.form is not Form.login:
        text = source(pair, said, said.what)
        return {pair: text} if text or not said.made else {}
    if source is not _prompt and username is None:
        return {pair: source(pair, said, said.what)}  # a whole login
    host = registry()
    user = username or _visible(pair, f"user at {host}: ")
    return {pair: login(host, user, source(pair, said, f"password of {user} at {host}"))}


def _registry(named: str | None, known: tuple[str, ...]) -> str:
    if named is None and len(known) != 1:
        raise Usage(
            f"which registry is meant is not clear: {', '.join(known) or 'none is pinned'}",
            reason="usage",
            hint="--registry HOST",
        )
    return named or known[0]


def _prompt(pair: Pair, said: "Key", what: str) -> str:
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


def _command(words: str, env: str) -> Source:
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


def _files(said: Iterable[str], pairs: list[Pair]) -> dict[Pair, str]:
    found: dict[Pair, str] = {}
    for word in said:
        named, _, path = word.partition("=")
        matching = [pair for pair in pairs if named in (pair[1], "/".join(pair))]
        if not path or len(matching) != 1:
            why = "names no key that is to be written" if not matching else "could mean several Secrets"
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
