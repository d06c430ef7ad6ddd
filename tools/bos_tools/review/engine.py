"""The run of the rules: on one tree, and on the change from one tree to another."""

from collections.abc import Iterable, Sequence

from bos_tools.errors import Usage
from bos_tools.render.kustomize import Renderer
from bos_tools.review.findings import Finding, merged
from bos_tools.review.reading import environments
from bos_tools.review.registry import Rule, Scope
from bos_tools.review.table import RULES
from bos_tools.review.world import Pair, Recovered, World
from bos_tools.tree.layout import Tree


def of(scope: Scope, own: Sequence[Rule] = ()) -> list[Rule]:
    """Return the rules that look at one kind of thing, in the table's order, and then the project's own."""
    return [rule for rule in (*RULES.values(), *own) if rule.scope is scope]


def check(tree: Tree, renderer: Renderer, env: str | None = None, rules: Iterable[Rule] | None = None) -> list[Finding]:
    """Return every finding in one environment or in all; a broken unit is one finding, and the rest is judged.

    Without `rules` those of the table judge.
    """
    judges = of(Scope.environment) if rules is None else list(rules)
    names = list(tree.settings.environments) if env is None else [tree.environment_name(env)]
    worlds = environments(tree, renderer, names)
    return merged(finding for world in worlds for finding in _judged(judges, world, world.name))


def judge(
    old: Tree,
    new: Tree,
    renderer: Renderer,
    env: str | None,
    recovered: Recovered | None = None,
    rules: Iterable[Rule] | None = None,
) -> list[Finding]:
    """Return every finding about the change from one tree to another; what no longer renders is `check`'s to report.

    An environment that only one of them lists is judged too, where both have its overlay.
    """
    judges = of(Scope.change) if rules is None else list(rules)
    listed = dict.fromkeys([*new.settings.environments, *old.settings.environments])
    names = [name for name in listed if env in (None, name) and old.services(name) and new.services(name)]
    worlds = zip(environments(old, renderer, names), environments(new, renderer, names), strict=True)
    pairs = [Pair(before, after, recovered or {}) for before, after in worlds]
    return merged(finding for pair in pairs for finding in _judged(judges, pair, pair.new.name))


def _judged(rules: Iterable[Rule], subject: World | Pair, env: str) -> Iterable[Finding]:
    for rule in rules:
        for fault in rule.judge(subject):
            yield Finding(fault.path, fault.line, rule.id, fault.message, fault.object, (env,), rule.severity)


def explain(identity: str, own: Sequence[Rule] = ()) -> Rule:
    """Return a rule by its id, in letters of any case.

    Raises Usage for an id that is none.
    """
    known = RULES | {rule.id: rule for rule in own}
    found = known.get(identity.upper())
    if found is None:
        raise Usage(f"no such rule: {identity!a}", reason="unknown-rule", hint=f"one of {', '.join(known)}")
    return found
