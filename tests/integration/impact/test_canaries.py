"""Fifty secrets in every place that can hold one: each changed key is told, and no value, in no encoding, anywhere."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from bos_tools.cli.main import main
from harness.repositories import deployment, files, repository, unit, write

UNIT = "overlays/dev/web/kustomization.yaml"
BASE = "base/web/kustomization.yaml"
HEAD = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n"
LISTED = "resources:\n- deployment.yaml\n- secret.yaml\n"
GENERATED = "resources:\n- deployment.yaml\nsecretGenerator:\n- name: s\n"
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
KEY = "-----BEGIN KEY-----\n{}\n{}\n-----END KEY-----\n"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(body: str) -> dict[str, str]:
    return {"base/web/secret.yaml": HEAD + body, BASE: LISTED}


def patched(patch: str, target: str = "") -> dict[str, str]:
    there = secret("stringData:\n  a: placeholder\n")
    return {**there, UNIT: unit("web", extra=f"patches:\n- patch: |-\n{patch}{target}")}


def applied(value: str) -> str:
    return json.dumps(json.dumps({"kind": "Secret", "data": {"a": encoded(value)}, "stringData": {"a": value}}))


COPIED = """\
replacements:
- source: {kind: Secret, name: s, fieldPath: stringData.a}
  targets:
  - select: {kind: Deployment}
    fieldPaths: [spec.template.metadata.annotations.copied]
    options: {create: true}
