"""How a tree becomes what the rules look at: every environment read, rendered at once, and held against the schemas."""

from collections.abc import Iterator
from contextlib import suppress

from bos_tools.errors import RepositoryError
from bos_tools.render.kustomize import Renderer
from bos_tools.review import blame, schema
from bos_tools.review.rendered import Rendered
from bos_tools.review.world import World
from bos_tools.tree import layout
from bos_tools.tree.environment import Environment
from bos_tools.tree.layout import Tree, Unit

FILES_LIMIT = 32 * 1024 * 1024
"""Bytes of all files that are searched below base/ or an overlay; ours have half a megabyte."""


def environments(tree: Tree, renderer: Renderer, names: list[str]) -> list[World]:
    """Return the environments, rendered at once; each keeps why a unit of it can't be read or rendered."""
    unread: list[RepositoryError] = []
    base = _files(tree, layout.BASE, unread)
    worlds = [_read(tree, name, base) for name in names]
    for world in worlds[:1]:
        world.unread.extend(unread)
    everything: list[tuple[World, Rendered]] = []
    for world, unit, text in _renders(worlds, renderer):
        if unit == _registration(world):
            world.registration = [Rendered(unit, one) for one in renderer.objects(text)]
            continue
        world.rendered.add(unit.service)
        everything += [(world, Rendered(unit, one)) for one in renderer.objects(text)]
    for (world, made), found in zip(everything, schema.wrong(made.object for _, made in everything), strict=True):
        world.wrong += [(made, one) for one in found]
        if not any(one.is_misshapen for one in found):
            world.objects.append(made)
    return worlds


def _read(tree: Tree, name: str, base: dict[str, bytes]) -> World:
    """Return an environment as its files have it, not rendered yet."""
    world = World(tree, name, files=dict(base))
    world.files.update(_files(tree, layout.aggregate(name), world.unread))
    with world.reading():
        world.facts = _facts(tree, name)
    with world.reading():
        world.plans = tree.plans()
        world.contract = tree.contract()
    with world.reading():
        found = tree.graph.kustomization(layout.aggregate(name))
        if found is not None:
            found.sequence("resources")
        world.aggregator = found
    for service in tree.services(name):
        with world.reading():
            unit = Unit(name, service)
            world.units.append((unit, blame.read(tree.graph, unit.folder)))
    return world


def _facts(tree: Tree, name: str) -> Environment | None:
    """Return what an environment says; what its schema refuses is L3's to report.

    Raises RepositoryError for YAML that is broken.
    """
    document = tree.document(layout.environment_file(name))
    if document is None:
        return None
    document.single()
    with suppress(RepositoryError):
        return tree.environment(name)
    return None


def _renders(worlds: list[World], renderer: Renderer) -> Iterator[tuple[World, Unit, bytes]]:
    """Yield every unit's render; when one fails, the rest is rendered one by one."""
    units = [(world, unit) for world in worlds for unit, _ in world.units]
    units += [(world, unit) for world in worlds if _is_there(world, unit := _registration(world))]
    try:
        texts = renderer.render([(world.tree.graph, unit.folder) for world, unit in units])
        yield from ((world, unit, text) for (world, unit), text in zip(units, texts, strict=True))
    except RepositoryError:
        for world, unit in units:
            try:
                yield world, unit, renderer.one(world.tree.graph, unit.folder)
            except RepositoryError as error:
                world.unread.append(blame.place(world.tree.graph, unit.folder, error))


def _registration(world: World) -> Unit:
    return Unit(world.name, layout.ARGOCD)


def _is_there(world: World, unit: Unit) -> bool:
    with world.reading():
        found = world.tree.graph.kustomization(unit.folder)
        if found is not None:
            world.tree.graph.closure(unit.folder)
            return True
    return False


def _files(tree: Tree, folder: str, unread: list[RepositoryError]) -> dict[str, bytes]:
    """Return every file below a folder, as many as can be searched in some seconds."""
    found: dict[str, bytes] = {}
    total = 0
    for path, data in _walk(tree, folder, unread):
        total += len(data)
        if total > FILES_LIMIT:
            message = f"files of more than {FILES_LIMIT} bytes below {folder}: this one and the rest are not read"
            unread.append(RepositoryError(message, reason="too-large", path=path))
            break
        found[path] = data
    return found


def _walk(tree: Tree, folder: str, unread: list[RepositoryError]) -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder, through no link to a folder, and keep the error of what can't be read."""
    for name in tree.source.names(folder):
        path = f"{folder}/{name}"
        try:
            data = tree.source.read(path)
            is_link = data is None and tree.source.real(path) != path
        except RepositoryError as error:
            unread.append(error)
            continue
        if data is not None:
            yield path, data
        elif not is_link:
            yield from _walk(tree, path, unread)
