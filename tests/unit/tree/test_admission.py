"""What kustomize might read otherwise than we do is refused with file and line, and what real overlays say is not."""

import base64

import pytest

from bos_tools.errors import RepositoryError
from bos_tools.tree.graph import CLOSURE_LIMIT, DEPTH_LIMIT, Graph
from bos_tools.tree.nodes import BOM
from harness.memory import Memory

FILE = "unit/kustomization.yaml"
PAYLOAD = "file:///nowhere?ref=--upload-pack%3Dtouch%20/tmp/x%3B"
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
AROUND = {
    "unit/a.yaml": MANIFEST,
    "unit/p.yaml": MANIFEST,
    "unit/x.properties": "a=b\n",
    "unit/GitHub.com/a/b/kustomization.yaml": "resources: []\n",
    "unit/github.com:a/b/kustomization.yaml": "resources: []\n",
    "base/kustomization.yaml": "resources: [a.yaml]\n",
    "base/a.yaml": MANIFEST,
    "part/kustomization.yaml": "kind: Component\n",
}


def closure(text: str | bytes, **more: str) -> set[str]:
    files = {path: said.encode() for path, said in {**AROUND, **more}.items()}
    files[FILE] = text.encode() if isinstance(text, str) else text
    return set(Graph(Memory(files)).closure("unit"))


MALFORMED = {
    "a key in capitals": f"Bases:\n- {PAYLOAD}\n",
    "a key with one capital": f"resourceS: [{PAYLOAD}]\n",
    "a long s": f"baseſ: [{PAYLOAD}]\n",
    "a Kelvin sign": "\u212aind: Component\n",
    "a generator in capitals": "ConfigMapGenerator: [{name: x, files: [/etc/passwd]}]\n",
    "files of a generator in capitals": "configMapGenerator: [{name: x, Files: [/etc/passwd]}]\n",
    "a patch's path in capitals": "patches: [{Path: p.yaml}]\n",
    "a schema in capitals": "OpenAPI: {path: p.yaml}\n",
    "a merge": f"<<: {{bases: ['{PAYLOAD}']}}\n",
    "merges": f"<<: [{{bases: ['{PAYLOAD}']}}]\n",
    "a quoted merge": f"'<<': {{bases: ['{PAYLOAD}']}}\n",
    "a merge of an anchor": f"commonAnnotations: &a {{bases: x}}\n<<: *a\n# {PAYLOAD}\n",
    "a merge in an image": "images:\n- {name: a}\n- {<<: {newTag: v1}, name: b}\n",
    "a binary value": f"resources: [!!binary {base64.b64encode(PAYLOAD.encode()).decode()}]\n",
    "a binary key": f"!!binary {base64.b64encode(b'bases').decode()}: ['{PAYLOAD}']\n",
    "a tag of a string": "resources: [!!str a.yaml]\n",
    "a tag of no kind": "resources: [! a.yaml]\n",
    "a tag in a label": "commonLabels: {a: !!str b}\n",
    "a number as a label": "commonLabels: {1: b}\n",
    "a truth as a label": "commonLabels: {true: b}\n",
    "an escape in a key": '"\\x62ases": [base]\n',
    "an unknown key": "resources: [a.yaml]\nx-mine: {}\n",
    "an exec field": "transformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: t}\n  exec: {path: ./run}\n",
    "a list that is a mapping": "resources: {a: b}\n",
    "a mapping that is a list": "commonLabels: [a]\n",
    "an empty entry": "resources: [a.yaml, ]\ncomponents: [null]\n",
    "an empty path": "resources: ['']\n",
    "a kind of its own": "kind: kustomization\n",
    "a next line": "resources: [a.yaml] # \x85\n",
    "a line separator": "resources: [a.yaml] # \u2028bases: [x]\n",
    "a lone carriage return": "# comment\rbases: [x]\nresources: [a.yaml]\n",
}


@pytest.mark.parametrize("what", MALFORMED)
def test_what_the_readers_could_read_differently_is_refused_with_its_line(what: str) -> None:
    with pytest.raises(RepositoryError) as caught:
        closure(MALFORMED[what])

    assert caught.value.reason in ("malformed-kustomization", "malformed-yaml")
    assert (caught.value.path, caught.value.line > 0) == (FILE, True)