"""
PLACES = {
    "data": (lambda v: secret(f"data:\n  a: {encoded(v)}\n"), "data.a"),
    "data of several keys": (lambda v: secret(f"data:\n  b: eA==\n  a.txt: {encoded(v)}\n"), 'data["a.txt"]'),
    "data in lines": (lambda v: secret(f"data:\n  a: {encoded(KEY.format(v, v))}\n"), "data.a"),
    "stringData": (lambda v: secret(f"stringData:\n  a: {v}\n"), "stringData.a"),
    "stringData in lines": (lambda v: secret(f"stringData:\n  a: |\n    one\n    {v}\n    two\n"), "stringData.a"),
    "stringData as JSON": (lambda v: secret("stringData:\n  a: '" + json.dumps({"p": v}) + "'\n"), "stringData.a"),
    "stringData quoted": (lambda v: secret(f'stringData:\n  a: "{v}\\n\\t"\n'), "stringData.a"),
    "an immutable Secret": (lambda v: secret(f"immutable: true\nstringData:\n  a: {v}\n"), "stringData.a"),
    "a Secret of another type": (
        lambda v: secret(f"type: kubernetes.io/basic-auth\nstringData:\n  password: {v}\n"),
        "stringData.password",
    ),
    "a registry's login": (
        lambda v: secret(
            "type: kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: '"
            + json.dumps({"auths": {"r": {"password": v, "auth": encoded(f"me:{v}")}}}) + "'\n"
        ),
        'stringData[".dockerconfigjson"]',
    ),
    "an annotation of a Secret": (lambda v: {"base/web/secret.yaml": HEAD + f"  annotations:\n    note: {v}\n", BASE: LISTED},
        "metadata.annotations.note"),
    "what was last applied of a Secret": (
        lambda v: {"base/web/secret.yaml": HEAD + f"  annotations:\n    {APPLIED}: {applied(v)}\n", BASE: LISTED},
        f'metadata.annotations["{APPLIED}"]',
    ),
    "what was last applied of a Deployment": (
        lambda v: {
            "base/web/deployment.yaml": deployment("web").replace(
                "  name: web\nspec", f"  name: web\n  annotations:\n    {APPLIED}: {applied(v)}\nspec", 1
            )
        },
        f'metadata.annotations["{APPLIED}"]',
    ),
    "a field that no Secret has": (lambda v: secret(f"spec:\n  a: {v}\n"), "spec.a"),
    "a Secret in JSON": (
        lambda v: {
            "base/web/secret.yaml": json.dumps(
                {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": v}}
            ),
            BASE: LISTED,
        },
        "stringData.a",
    ),
    "a Secret in a List": (
        lambda v: {
            "base/web/secret.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n"
            f"  metadata: {{name: s}}\n  stringData: {{a: {v}}}\n",
            BASE: LISTED,
        },
        "stringData.a",
    ),
    "a literal": (lambda v: {BASE: f"{GENERATED}  literals: [a={v}]\n"}, "data.a"),
    "a quoted literal": (lambda v: {BASE: f"{GENERATED}  literals: ['a=\"{v}\"']\n"}, "data.a"),
    "a literal without a hash": (
        lambda v: {BASE: f"{GENERATED}  literals: [a={v}]\n  options: {{disableNameSuffixHash: true}}\n"},
        "data.a",
    ),
    "an immutable literal": (
        lambda v: {BASE: f"{GENERATED}  literals: [a={v}]\n  options: {{immutable: true}}\n"},
        "data.a",
    ),
    "a literal that pods name": (
        lambda v: {
            BASE: f"{GENERATED}  literals: [a={v}]\n",
            "base/web/deployment.yaml": deployment("web") + "        envFrom:\n        - secretRef:\n            name: s\n",
        },
        "data.a",
    ),
    "a file": (lambda v: {BASE: f"{GENERATED}  files: [a]\n", "base/web/a": v}, "data.a"),
    "a file with another key": (lambda v: {BASE: f"{GENERATED}  files: [b=a]\n", "base/web/a": f"{v}\n"}, "data.b"),
    "a file of bytes": (lambda v: {BASE: f"{GENERATED}  files: [a]\n", "base/web/a": b"\xff\x00" + v.encode()}, "data.a"),
    "variables": (lambda v: {BASE: f"{GENERATED}  envs: [a.env]\n", "base/web/a.env": f"# one\na={v}\n"}, "data.a"),
    "a generator's own file": (
        lambda v: {
            BASE: "resources:\n- deployment.yaml\ngenerators: [g.yaml]\n",
            "base/web/g.yaml": f"apiVersion: builtin\nkind: SecretGenerator\nmetadata: {{name: s}}\nliterals: [a={v}]\n",
        },
        "data.a",
    ),
    "a merged generator": (
        lambda v: {
            BASE: f"{GENERATED}  literals: [a=placeholder]\n",
            UNIT: unit("web", extra=f"secretGenerator:\n- name: s\n  behavior: merge\n  literals: [a={v}]\n"),
        },
        "data.a",
    ),
    "a patch": (
        lambda v: patched(f"    apiVersion: v1\n    kind: Secret\n    metadata: {{name: s}}\n    stringData: {{a: {v}}}\n"),
        "stringData.a",
    ),
    "an operation": (
        lambda v: patched(f"    - {{op: replace, path: /stringData/a, value: {v}}}\n", "  target: {kind: Secret}\n"),
        "stringData.a",
    ),
    "an operation that adds a key": (
        lambda v: patched(f"    - {{op: add, path: /stringData/b, value: {v}}}\n", "  target: {kind: Secret}\n"),
        "stringData.b",
    ),
    "a patch in a file": (
        lambda v: {
            **secret("stringData:\n  a: placeholder\n"),
            UNIT: unit("web", extra="patches:\n- path: p.yaml\n"),
            "overlays/dev/web/p.yaml": f"{HEAD}stringData:\n  a: {v}\n",
        },
        "stringData.a",
    ),
    "a component": (
        lambda v: {
            **secret("stringData:\n  a: placeholder\n"),
            "overlays/dev/env/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
            f"namespace: buildingos\npatches:\n- patch: |-\n{HEAD.replace(chr(10), chr(10) + '    ').join(['    ', ''])}"
            f"stringData:\n      a: {v}\n  target: {{kind: Secret}}\n",
        },
        "stringData.a",
    ),
    "a copy in another object": (
        lambda v: {**secret(f"stringData:\n  a: {v}\n"), UNIT: unit("web", extra=COPIED)},
        "stringData.a",
    ),
}  # fmt: skip
BROKEN = {
    "a key twice": lambda v: secret(f"stringData:\n  a: {v}\n  a: {v}2\n"),
    "an open quote": lambda v: secret(f'stringData:\n  a: "{v}\n'),
    "a wrong indent": lambda v: secret(f"stringData:\n    a: {v}\n  b: {v}\n"),
    "a tab": lambda v: secret(f"stringData:\n\ta: {v}\n"),
    "an alias": lambda v: secret(f"stringData:\n  a: *{v}\n"),
    "a tag": lambda v: secret(f"stringData:\n  a: !{v} x\n"),
    "an escape": lambda v: secret(f'stringData:\n  a: "{v}\\q"\n'),
    "two values": lambda v: secret(f"stringData: {v}\n"),
    "a list": lambda v: secret(f"stringData: [{v}]\n"),
    "data that is no Base64": lambda v: secret(f"data:\n  a: {v}!\n"),
    "a Secret without a name": lambda v: {**secret(""), "base/web/secret.yaml": f"kind: Secret\nstringData: {{a: {v}}}\n"},
    "a literal without a key": lambda v: {BASE: f"{GENERATED}  literals: [{v}]\n"},
    "a literal that is a mapping": lambda v: {BASE: f"{GENERATED}  literals: [{{a: {v}}}]\n"},
    "a literal with no name": lambda v: {BASE: f"{GENERATED}  literals: ['={v}']\n"},
    "a literal under a wrong word": lambda v: {BASE: f"{GENERATED}  literal: [a={v}]\n"},
    "a literal twice": lambda v: {BASE: f"{GENERATED}  literals: [a={v}, a={v}2]\n"},
    "variables without a key": lambda v: {BASE: f"{GENERATED}  envs: [a.env]\n", "base/web/a.env": f"={v}\n"},
    "variables that are no text": lambda v: {
        BASE: f"{GENERATED}  envs: [a.env]\n", "base/web/a.env": b"a=\xff" + v.encode()
    },
    "a patch that matches nothing": lambda v: patched(
        f"    apiVersion: v1\n    kind: Secret\n    metadata: {{name: other}}\n    stringData: {{a: {v}}}\n"
    ),
    "an operation that is none": lambda v: patched(
        f"    - {{op: test, path: /stringData/a, value: {v}}}\n", "  target: {kind: Secret}\n"
    ),
    "a patch that is no YAML": lambda v: patched(f"    kind: Secret\n    stringData: {{a: {v}\n"),
}  # fmt: skip


def forms(canary: str) -> Iterator[str]:
    """Yield how a value may be seen: as it is, in Base64 at any place in a longer text, in hex, quoted, from behind."""
    yield from (canary, canary.encode().hex(), quote(canary, safe=""), canary[::-1])
    for shift in range(3):
        text = base64.b64encode(b"x" * shift + canary.encode()).decode()
        yield text[4 if shift else 0 : len(text) // 4 * 4 - 4]


def seen(text: str, canary: str) -> list[str]:
    return [form for form in forms(canary) if form in text]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "HOME", "TMPDIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("BOS_TOOLS_CACHE", raising=False)
    return tmp_path


def left(place: Path) -> str:
    """Return all that stands in files outside of the repository: caches and logs."""
    inside = place / "work"
    there = [path for path in place.rglob("*") if path.is_file() and inside not in path.parents]
    return "".join(path.read_bytes().decode("latin-1") for path in there)


def run(work: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    main(["--repo", str(work), "--verbose", "diff", *words])
    return "".join(capsys.readouterr())


def test_there_are_fifty():
    assert len(PLACES) + len(BROKEN) >= 50


@pytest.mark.parametrize("name", PLACES)
def test_the_key_of_a_secret_is_told_and_its_value_nowhere(name, place, capsys):
    make, field = PLACES[name]
    work = repository(place / "work", {**files(["web"], ["dev", "preprod", "prod"]), **make("canary-of-the-first")})
    write(work, make("canary-of-the-second"))

    text, document = run(work, capsys), run(work, capsys, "--output", "json")

    assert field in text
    assert [f["field"] for c in json.loads(document)["changes"] for f in c["fields"] if f.get("redacted")], document
    for canary in ("canary-of-the-first", "canary-of-the-second"):
        assert not seen(text + document, canary)
        assert not seen(left(place), canary)


@pytest.mark.parametrize("name", BROKEN)
def test_an_error_quotes_no_value(name, place, capsys):
    work = repository(place / "work", files(["web"], ["dev", "preprod", "prod"]))
    write(work, BROKEN[name]("canary-that-breaks"))

    said = run(work, capsys) + run(work, capsys, "--output", "json")

    assert "overlays/dev/web" in said or "base/web" in said
    assert not seen(said + left(place), "canary-that-breaks")


def test_the_hash_of_a_generated_secret_is_told_nowhere(place, capsys):
    make, _ = PLACES["a literal that pods name"]
    work = repository(place / "work", {**files(["web"]), **make("canary-of-the-first")})
    write(work, make("canary-of-the-second"))

    changes = json.loads(run(work, capsys, "--env", "dev", "--output", "json"))["changes"]

    told = {change["object"]: [f["field"] for f in change["fields"]] for change in changes}
    assert told == {
        "Secret buildingos/s": ["data.a"],
        "Deployment.apps buildingos/web": ["spec.template.spec.containers[web].envFrom[0].secretRef.name"],
    }
