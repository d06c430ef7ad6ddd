"""Manifests as a stream of YAML documents."""

from typing import TYPE_CHECKING

from bos_tools.report.text.page import Page

if TYPE_CHECKING:
    from bos_tools.verbs.render import Rendered


def write(rendered: "Rendered", page: Page) -> None:
    """Show what was rendered, byte for byte."""
    page.raw(b"---\n".join(text for text in rendered.texts if text.strip()))
