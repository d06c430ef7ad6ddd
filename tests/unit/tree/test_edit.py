"""Byte-exact edits, over thousands of generated kustomizations."""

from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bos_tools.errors import BosError, RepositoryError
from bos_tools.tree.edit import Editor, quoted
from bos_tools.tree.kustomization import Kustomization
from bos_tools.tree.nodes import parse
from harness.cases import cases

COMMENTS = [
    "",
    "# plain",
    "# 固定版本，勿改",
    "# 🚀 émoji — «quotes» 'x' \"y\"",
    "#",
    "# newTag: v0.0.0",
    "# a: [b, {c",
]
TAGS = ["v1.0.0", "8.10.1-alpine", "v2026.8.21", "1.2.3", "3.4.1.13", "latest-1", "abc1234"]
NEW = [
    "v1.0.1",
    "1.10",
    "1e3",
    "0x10",
    "yes",
    "null",
    "0123",
    "1_000",
    "2024-01-01",
    "1234",
    "3.2e2",
    "v9",
    "x",
    "8.10.2-alpine",
]
DIGEST = "sha256:" + "ab" * 32


@dataclass(frozen=True)
class Text:
    """A kustomization and where its target stands."""

    before: str
    target: str
    after: str
    index: int

    @property
    def whole(self) -> str:
        return self.before + self.target + self.after


def styled(value: str, style: str) -> str:
    return f"{style}{value}{style}"


@st.composite
def kustomizations(draw) -> Text:
    """Draw a text in one of the many ways in which people write one, with the newTag of one entry as the target."""
    comment = st.sampled_from(COMMENTS)
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    indent = " " * draw(st.integers(0, 6))
    is_flow = draw(st.booleans())
    entries = draw(st.integers(1, 4))
    index = draw(st.integers(0, entries - 1))
    style = draw(st.sampled_from(["", "'", '"']))
    target = styled(draw(st.sampled_from(TAGS)), style)
    head = draw(st.sampled_from(["", "\ufeff", "---{n}", "%YAML 1.1{n}---{n}", "# 文件{n}", "{n}{n}"])).replace(
        "{n}", newline
    )
    lines = [
        "apiVersion: kustomize.config.k8s.io/v1beta1",
        "kind: Kustomization",
        "resources: &r",
        "- ../../../base/web",
    ]
    lines += [draw(comment) for _ in range(draw(st.integers(0, 3)))]
    lines += [f"commonAnnotations: {{note: '变更 {i}', other: \"x: y\"}}" for i in range(draw(st.integers(0, 1)))]
    lines += ["# filler " + "长" * 60] * draw(st.sampled_from([0, 0, 0, 200]))
    lines += [f"images: {draw(comment)}".rstrip()]
    before, after = head + newline.join(lines) + newline, ""
    done = False
    for number in range(entries):
        tail = f" {draw(comment)}".rstrip()
        value = target if number == index else "v0.0.1"
        if is_flow:
            parts = (
                f"{indent}- {{name: img{number}, newTag: ",
                value,
                f", newName: r.example.com/i{number}}}{tail}{newline}",
            )
        else:
            name_first = draw(st.booleans())
            first = f"{indent}- name: img{number}{newline}{indent}  newTag: " if name_first else f"{indent}- newTag: "
            rest = "" if name_first else f"{indent}  name: img{number}{newline}"
            parts = (first, value, f"{tail}{newline}{rest}{indent}  newName: 'r.example.com/i{number}'{newline}")
        if number == index:
            before, after, done = before + parts[0], parts[2], True
        elif done:
            after += "".join(parts)
        else:
            before += "".join(parts)
    after += draw(
        st.sampled_from(
            ["", f"# end{newline}", f"patches: []{newline}", f"labels:{newline}- pairs: {{a: b}}", newline * 2]
        )
    )
    if draw(st.booleans()) and not after.endswith("]" + newline):
        after = after.rstrip("\r\n")
    return Text(before, target, after, index)


def editor(data: bytes) -> Editor:
    return Editor(parse(data, "kustomization.yaml"))


def data_of(text: bytes) -> Any:
    return yaml.load(text.decode("utf-8-sig"), yaml.CSafeLoader)


@cases(2500)
@given(kustomizations(), st.sampled_from(NEW))
def test_nothing_but_the_bytes_of_the_target_changes(text: Text, new: str):
    edit = editor(text.whole.encode())
    edit.set(("images", text.index, "newTag"), new)
    result = edit.result().decode()

    assert result.startswith(text.before)
    assert result.endswith(text.after)
    written = result[len(text.before) : len(result) - len(text.after)]
    assert yaml.safe_load(written) == new
    assert isinstance(yaml.safe_load(written), str)
    assert text.target[0] not in "'\"" or written[0] == written[-1] == text.target[0]
    meant = data_of(text.whole.encode())
    meant["images"][text.index]["newTag"] = new
    assert data_of(result.encode()) == meant