REMOTE = [
    PAYLOAD, "FILE:///x", "http://127.0.0.1:1/a", "HTTPS://h/a", "http:a", "git::https://h/a/b", "gIt::github.com/a/b",
    "GitHub.com/a/b", "github.com:a/b", "g\u0130thub.com/a/b", "git@h:a/b", "user@h/a/b", "ssh://h/a/b", "a//b", "a?ref=x",
    "/etc/passwd", "../../etc/passwd", "{x}/../a.yaml", "x\n/../../a.yaml", "a\u2029b", "a\tb", "c:\\x", "a\\b",
]  # fmt: skip


@pytest.mark.parametrize("field", ["resources", "bases", "components", "crds", "configurations", "transformers"])
@pytest.mark.parametrize("path", REMOTE)
def test_what_kustomize_would_fetch_or_leave_the_repository_for_is_refused(field: str, path: str) -> None:
    quoted = (
        '"' + path.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\u2029", "\\u2029") + '"'
    )

    with pytest.raises(RepositoryError) as caught:
        closure(f"resources: [a.yaml]\n{field}:\n- {quoted}\n".replace("resources: [a.yaml]\nresources", "resources"))

    assert caught.value.path == FILE
    assert caught.value.reason in ("forbidden-source", "malformed-kustomization", "malformed-yaml", "missing-file")


@pytest.mark.parametrize("path", ["0x10", "1_000", "1e3", "16", "yes", "Off", "~", ".5", "1.0"])
def test_a_path_that_yaml_reads_as_a_number_is_to_be_quoted(path: str) -> None:
    with pytest.raises(RepositoryError):
        closure(f"configMapGenerator: [{{name: x, files: [{path}]}}]\n", **{f"unit/{path}": "x"})

    assert f"unit/{path}" in closure(f"configMapGenerator: [{{name: x, files: ['{path}']}}]\n", **{f"unit/{path}": "x"})


HELM = ["helmCharts: [{name: x}]\n", "helmGlobals: {}\n", "helmChartInflationGenerator: [{chartName: x}]\n"]
PLUGIN = "apiVersion: {0}\nkind: {1}\nmetadata: {{name: t}}\n"


@pytest.mark.parametrize("text", HELM)
def test_helm_is_refused(text: str) -> None:
    with pytest.raises(RepositoryError, match="Helm is not rendered here"):
        closure(text)


@pytest.mark.parametrize("kind", [("someteam.example.com/v1", "ChartInflator"), ("builtin", "HelmChartInflationGenerator"), ("builtin/v1", "PatchTransformer"), ("v1", "ResourceList")])  # fmt: skip
@pytest.mark.parametrize("is_inline", [True, False])
def test_only_kustomizes_own_plugins_are_run(kind: tuple[str, str], is_inline: bool) -> None:
    plugin = PLUGIN.format(*kind)
    inline = "|-\n" + "".join(f"  {line}\n" for line in plugin.splitlines())

    with pytest.raises(RepositoryError, match="only kustomize's own plugins") as caught:
        closure(f"generators:\n- {inline if is_inline else 't.yaml'}\n", **{"unit/t.yaml": plugin})

    assert caught.value.path == (FILE if is_inline else "unit/t.yaml")
    assert caught.value.line == (4 if is_inline else 2)


@pytest.mark.parametrize("more", ["Files: [/etc/passwd]\n", "files: ['k=http://127.0.0.1:1/a']\n", "<<: {files: [x]}\n", "files: [!!binary eA==]\n", "---#\nx: y\n", "...\n", "%YAML 1.1\n"])  # fmt: skip
def test_a_plugins_file_is_held_as_a_kustomization_is(more: str) -> None:
    with pytest.raises(RepositoryError) as caught:
        closure("generators: [t.yaml]\n", **{"unit/t.yaml": PLUGIN.format("builtin", "ConfigMapGenerator") + more})

    assert caught.value.path == "unit/t.yaml"


