"""The rules by id, and the run of all of them."""

from collections.abc import Callable
from dataclasses import replace

from bos_tools.errors import Usage
from bos_tools.render.kustomize import Renderer
from bos_tools.review import (
    rules_argocd,
    rules_database,
    rules_delivery,
    rules_kustomize,
    rules_layout,
    rules_plan,
    rules_platform,
    rules_pods,
    rules_replicas,
    rules_secrets,
    rules_security,
    rules_traffic,
)
from bos_tools.review.findings import Finding, merged
from bos_tools.review.gates import GATES
from bos_tools.review.world import Rule, environments
from bos_tools.tree.layout import Tree

FAMILIES = "PKSLA"
"""The plan, Kustomize's silent no-ops, the pods and what is around them, the layout, Argo CD."""
MODULES = (
    rules_plan,
    rules_delivery,
    rules_database,
    rules_traffic,
    rules_secrets,
    rules_kustomize,
    rules_security,
    rules_pods,
    rules_replicas,
    rules_layout,
    rules_platform,
    rules_argocd,
)


def _rules() -> dict[str, Rule]:
    """Return the rules in the order of their ids; `p2_spread` has the id P2."""
    found: dict[str, Rule] = {}
    for module in MODULES:
        for name, function in vars(module).items():
            head = name.partition("_")[0].upper()
            if head[:1] in FAMILIES and head[1:].isdigit() and callable(function):
                found[head] = function
    return dict(sorted(found.items(), key=lambda rule: (FAMILIES.index(rule[0][0]), int(rule[0][1:]))))


RULES = _rules()


def check(tree: Tree, renderer: Renderer, env: str | None = None) -> list[Finding]:
    """Return every finding in one environment or in all; a broken unit is one finding, and the rest is judged."""
    names = list(tree.settings.environments) if env is None else [tree.environment(env)]
    worlds, findings = environments(tree, renderer, names)
    for world in worlds:
        for identity, rule in RULES.items():
            findings += list(rule(replace(world, rule=identity)))
    return merged(findings)


def explain(identity: str) -> tuple[str, str]:
    """Return a rule's title and its reason.

    Raises Usage for an id that is none.
    """
    known: dict[str, Callable[..., object]] = {**RULES, **GATES}
    rule = known.get(identity.upper())
    if rule is None:
        raise Usage(f"no such rule: {identity!a}", reason="unknown-rule", hint=f"one of {', '.join(known)}")
    title, _, rest = (rule.__doc__ or "").strip().partition("\n")
    return title, "\n".join(line.strip() for line in rest.strip().splitlines())