@cases(600)
@given(kustomizations())
def test_a_key_that_is_inserted_is_all_that_changes(text: Text):
    edit = editor(text.whole.encode())
    edit.insert(("images", text.index, "digest"), DIGEST, after="newTag")
    result = edit.result().decode()

    meant = data_of(text.whole.encode())
    meant["images"][text.index]["digest"] = DIGEST
    assert data_of(result.encode()) == meant
    kept = [line for line in result.splitlines() if DIGEST not in line]
    assert [line for line in text.whole.splitlines() if line in kept] == kept
    assert len(result) - len(text.whole) <= len(f"digest: {DIGEST}") + 12


@cases(600)
@given(kustomizations())
def test_a_key_that_is_inserted_and_removed_again_leaves_the_old_bytes(text: Text):
    first = editor(text.whole.encode())
    first.insert(("images", text.index, "digest"), DIGEST, after="newTag")
    inserted = first.result()
    second = editor(inserted)
    try:
        second.remove(("images", text.index, "digest"))
        result = second.result()
    except RepositoryError as error:
        assert "comment" in error.message
        return

    assert result.decode().rstrip("\r\n") == text.whole.rstrip("\r\n")


@cases(600)
@given(kustomizations(), st.booleans())
def test_an_entry_that_is_appended_comes_last_and_changes_no_other(text: Text, with_digest: bool):
    entry = {"name": "more", "newTag": "1.10"} | ({"digest": DIGEST} if with_digest else {})
    edit = editor(text.whole.encode())
    edit.append("images", entry)
    result = edit.result()

    meant = data_of(text.whole.encode())
    meant["images"].append(entry)
    assert data_of(result) == meant
    assert all(line in result.decode().splitlines() for line in text.whole.splitlines())


@cases(800)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_give_a_document_or_an_error_of_ours(data: bytes):
    try:
        edit = editor(data)
        edit.append("images", {"name": "a", "newTag": "v1.0.0"})
        result = edit.result()
    except BosError as error:
        assert error.exit_code == 4
    else:
        assert data_of(result)["images"][-1] == {"name": "a", "newTag": "v1.0.0"}


@cases(800)
@given(kustomizations(), st.integers(0, 400), st.sampled_from(list("[]{}:,&*!|>'\"%@`#-? \t\n\r\ufeff\x00é")))
def test_a_text_with_one_character_more_is_edited_exactly_or_refused(text: Text, at: int, character: str):
    at = min(at, len(text.whole))
    mutated = (text.whole[:at] + character + text.whole[at:]).encode()
    try:
        found = Kustomization("", parse(mutated, "k.yaml"))
        pin = found.pins[text.index]
        edit = editor(mutated)
        edit.set(("images", pin.index, "newTag"), "v7.7.7")
        result = edit.result()
    except (BosError, IndexError, ValueError):
        return

    meant = data_of(mutated)
    meant["images"][text.index]["newTag"] = "v7.7.7"
    assert data_of(result) == meant


@pytest.mark.parametrize(
    "value",
    [
        "1.10",
        "3.2e2",
        "1e3",
        "0x10",
        "yes",
        "null",
        "0123",
        "1_000",
        "2024-01-01",
        "1234",
        "y",
        "on",
        "0o17",
        "1.0",
        ".5",
        "NaN",
        "no",
    ],
)
def test_what_yaml_would_read_as_something_else_is_quoted(value: str):
    assert quoted(value) == f'"{value}"'


@pytest.mark.parametrize(
    "value", ["v1.0.1", "8.10.1", "8.10.1-alpine", "3.4.1.13", "abc1234", DIGEST, "registry.example.com/web"]
)
def test_what_every_yaml_reads_as_text_stays_plain(value: str):
    assert quoted(value) == value


REFUSED = {
    "an alias": "x: &t v1\nimages:\n- name: a\n  newTag: *t\n",
    "an anchored value": "images:\n- name: a\n  newTag: &t v1\n- name: b\n  newTag: *t\n",
    "an anchored entry that another place uses": "images:\n- &e\n  name: a\n  newTag: v1\nx: *e\n",
    "an anchored list that another place uses": "images: &i\n- name: a\n  newTag: v1\nx: *i\n",
    "a block scalar": "images:\n- name: a\n  newTag: |-\n    v1\n",
    "a folded scalar": "images:\n- name: a\n  newTag: >-\n    v1\n",
    "a value over two lines": 'images:\n- name: a\n  newTag: "v1\\\n    .0"\n',
    "a tagged value": "images:\n- name: a\n  newTag: !!str v1\n",
    "a mapping": "images:\n- name: a\n  newTag: {}\n",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_edited_safely_is_refused_with_its_line(what: str):
    text = REFUSED[what]
    line = next(
        n for n, said in enumerate(text.splitlines(), 1) if said.strip().startswith(("newTag", "- &e", "images: &i"))
    )

    with pytest.raises(RepositoryError) as caught:
        editor(text.encode()).set(("images", 0, "newTag"), "v2")

    assert caught.value.reason == "unsafe-edit"
    assert caught.value.line in (line, line + 1)
    assert caught.value.path == "kustomization.yaml"
