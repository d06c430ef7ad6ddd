"""Give a volume more room."""

from dataclasses import dataclass, field
from typing import Annotated

from bos_tools.verbs.cluster import Asked
from bos_tools.verbs.landing import Landed, Landing, land
from bos_tools.verbs.options import Argument, Env, Option
from bos_tools.verbs.session import Session
from bos_tools.verbs.volumes import UNCHECKED, Reason, What, look, volume


@dataclass(frozen=True)
class Options:
    """Which volume, how much, and what may be gone beyond."""

    what: What
    size: Annotated[str, Argument("SIZE|+SIZE|+PERCENT%")]
    env: Env = None
    landing: Landing = field(default_factory=Landing)
    reason: Reason = None
    asked: Annotated[Asked, Option(idle_with=("no_live",))] = field(default_factory=Asked)
    no_live: Annotated[bool, Option("Ask no cluster; says what was not checked.", ("--no-live",))] = False
    no_snapshot: Annotated[
        bool, Option("Grow a database without a recent backup.", ("--no-snapshot",), idle_with=("no_live",))
    ] = False
    beyond_plan: Annotated[bool, Option("Go beyond the plan's range.", ("--beyond-plan",))] = False
    beyond_step: Annotated[bool, Option("Grow by more than the class's step.", ("--beyond-step",))] = False


def run(session: Session, options: Options) -> Landed:
    """Ask the cluster, prove and land; raises Usage for no size, Refused for what must not grow."""
    from bos_tools.intents.grow import Grow, Wish

    wish = Wish.read(options.size)
    seen = None
    if not options.no_live:
        tree = session.tree()
        found = volume(tree, options.env, options.what)
        with options.asked.live() as cluster:
            seen = look(tree, cluster, found, wish.target(found.size), ask=True)
    intent = Grow(
        options.env,
        options.what,
        wish,
        options.reason or "asked for",
        seen,
        beyond_plan=options.beyond_plan,
        beyond_step=options.beyond_step,
        needs_snapshot=not options.no_snapshot,
    )
    outcome = land(session, intent, options.landing)
    unknown = seen.unknown if seen is not None else ()
    return Landed(outcome, options.landing.dry_run, UNCHECKED if options.no_live else "", unknown)
