"""Who belongs to no namespace, held against the models of the pinned Kubernetes and the operators' own definitions."""

import importlib
import inspect
import pkgutil

import lightkube.resources
from lightkube.core.resource import GlobalResource, NamespacedResource

from bos_tools.tree.identity import CLUSTER_SCOPED, is_cluster_scoped

ASKED = frozenset({"ComponentStatus", "StorageVersion", "StorageVersionMigration"})
"""What the API server keeps for itself; reviews are questions, and nobody keeps them in Git either."""


def kinds() -> set[tuple[str, str, bool]]:
    modules = [
        importlib.import_module(f"lightkube.resources.{one.name}")
        for one in pkgutil.iter_modules(lightkube.resources.__path__)
    ]
    classes = {
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, (GlobalResource, NamespacedResource))
        and hasattr(value, "_api_info")
    }
    return {
        (info.group, info.kind, issubclass(one, GlobalResource))
        for one in classes
        for info in [one._api_info.resource]
        if info.kind not in ASKED and not info.kind.endswith("Review")
    }


def test_the_list_of_kinds_without_a_namespace_is_kubernetes_own():
    known = kinds()

    assert len(known) > 60
    assert [one for one in sorted(known) if is_cluster_scoped(*one[:2]) is not one[2]] == []
    ours = {(group, kind) for group, listed in CLUSTER_SCOPED.items() for kind in listed.split()}
    assert ours - {one[:2] for one in known} == {("postgresql.cnpg.io", "ClusterImageCatalog")}
