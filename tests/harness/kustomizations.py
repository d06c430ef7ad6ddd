"""Kustomizations that two readers might read differently, made from a seed.

Good ones, and ones with every trick that is known: folded keys, merges, tags, escapes, odd line ends, addresses.
"""

import base64
from random import Random

from bos_tools.tree.fields import KUSTOMIZATION, OPENAPI, PLUGINS

UNIT = "overlays/dev/x"
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {0}}}\ndata: {{image: i}}\n"
PATCH = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {patched: 'yes'}\n"
FIXED = {
    **{f"{UNIT}/{name}": MANIFEST.format(f"n{index}") for index, name in enumerate(
        ("other.yaml", "a b.yaml", "ä.yaml", "%41.yaml", "@x.yaml", "x@y.yaml", "-dash.yaml", "1", "16", "true", "1000", "~")
    )},
    f"{UNIT}/cm.yaml": MANIFEST.format("cm"),
    f"{UNIT}/p.yaml": PATCH,
    f"{UNIT}/j.yaml": "[{op: add, path: /data/j, value: j}]\n",
    f"{UNIT}/crd.json": "{}",
    f"{UNIT}/x.properties": "a=b\n",
    f"{UNIT}/cfg.yaml": "images: [{path: data/image, kind: ConfigMap}]\n",
    f"{UNIT}/r.yaml": "[{sourceValue: v, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.r], options: {create: true}}]}]\n",
    f"{UNIT}/dir/kustomization.yaml": "resources: [in.yaml]\n",
    f"{UNIT}/dir/in.yaml": MANIFEST.format("in"),
    f"{UNIT}/plugins/kustomization.yaml": "resources: [../t.yaml]\n",
    "comp/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: c.yaml}]\n",
    "comp/c.yaml": PATCH,
    "GitHub.com/a/b/kustomization.yaml": "resources: [in.yaml]\n",
    "GitHub.com/a/b/in.yaml": MANIFEST.format("gh"),
}  # fmt: skip
GOOD = {
    "resources": ["./cm.yaml", "dir", "../x/other.yaml", "a b.yaml", "ä.yaml", "%41.yaml", "@x.yaml", "base"],
    "bases": ["x@y.yaml"],
    "components": ["../../../comp"],
    "patchesStrategicMerge": ["p.yaml"],
    "crds": ["crd.json"],
    "configurations": ["cfg.yaml"],
    "generators": ["g.yaml"],
    "transformers": ["t.yaml"],
    "validators": ["t.yaml"],
}
ODD = [
    "1", "0x10", "1e3", "1_000", "yes", "~", "null", "-dash.yaml", "x@y.yaml", ".", "..", "../..", "", " cm.yaml", "cm.yaml ",
    "../../../../outside/cm.yaml", "/outside/cm.yaml", "{x}/../../../../../outside", "x\n/../../../../../outside",
    "http://{0}/a", "HTTP://{0}/a", "http:{0}/a", "https://{0}/a.yaml", "\thttp://{0}/a", "http://{0}/a\n",
    "file:///nowhere?ref=--upload-pack%3Dx", "FILE://nowhere", "file://{0}/a/b", "git::https://{0}/a/b", "gIt::github.com/a/b",
    "GitHub.com/a/b", "../../../GitHub.com/a/b", "github.com:a/b", "g\u0130thub.com/a/b", "git@{0}:a/b", "u@h/a/b", "ssh://{0}/a/b",
    "dir//", "dir//in.yaml", "dir?ref=x", "cm.yaml?timeout=1", "cm.yaml#x", "\ufeffcm.yaml", "cm.yaml\u2028", "cm.yaml\x85",
    "k=../../../../outside/cm.yaml", "k=http://{0}/a", "k=x.properties", "=x", "k=", "kustomization.yaml", "plugins", "c:\\x", "cm.yaml,p.yaml",
]  # fmt: skip
EXPRESSIONS = [
    ".*", "WORD|x", "x|WORD", "(WORD)", "^WORD$", r"WORD\z", r"WORD\Z", "(?i)WORD", "(?=WORD)WORD", "WORD[", "(", "(?P<n>WORD)", "(?<n>WORD)",
    "WORD{1001}", "(WORD+)+", r"\QWORD\E", r"\pL+", r"\p{Greek}", "WORD*+", "WORD??", "[[:alpha:]]+", "WORD}", "{WORD}", "WORD\t", "",
]  # fmt: skip
FOLDS = str.maketrans({"s": "\u017f", "k": "\u212a", "S": "\u017f", "K": "\u212a"})


