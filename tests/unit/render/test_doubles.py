"""Two objects of one identity in a render are refused, and no others."""

import pytest

from bos_tools.errors import RepositoryError
from bos_tools.render.doubles import refuse


def claim(name: str, namespace: str = "b", more: str = "") -> str:
    return f"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n{more}  name: {name}\n  namespace: {namespace}\nspec: {{}}\n"


@pytest.mark.parametrize("more", ["", "  labels:\n    name: same\n"])
def test_names_tell_objects_apart_whatever_else_stands_in_their_metadata(more: str):
    refuse(
        "---\n".join([claim("one", more=more), claim("two", more=more), claim("one", "c", more)]).encode(), "x", "x/k"
    )

    with pytest.raises(RepositoryError, match="x renders two objects of one identity: PersistentVolumeClaim one"):
        refuse("---\n".join([claim("one", more=more), claim("two"), claim("one")]).encode(), "x", "x/k")


def test_versions_do_not_tell_them_apart():
    old, new = (
        f"apiVersion: apps/{version}\nkind: Deployment\nmetadata:\n  name: web\n" for version in ("v1beta2", "v1")
    )

    with pytest.raises(RepositoryError, match="Deployment web"):
        refuse(f"{old}---\n{new}".encode(), "x", "x/k")
