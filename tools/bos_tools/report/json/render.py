"""The contract of `bos-tools render`: what Kubernetes says an object is, in a list."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bos_tools.verbs.render import Rendered

Objects = list[dict[str, Any]]
"""Manifests, in the order of the render."""


def document(rendered: "Rendered") -> Objects:
    """Return the objects of a render."""
    return [made.data for made in rendered.objects]