class Maker:
    """One repository from one seed; `address` is where a fetch would arrive."""

    def __init__(self, seed: int, address: str) -> None:
        self.random = Random(seed)
        self.address = address
        self.naughty = self.random.choice((0.0, 0.0, 0.02, 0.1, 0.3))
        self.mutations = self.random.choice((0, 0, 0, 1, 3))

    def files(self) -> dict[str, bytes]:
        """Return a repository's files."""
        texts = dict(FIXED)
        texts["base/kustomization.yaml"] = self.kustomization(("resources",), {"resources": ["in.yaml"]})
        texts["base/in.yaml"] = MANIFEST.format("base")
        for name, kinds in (("t.yaml", "Transformer"), ("g.yaml", "Generator")):
            texts[f"{UNIT}/{name}"] = self.plugin_file(kinds)
        fields = self.random.sample(list(KUSTOMIZATION.of), self.random.randrange(1, 6))
        fields += [OPENAPI] if self.odd() else []
        texts[f"{UNIT}/kustomization.yaml"] = self.kustomization(("resources", *fields), GOOD)
        return {path: text.encode("utf-8", "surrogatepass") for path, text in texts.items()}

    def odd(self) -> bool:
        """Tell whether a trick is due."""
        return self.random.random() < self.naughty

    def pick(self, *of: str) -> str:
        """Return one of some words."""
        return self.random.choice(of)

    def kustomization(self, fields: tuple[str, ...], good: dict[str, list[str]]) -> str:
        """Return the text of a kustomization with some fields."""
        parts = [self.field(name, self.value(name, good)) for name in dict.fromkeys(fields)]
        self.random.shuffle(parts)
        return self.finish("".join(parts))

    def value(self, name: str, good: dict[str, list[str]]) -> str:  # noqa: PLR0911 -- one for each field
        """Return a field's value in flow style, or as an indented block."""
        if name in good or name in ("crds", "validators"):
            known = good.get(name) or []
            chosen = self.random.sample(known, self.random.randrange(len(known) + 1))
            return self.many([self.path([one], name) for one in chosen] + (["*v"] if self.odd() else []))
        match name:
            case "patches" | "patchesJson6902":
                where = self.pick(
                    f"path: {self.path(['p.yaml', 'j.yaml'], name)}", "patch: '[{op: add, path: /data/q, value: q}]'"
                )
                target = (
                    f"{self.key('kind')}: {self.expression('ConfigMap')}, {self.key('name')}: {self.expression('cm')}"
                )
                return self.many([f"{{{where}, target: {{{target}}}}}"])
            case "replacements":
                return self.many([f"{{path: {self.path(['r.yaml'], name)}}}"])
            case "configMapGenerator" | "secretGenerator":
                return self.many([self.generator()])
            case "openapi":
                return f"{{{self.key('path')}: {self.path(['x.properties'], name)}}}"
            case "images" | "imageTags":
                return self.many([f"{{name: {self.expression('i')}, {self.key('newTag')}: {self.scalar('v1')}}}"])
            case "commonLabels" | "commonAnnotations":
                return f"{{{self.pick('a', '1', 'true', 'x/y')}: {self.scalar('b')}}}"
            case "kind":
                return self.pick("Kustomization", "Component", "kustomization")
            case "apiVersion":
                return "kustomize.config.k8s.io/v1beta1"
            case "namespace" | "namePrefix" | "nameSuffix":
                return self.scalar("abc")
        return self.pick("{}", "[]", "null", "")

    def expression(self, word: str) -> str:
        """Return an expression that means a word, or is none in some reader."""
        if not self.odd():
            return word
        return "'" + self.pick(*EXPRESSIONS).replace("WORD", word) + "'"

    def generator(self) -> str:
        """Return one entry of a generator."""
        files = self.many([self.path(["x.properties", "k=x.properties", "p.yaml"], "files")], flow=True)
        envs = self.many([self.path(["x.properties"], "envs")], flow=True)
        inner = [f"{self.key('name')}: gen{self.random.randrange(9)}"]
        inner += self.random.sample(
            [f"{self.key('files')}: {files}", f"{self.key('envs')}: {envs}", "literals: [a1=b]"], 1
        )
        return f"{{{', '.join(inner)}}}"

    def plugin_file(self, kinds: str) -> str:
        """Return a file of one or two plugins."""
        text = self.pick("---\n", "--- # x\n", "\n---\n", "...\n---\n").join(
            self.plugin(kinds) for _ in range(self.random.choice((1, 1, 2)))
        )
        return self.finish(text)

    def plugin(self, kinds: str) -> str:
        """Return one plugin's configuration."""
        kind = self.random.choice([kind for kind in PLUGINS if kind.endswith(kinds)])
        if self.odd():
            kind = self.pick("HelmChartInflationGenerator", "Evil", kind.lower())
        parts = [self.field("apiVersion", "builtin"), self.field("kind", kind), self.field("metadata", "{name: t}")]
        match kind:
            case "PatchTransformer":
                parts += [
                    self.field("path", self.path(["p.yaml", "j.yaml"], "path")),
                    self.field("target", "{kind: ConfigMap}"),
                ]
            case "PatchJson6902Transformer":
                parts += [
                    self.field("path", self.path(["j.yaml"], "path")),
                    self.field("target", "{kind: ConfigMap, name: cm, version: v1}"),
                ]
            case "PatchStrategicMergeTransformer":
                parts.append(self.field("paths", self.many([self.path(["p.yaml"], "paths")])))
            case "ReplacementTransformer":
                parts.append(self.field("replacements", self.many([f"{{path: {self.path(['r.yaml'], 'path')}}}"])))
            case "ConfigMapGenerator" | "SecretGenerator":
                parts.append(self.field("files", self.many([self.path(["x.properties", "k=x.properties"], "files")])))
            case "ValueAddTransformer":
                parts.append(self.field("targetFilePath", self.path(["cfg.yaml"], "path")))
            case "AnnotationsTransformer":
                parts.append(self.field("annotations", "{a: b}"))
        return "".join(parts)

    def field(self, name: str, value: str) -> str:
        """Return a key with its value, or a trick that says the same to one reader."""
        if not self.odd():
            return f"{name}: {value}\n"
        return self.random.choice((
            f"{self.key(name)}: {value}\n", f"? {name}\n: {value}\n", f"<<: {{{name}: {value}}}\n",
            f"<<: [{{{name}: {value}}}]\n", f"'<<': {{{name}: {value}}}\n", f"!!merge <<: {{{name}: {value}}}\n",
            f"!!str {name}: {value}\n", f"!!binary {base64.b64encode(name.encode()).decode()}: {value}\n",
            f"{name} : {value}\n", f"{name}:\t{value}\n", f"{name}: &a {value}\n{name.title()}: *a\n", f"{name}: {value}\n{name}: []\n",
        ))  # fmt: skip

    def key(self, name: str) -> str:
        """Return a key, spelled as some reader knows it."""
        if not self.odd():
            return name
        folded = name.translate(FOLDS)
        escaped = f'"\\x{ord(name[0]):02x}{name[1:]}"'
        return self.pick(
            name.title(), name.upper(), name.capitalize(), folded, f"'{name}'", f'"{name}"', escaped, f"&k {name}"
        )

    def many(self, values: list[str], *, flow: bool = False) -> str:
        """Return a list."""
        if flow or any(value.startswith("{") for value in values) or self.random.random() < 0.5:
            return f"[{', '.join(value.replace(chr(10), ' ') for value in values)}]"
        return "\n" + "\n".join(f"- {value}" for value in values)

    def path(self, good: list[str], field: str) -> str:
        """Return a path, now and then one that no reader should follow, or what stands in its place."""
        if not self.odd():
            chosen = self.random.choice(good)
            return self.scalar("../../../base" if chosen == "base" else chosen)
        if field in ("generators", "transformers", "validators") and self.random.random() < 0.5:
            inline = self.plugin("Generator" if field == "generators" else "Transformer")
            return "|\n" + "".join(f"    {line}\n" for line in inline.splitlines())
        return self.scalar(self.random.choice(ODD).replace("{0}", self.address))

    def scalar(self, text: str) -> str:
        """Return a text as YAML, in some style."""
        double = '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
        plain = text if text.strip() == text and text and "\n" not in text else double
        if not self.odd():
            plain = plain if plain[0].isalnum() or plain[0] in "./" else double
            return self.pick(plain, plain, "'" + text.replace("'", "''").replace("\n", "\n\n") + "'", double)
        escaped = '"' + "".join(f"\\u{ord(mark):04x}" if ord(mark) < 0x10000 else mark for mark in text) + '"'
        binary = f"!!binary {base64.b64encode(text.encode('utf-8', 'replace')).decode()}"
        return self.pick(
            escaped, binary, f"!!str {plain}", f"! {plain}", f"&v {plain}", "*v", f"|-\n    {text}\n", f">\n    {text}\n",
            f"[{plain}]", f"{{a: {plain}}}", f"{plain} # x", f'"{text[:1]}\\\n  {text[1:]}"',
        )  # fmt: skip

    def finish(self, text: str) -> str:
        """Return a file's text with a beginning and an end, and some characters changed."""
        if self.odd():
            text = self.random.choice((
                "---\n" + text, "%YAML 1.1\n---\n" + text, "%TAG ! tag:x,2000:\n---\n" + text, "\ufeff" + text, text.replace("\n", "\r\n"),
                text.replace("\n", "\r", 1), text.replace("\n", "\x85", 1), text.replace("\n", "\u2028", 1), text + "---\n", text + "...\n",
                text + "---\nresources: [other.yaml]\n", "---\n---\n" + text, text + "# \x85resources: [other.yaml]\n",
                "{" + text.replace("\n", ",") + "}", text + "...\nresources: [other.yaml]\n", "- x\n---\n" + text,
            ))  # fmt: skip
        for _ in range(self.mutations):
            at = self.random.randrange(len(text) + 1)
            with_ = self.pick("", "", " ", "\n", "\t", ":", "-", "{", "}", "[", "]", "#", "&a ", "*a ", "!", "'", '"', "\\", "?", ",", "/", "..", "\u2029", "|", ">", "%", "@")  # fmt: skip
            text = text[:at] + with_ + text[at + self.random.randrange(2) :]
        return text