PATCHER = PLUGIN.format("builtin", "PatchTransformer") + "path: p.yaml\ntarget: {kind: ConfigMap}\n"
ADMITTED = {
    "a plugin's own file": ("transformers: [t.yaml]\n", {"unit/p.yaml"}),
    "an inline plugin's own file": (
        "transformers:\n- |-\n" + "".join(f"  {line}\n" for line in PATCHER.splitlines()),
        {"unit/p.yaml"},
    ),
    "a generator's own file": ("generators: [g.yaml]\n", {"unit/x.properties"}),
    "a validator": ("validators: [t.yaml]\n", {"unit/p.yaml"}),
    "an inline patch": ("patchesStrategicMerge:\n- |-\n  kind: ConfigMap\n  metadata: {name: a}\n", set()),
    "a patch in one line": ("patchesStrategicMerge: ['{kind: ConfigMap, metadata: {name: a}}']\n", set()),
    "an empty document at the end": ("resources: [a.yaml]\n---\n", {"unit/a.yaml"}),
    "an empty document with a comment": ("---\nresources: [a.yaml]\n---\n# end\n...\n", {"unit/a.yaml"}),
    "a mark of byte order": (BOM + "resources: [a.yaml]\n", {"unit/a.yaml"}),
    "lines of Windows": ("resources:\r\n- a.yaml\r\n", {"unit/a.yaml"}),
    "JSON": ('{"resources": ["a.yaml"]}', {"unit/a.yaml"}),
    "odd spelling": ("resources: [./../unit/./a.yaml, ../base/]\n", {"unit/a.yaml", "base/a.yaml"}),
    "an alias": ("resources: &r [a.yaml]\nbases: []\ncrds: *r\n", {"unit/a.yaml"}),
    "names in any letters": ("resources: ['ä b%41@.yaml']\n", {"unit/ä b%41@.yaml"}),
    "lists that say nothing": ("resources: [a.yaml]\npatches:\nimages: null\ncommonLabels: ~\n", {"unit/a.yaml"}),
    "a key of data": ("configMapGenerator: [{name: x, files: [key.txt=x.properties]}]\n", {"unit/x.properties"}),
    "a component": ("components: [../part]\n", {"part/kustomization.yaml"}),
}


@pytest.mark.parametrize("what", ADMITTED)
def test_what_real_overlays_say_is_admitted_with_every_file_that_it_names(what: str) -> None:
    text, wanted = ADMITTED[what]

    found = closure(text, **{
        "unit/t.yaml": PATCHER, "unit/ä b%41@.yaml": MANIFEST,
        "unit/g.yaml": PLUGIN.format("builtin", "ConfigMapGenerator") + "files:\n- k=x.properties\n---\n",
    })  # fmt: skip

    assert wanted | {FILE} <= found


def test_folders_that_lead_to_billions_are_refused() -> None:
    levels = {f"l{n}/kustomization.yaml": f"namespace: a\nresources: [../l{n + 1}, ./../l{n + 1}]\n" for n in range(30)}

    with pytest.raises(RepositoryError, match="kustomizations in one render"):
        closure("resources: [../l0]\n", **levels, **{"l30/kustomization.yaml": "namespace: a\n"})


def test_a_row_of_folders_has_an_end() -> None:
    levels = {f"l{n}/kustomization.yaml": f"resources: [../l{n + 1}]\n" for n in range(DEPTH_LIMIT + 900)}

    with pytest.raises(RepositoryError, match="in a row"):
        closure("resources: [../l0]\n", **levels)


def test_a_render_of_too_many_bytes_is_refused() -> None:
    big = {f"unit/{n}": "x" * (CLOSURE_LIMIT // 8) for n in range(9)}

    with pytest.raises(RepositoryError, match="in one render"):
        closure(f"configMapGenerator: [{{name: x, files: {[str(n) for n in range(9)]}}}]\n", **big)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(8)
)


@pytest.mark.parametrize("text", ["resources: [bomb.yaml]\n", "patches: [{path: bomb.yaml}]\n", "patches:\n- patch: |-\n" + "".join(f"    {line}\n" for line in BOMB.splitlines())])  # fmt: skip
def test_aliases_are_weighed_before_anything_is_rendered(text: str) -> None:
    with pytest.raises(RepositoryError, match="expand without end"):
        closure(text, **{"unit/bomb.yaml": BOMB})


def test_aliases_of_an_honest_size_are_no_bomb() -> None:
    text = "a: &a [x, y]\nb: *a\nc: 'a && b *c'\n"

    assert "unit/h.yaml" in closure("resources: [h.yaml]\n", **{"unit/h.yaml": text})
