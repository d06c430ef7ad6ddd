"""Render units as Argo CD would apply them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from bos_tools.verbs.options import Argument, Env, Offers
from bos_tools.verbs.result import Result
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.tree.identity import Object


@dataclass(frozen=True)
class Options:
    """What to render; no service is all of them."""

    services: Annotated[list[str] | None, Argument("[SERVICE …]", offers=Offers.services)] = None
    env: Env = None


@dataclass(frozen=True)
class Rendered(Result):
    """The manifests of some units, unit by unit."""

    texts: tuple[bytes, ...]

    @property
    def objects(self) -> "list[Object]":
        """Return the objects, in the order of the texts."""
        from bos_tools.render.objects import objects

        return [made for text in self.texts for made in objects(text)]


def run(session: Session, options: Options) -> Rendered:
    """Render the work tree; raises Usage for an unknown service."""
    from bos_tools.render.kustomize import Renderer

    tree = session.tree()
    env = tree.environment_name(options.env)
    units = [tree.unit(env, service)[0] for service in options.services or ()] or tree.units(env)
    return Rendered(tuple(Renderer().render([(tree.graph, unit.folder) for unit in units])))
