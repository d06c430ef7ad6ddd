"""Every file parsed once a run, whoever asks for it: before and after an edit, and again after a lost race."""

from functools import lru_cache

from bos_tools.tree.nodes import Document, parse


@lru_cache(maxsize=8192)
def document(path: str, data: bytes) -> Document:
    """Return a file as nodes; the same bytes at the same path are the same object, which nobody changes.

    Raises RepositoryError as `parse` does, and then remembers nothing.
    """
    return parse(data, path)
