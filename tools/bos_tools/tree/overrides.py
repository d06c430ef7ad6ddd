"""What Argo CD renders besides the files that kustomize reads: overrides beside a unit or in its Application.

Source: Argo CD 3.5, reposerver/repository, mergeSourceParameters, and `ApplicationSourceKustomize`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bos_tools.tree.nodes import Path
from bos_tools.tree.source import Source

PREFIX = ".argocd-source"
"""`.argocd-source.yaml`, and `.argocd-source-NAME.yaml` for the Application of that name."""
KEYS = ("kustomize", "helm", "plugin", "directory")
MENTIONED = re.compile(
    rb"\b(?:kustomize|plugin|directory)[\"']?\s*:|/sources?(?:/[^/]*)?/(?:kustomize|helm|plugin|directory)\b"
)
"""How a document must look that gives an Application one of them, by itself or by a patch."""
HELM, CHART = re.compile(rb"\bhelm[\"']?\s*:"), re.compile(rb"^[ \t]+(?:- )?chart:", re.MULTILINE)
"""The values of a chart are no override of a folder of ours."""
SEPARATOR = re.compile(rb"^---[ \t\r]*$", re.MULTILINE)


def beside(source: Source, folder: str) -> list[str]:
    """Return the paths of the overrides that lie in a unit's folder."""
    return [f"{folder}/{name}" for name in source.names(folder) if name.startswith(PREFIX)]


def may_override(files: Mapping[str, bytes]) -> bool:
    """Tell whether files could give an Application an override: only then is it worth a render to know."""
    documents = [text for data in files.values() for text in SEPARATOR.split(data)]
    return any(MENTIONED.search(text) or (HELM.search(text) and not CHART.search(text)) for text in documents)


def inside(application: Any, folder: str) -> Iterator[Path]:
    """Yield the fields of a rendered Application by which it renders a folder otherwise than Git has it."""
    spec = application.get("spec") if isinstance(application, dict) else None
    if not isinstance(spec, dict) or application.get("kind") != "Application":
        return
    many = spec.get("sources")
    places: list[tuple[Path, Any]] = [(("spec", "source"), spec.get("source"))]
    places += [(("spec", "sources", index), one) for index, one in enumerate(many if isinstance(many, list) else [])]
    for place, source in places:
        if isinstance(source, dict) and str(source.get("path", "")).strip("./") == folder:
            yield from ((*place, key) for key in KEYS if source.get(key))
