"""Write Secrets into a cluster, from a person, files, a command, or made at random; no value is ever shown."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs import secret_sources
from bos_tools.verbs.cluster import Asked
from bos_tools.verbs.needs import Needs, Pair
from bos_tools.verbs.options import Argument, Env, Option
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.doors.kubernetes.client import Cluster
    from bos_tools.intents.secret_values import Held


@dataclass(frozen=True)
class Options:
    """Which keys, and where their values come from."""

    names: Annotated[list[str] | None, Argument("[SECRET[/KEY]]...", "Which; default: all that is missing.")] = None
    env: Env = None
    generate: Annotated[bool, Option("Make at random what can be, and ask for the rest.", ("--generate",))] = False
    from_file: Annotated[
        list[str] | None, Option("Read a value from a file, `-` for stdin.", metavar="[SECRET/]KEY=PATH")
    ] = None
    from_command: Annotated[
        str | None, Option("Run it for each value; {env}, {secret} and {key} stand for what is wanted.")
    ] = None
    registry: Annotated[str | None, Option("The registry of the login; default: that of the pins.")] = None
    username: Annotated[str | None, Option("The user of the login.")] = None
    rotate: Annotated[bool, Option("Replace what is named, and what is made of it.", ("--rotate",))] = False
    dry_run: Annotated[bool, Option("Say which keys would be written.", ("--dry-run",))] = False
    asked: Asked = field(default_factory=Asked)


@dataclass(frozen=True)
class Written(Result):
    """The keys that were written, or with a dry run would be."""

    needs: Needs
    cluster: str
    """Its address."""
    is_dry_run: bool
    keys: dict[str, list[str]]
    """By Secret; a Secret that somebody else has just written has none."""

    @property
    def stands(self) -> str:
        """Return which keys are there now."""
        made = [f"{name} ({', '.join(keys)})" for name, keys in self.keys.items() if keys]
        return f"written: {', '.join(made)}" if made and not self.is_dry_run else ""


def run(session: Session, options: Options) -> Written:
    """Write what is missing or, to rotate, what is named; a value that is there stays.

    Raises Usage for an unknown name, Refused for a value that nobody gives or that its reader would not take.
    """
    from bos_tools.intents import secret_values

    needs = Needs.of(session.tree(), options.env)
    with options.asked.connect() as cluster:
        held = needs.held(cluster)
        pairs = secret_values.due(needs.contract, needs.pairs, options.names or [], held, rotate=options.rotate)
        if options.dry_run:
            keys = {name: [key for owner, key in pairs if owner == name] for name, _ in pairs}
        else:
            values = _values(session, options, needs, pairs, held)
            keys = _put(cluster, needs, pairs, values, replace=options.rotate)
        return Written(needs, cluster.url, options.dry_run, keys)


def _values(session: Session, options: Options, needs: Needs, pairs: list[Pair], held: "Held") -> dict[Pair, str]:
    """Return what to write: from files, then from the command or a person, else made."""
    import secrets  # it brings `random` and OpenSSL's hashes along, which nobody else pays for

    from bos_tools.intents import secret_values

    given = secret_sources.files(options.from_file or [], pairs)
    source = secret_sources.command(options.from_command, needs.env) if options.from_command else None
    for pair in secret_values.askable(needs.contract, pairs, given, generate=options.generate):
        given |= secret_sources.answer(
            needs.contract, pair, source, lambda: needs.registry(options.registry), options.username, session.human
        )
    return secret_values.values(
        needs.contract, pairs, given, held, lambda length: secret_sources.drawn(secrets.choice, length)
    )


def _put(
    cluster: "Cluster", needs: Needs, pairs: list[Pair], values: dict[Pair, str], *, replace: bool
) -> dict[str, list[str]]:
    from bos_tools.doors.kubernetes.secrets import put

    written: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for name, _ in pairs):
        new = {key: value for (owner, key), value in values.items() if owner == name}
        written[name] = put(cluster, needs.namespace, name, needs.contract.secrets[name].type, new, replace=replace)
    return written
