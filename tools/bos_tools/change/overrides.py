"""Refuse to prove a unit that Argo CD renders otherwise than its files say."""

from bos_tools.errors import Refused
from bos_tools.intents.plan import Effect
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.tree import layout
from bos_tools.tree.layout import Tree
from bos_tools.tree.overrides import beside, inside, may_override

HINT = "take it out: pins, sizes and counts live in the overlay, where the proof sees them"


def refuse(tree: Tree, effect: Effect, renderer: Renderer) -> None:
    """Raise Refused where an override lies beside an effect's unit, or in the Application that syncs it."""
    folder = effect.unit.folder
    for path in beside(tree.source, folder):
        raise Refused(
            f"Argo CD would render {folder} with other parameters than Git's",
            reason="overridden",
            path=path,
            hint=HINT,
        )
    registered = layout.argocd(effect.unit.env)
    if tree.graph.kustomization(registered) is None or not may_override(tree.graph.closure(registered)):
        return
    for made in objects(renderer.one(tree.graph, registered)):
        for field in inside(made.data, folder):
            raise Refused(
                f"the Application {made.name} would render {folder} with other parameters than Git's: {field[-1]}",
                reason="overridden",
                path=f"{registered}/kustomization.yaml",
                hint=HINT,
            )
