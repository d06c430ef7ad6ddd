"""The fields of a kustomization that we admit: kustomize's own, less what leaves the repository.

Source of every name: the JSON tags in kustomize's api/types and internal/builtins, v0.21.1 (kustomize 5.8.1).
"""

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct


class Takes(Enum):
    """What a path may name."""

    FILE = "a file"
    FOLDER = "a folder"
    EITHER = "a file or a folder"


class Inline(Enum):
    """What a text may be instead of a path."""

    NEVER = "never"
    PATCH = "patch"
    PLUGIN = "plugin"


class Word(Struct, frozen=True):
    """One scalar."""

    among: frozenset[str] = frozenset()
    """What it may say; empty for anything."""
    is_pattern: bool = False
    """Whether kustomize reads an expression in it."""


class Place(Struct, frozen=True):
    """A scalar that names a path."""

    takes: Takes = Takes.FILE
    inline: Inline = Inline.NEVER
    is_keyed: bool = False
    """Whether it may be written `KEY=PATH`."""
    is_manifest: bool = True
    """Whether kustomize reads the file as YAML; else its bytes are data."""


class Each(Struct, frozen=True):
    """A list."""

    of: "Shape"


class Words(Struct, frozen=True):
    """A mapping of free words to words."""


class Fields(Struct, frozen=True):
    """A mapping of exactly these keys, spelled exactly so."""

    of: "Mapping[str, Shape]"


Shape = Word | Place | Each | Words | Fields

WORD, WORDS, FILE, PATTERN = Word(), Words(), Place(), Word(is_pattern=True)
DATA = Each(Place(is_manifest=False))
KEYED = Each(Place(is_manifest=False, is_keyed=True))

_GVK = {"group": WORD, "version": WORD, "kind": WORD}
_ID = _GVK | {"name": WORD, "namespace": WORD}
SELECTOR = Fields(dict.fromkeys(_ID, PATTERN) | {"labelSelector": WORD, "annotationSelector": WORD})
FIELD_SPECS = Each(Fields(_GVK | {"path": WORD, "create": WORD}))
METADATA = Fields({"name": WORD, "namespace": WORD, "labels": WORDS, "annotations": WORDS})
IMAGE = Fields({"name": PATTERN, **dict.fromkeys(("newName", "newTag", "tagSuffix", "digest"), WORD)})
_PATCH: "Mapping[str, Shape]" = {
    "path": FILE,
    "patch": WORD,
    "target": SELECTOR,
    "options": Fields({"allowNameChange": WORD, "allowKindChange": WORD}),
}
_OPTIONS = Fields({"labels": WORDS, "annotations": WORDS, "disableNameSuffixHash": WORD, "immutable": WORD})
_CONFIG_MAP: "Mapping[str, Shape]" = {
    "namespace": WORD,
    "name": WORD,
    "behavior": WORD,
    "literals": Each(WORD),
    "files": KEYED,
    "envs": DATA,
    "env": Place(is_manifest=False),
    "options": _OPTIONS,
}
_SECRET: "Mapping[str, Shape]" = {**_CONFIG_MAP, "type": WORD}
_COPY = Fields({"delimiter": WORD, "index": WORD, "encoding": WORD, "create": WORD})
_REPLACEMENT: "Mapping[str, Shape]" = {
    "source": Fields(_ID | {"fieldPath": WORD, "options": _COPY}),
    "sourceValue": WORD,
    "targets": Each(
        Fields({"select": SELECTOR, "reject": Each(SELECTOR), "fieldPaths": Each(WORD), "options": _COPY}),
    ),
}
REPLACEMENTS = Each(Fields({**_REPLACEMENT, "path": FILE}))
_REPLICA = Fields({"name": WORD, "count": WORD})
_SORT = Fields({"order": WORD, "legacySortOptions": Fields({"orderFirst": Each(WORD), "orderLast": Each(WORD)})})
_PLUGINS = Each(Place(inline=Inline.PLUGIN))

