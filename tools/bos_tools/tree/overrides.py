"""What Argo CD renders besides the files that kustomize reads: overrides beside a unit or in its Application.

Source: Argo CD 3.5, reposerver/repository, mergeSourceParameters, and `ApplicationSourceKustomize`.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bos_tools.tree.nodes import Path
from bos_tools.tree.source import Source

PREFIX = ".argocd-source"
"""`.argocd-source.yaml`, and `.argocd-source-NAME.yaml` for the Application of that name."""
KEYS = ("kustomize", "helm", "plugin", "directory")
MENTIONED = re.compile(
    rb"(?<![\w-])(?:kustomize|plugin|directory)(?![\w-]|\.config\.k8s\.io)|/sources?(?:/[^/]*)?/helm\b|\.helm\b"
)
"""How a document must look that gives an Application one of them, by itself, by a patch or by a replacement."""
VEILED = re.compile(rb"[\\&!]|^[ \t-]*\?\s", re.MULTILINE)
"""What a key can be written with that does not look like itself: escapes, anchors, tags, a line of its own."""
HELM, CHART = re.compile(rb"\bhelm[\"']?\s*:"), re.compile(rb"^[ \t]+(?:- )?chart:", re.MULTILINE)
"""The values of a chart are no override of a folder of ours."""
SEPARATOR = re.compile(rb"^---[ \t\r]*$", re.MULTILINE)


def beside(source: Source, folder: str) -> list[str]:
    """Return the paths of the overrides that lie in a unit's folder."""
    return [f"{folder}/{name}" for name in source.names(folder) if name.startswith(PREFIX)]


def may_override(files: Mapping[str, bytes]) -> bool:
    """Tell whether files could give an Application an override: only then is it worth a render to know."""
    documents = [text for data in files.values() for text in SEPARATOR.split(data)]
    return any(
        MENTIONED.search(text) or VEILED.search(text) or (HELM.search(text) and not CHART.search(text))
        for text in documents
    )


def inside(application: Any, folder: str) -> Iterator[Path]:
    """Yield the fields of a rendered Application by which it renders a folder otherwise than Git has it.

    Those of an ApplicationSet count whatever its paths: they are made of words that stand elsewhere.
    """
    if not isinstance(application, dict):
        return
    at: Path = ("spec",)
    kind, spec = application.get("kind"), application.get("spec")
    is_set = kind == "ApplicationSet"
    if is_set and isinstance(spec, dict):
        if spec.get("templatePatch"):
            yield ("spec", "templatePatch")
        spec, at = (spec.get("template") or {}).get("spec"), ("spec", "template", "spec")
    if not isinstance(spec, dict) or not (is_set or kind == "Application"):
        return
    for place, source in _sources(spec):
        path = posixpath.normpath(f"/{source.get('path', '')}")[1:]
        if is_set or path == folder:
            yield from ((*at, *place, key) for key in KEYS if source.get(key))


def _sources(spec: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield what an Application renders, each with its place: a source, several, or what is rendered beforehand."""
    many, hydrated = spec.get("sources"), spec.get("sourceHydrator")
    places: list[tuple[Path, Any]] = [(("source",), spec.get("source"))]
    places += [(("sources", index), one) for index, one in enumerate(many if isinstance(many, list) else [])]
    if isinstance(hydrated, dict):
        places.append((("sourceHydrator", "drySource"), hydrated.get("drySource")))
    yield from ((place, source) for place, source in places if isinstance(source, dict))