KUSTOMIZATION = Fields(
    {
        "apiVersion": WORD,
        "kind": Word(frozenset({"", "Kustomization", "Component"})),
        "metadata": METADATA,
        "namePrefix": WORD,
        "nameSuffix": WORD,
        "namespace": WORD,
        "commonLabels": WORDS,
        "labels": Each(
            Fields({"pairs": WORDS, "includeSelectors": WORD, "includeTemplates": WORD, "fields": FIELD_SPECS})
        ),
        "commonAnnotations": WORDS,
        "patchesStrategicMerge": Each(Place(inline=Inline.PATCH)),
        "patchesJson6902": Each(Fields(_PATCH)),
        "patches": Each(Fields(_PATCH)),
        "images": Each(IMAGE),
        "replacements": REPLACEMENTS,
        "replicas": Each(_REPLICA),
        "vars": Each(
            Fields(
                {
                    "name": WORD,
                    "objref": Fields(_ID | {"apiVersion": WORD}),
                    "fieldref": Fields({"fieldPath": WORD}),
                }
            )
        ),
        "sortOptions": _SORT,
        "resources": Each(Place(Takes.EITHER)),
        "bases": Each(Place(Takes.EITHER)),
        "components": Each(Place(Takes.FOLDER)),
        "crds": Each(FILE),
        "configMapGenerator": Each(Fields(_CONFIG_MAP)),
        "secretGenerator": Each(Fields(_SECRET)),
        "generatorOptions": _OPTIONS,
        "configurations": Each(FILE),
        "generators": _PLUGINS,
        "transformers": _PLUGINS,
        "validators": _PLUGINS,
        "buildMetadata": Each(WORD),
    }
)

_PLUGIN: "Mapping[str, Shape]" = {"apiVersion": Word(frozenset({"builtin"})), "kind": WORD, "metadata": METADATA}
_AT: "Mapping[str, Shape]" = {**_PLUGIN, "fieldSpecs": FIELD_SPECS}
_TARGETS = Each(Fields({"selector": SELECTOR, "fieldPath": WORD, "filePathPosition": WORD}))
PLUGINS: "Mapping[str, Fields]" = {
    "AnnotationsTransformer": Fields({**_AT, "annotations": WORDS}),
    "ConfigMapGenerator": Fields({**_PLUGIN, **_CONFIG_MAP}),
    "HashTransformer": Fields(_PLUGIN),
    "ImageTagTransformer": Fields({**_AT, "imageTag": IMAGE}),
    "LabelTransformer": Fields({**_AT, "labels": WORDS}),
    "NamespaceTransformer": Fields({**_AT, "unsetOnly": WORD, "setRoleBindingSubjects": WORD}),
    "PatchJson6902Transformer": Fields({**_PLUGIN, "target": SELECTOR, "path": FILE, "jsonOp": WORD}),
    "PatchStrategicMergeTransformer": Fields(
        {**_PLUGIN, "paths": Each(Place(inline=Inline.PATCH)), "patches": WORD},
    ),
    "PatchTransformer": Fields({**_PLUGIN, **_PATCH}),
    "PrefixSuffixTransformer": Fields({**_AT, "prefix": WORD, "suffix": WORD}),
    "PrefixTransformer": Fields({**_AT, "prefix": WORD}),
    "SuffixTransformer": Fields({**_AT, "suffix": WORD}),
    "ReplacementTransformer": Fields({**_PLUGIN, "replacements": REPLACEMENTS}),
    "ReplicaCountTransformer": Fields({**_AT, "replica": _REPLICA}),
    "SecretGenerator": Fields({**_PLUGIN, **_SECRET}),
    "ValueAddTransformer": Fields({**_PLUGIN, "value": WORD, "targets": _TARGETS, "targetFilePath": FILE}),
}
"""By kind, what a `generators:` or `transformers:` file may say."""

HELM = frozenset({"helmCharts", "helmGlobals", "helmChartInflationGenerator"})
OPENAPI = "openapi"
"""A schema of a unit's own.  kustomize keeps the first that it meets for all of a build, so that in the kustomization
of a whole environment one unit's would change how the patches of the others are merged: they would render there
otherwise than by themselves.  What it is for, merging the lists of a custom resource, a patch of JSON 6902 does too."""
