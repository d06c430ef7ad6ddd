"""The words and the branch of a pull request: whole rows, no secret, one name for one thing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bos_tools import plain
from bos_tools.change import describe, topic
from bos_tools.change.prove import Proof
from bos_tools.errors import Usage
from bos_tools.intents.bump import Bump
from bos_tools.intents.plan import FieldEffect, ImageEffect, Plan
from bos_tools.render.diff import Change
from bos_tools.tree.layout import Unit
from bos_tools.verbs.landing import Landing

HEAD = "0123456789abcdef0123456789abcdef01234567"
BUMP = Bump(None, ())


def body(*changes: Change, folders: int = 1) -> str:
    proof = Proof(changes, tuple(f"overlays/dev/svc-{n}" for n in range(folders)))
    return describe.body(proof, HEAD, "main", "bos-tools/dev/bump-web", lambda sha, path: f"https://git/{sha}/{path}")


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| `")]


def test_a_body_over_the_limit_loses_whole_rows_and_counts_them():
    changes = [Change(f"Deployment.apps buildingos/svc-{n:04d}", "spec.replicas", n, n + 1) for n in range(3_000)]

    text = body(*changes, folders=600)

    left = int(re.findall(r"^\| and (\d+) more fields \| \| \| \|$", text, re.MULTILINE)[0])
    assert len(text) <= describe.LIMIT
    assert len(text) > describe.LIMIT - 300
    assert len(rows(text)) + left == 3_000
    assert all(
        re.fullmatch(r"\| `Deployment\.apps buildingos/svc-\d{4}` \| `spec\.replicas` \| `\d+` \| `\d+` \|", row)
        for row in rows(text)
    )
    assert re.search(r"^- and \d+ more folders$", text, re.MULTILINE)
    assert describe.described(text) == HEAD


def test_a_secret_is_told_by_key_and_never_by_value():
    text = body(
        Change("Secret buildingos/swr-cred", "data.password", "b2xk", "bmV3"),
        Change("Secret a/b", "data.x", None, "bmV3"),
    )

    assert "data.password" in text
    assert "b2xk" not in text
    assert "bmV3" not in text


@pytest.mark.parametrize(
    "value", ["a|b", "`tick`", "two\nlines", "x" * 500, "", "@team <b>", {"a": [1]}, 7, True, None]
)
def test_a_value_stays_in_its_cell(value):
    (row,) = rows(body(Change("ConfigMap a/b", "data.x", "old", value)))

    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert len(row) < 300


@pytest.mark.parametrize(
    "word",
    [
        "\x1b[2J",
        "\u202egnp",
        "a\\|b",
        "x\\\\|y",
        "``` ![x](http://evil) ```",
        "\r::error::",
        "|\\",
        "<!-- x -->",
        "\u200b@team",
    ],
)
def test_a_stranger_s_word_stays_in_its_cell(word):
    text = body(Change(f"ConfigMap a/{word}", f"data.{word}", word, f"new {word}"))

    (row,) = rows(text)
    cells = re.findall(r"(?:\\[!-/:-@\[-`{-~]|[^|])+", row.strip("|"))  # as cmark-gfm splits a row
    assert len(cells) == 4, cells
    assert all(re.fullmatch(r" (`+)(?!`).*(?<!`)\1 ", cell) for cell in cells), cells
    assert plain.written(text) == text


long = st.builds(lambda text, times: text * times, st.text(max_size=8), st.integers(1, 60))


@given(st.lists(long, max_size=80))
def test_no_body_is_longer_than_the_limit_or_without_its_mark(values):
    text = body(*(Change("ConfigMap a/b", f"data.{n}", v, v * 3) for n, v in enumerate(values)))

    assert len(text) <= describe.LIMIT
    assert describe.described(text) == HEAD


def test_a_title_is_one_line_that_every_forge_takes():
    assert describe.title("Bump web\nand more") == "Bump web"
    assert len(describe.title("x" * 400)) == describe.TITLE_LIMIT


def plan(*effects) -> Plan:
    return Plan("title", (), {}, effects)


def image(service: str, name: str = "") -> ImageEffect:
    return ImageEffect(Unit("dev", service), name or service, "r", None, "r:1", "path", 1)


def claim(service: str, name: str) -> FieldEffect:
    return FieldEffect(Unit("dev", service), f"PersistentVolumeClaim buildingos/{name}", "f", 1, 2, "path", 1)


def test_a_branch_is_named_by_kind_environment_and_what_it_touches_in_any_order():
    assert topic.name(BUMP, plan(image("web"), image("backend"))) == "bos-tools/dev/bump-backend+web"
    assert topic.name(BUMP, plan(image("backend"), image("web"), image("web"))) == "bos-tools/dev/bump-backend+web"
    assert topic.name(BUMP, plan(image("web", "sidecar"))) == "bos-tools/dev/bump-web.sidecar"
    assert topic.name(BUMP, plan(claim("emqx", "emqx-log"))) != topic.name(BUMP, plan(claim("emqx", "emqx-data")))


@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=30, unique=True))
def test_a_name_is_always_one_that_git_takes(names):
    name = topic.name(BUMP, plan(*(image("web", n) for n in names)))

    last = name.removeprefix("bos-tools/dev/")
    assert re.fullmatch(r"bump-[A-Za-z0-9._+-]+", last)
    assert ".." not in last
    assert not last.endswith((".", ".lock"))
    assert len(last) < 140


@pytest.mark.parametrize("how", [{"commit": True}, {"push": True}])
def test_a_pull_request_goes_with_neither_a_commit_nor_a_push(how):
    with pytest.raises(Usage, match="--pr goes alone"):
        Landing(pr=True, **how)


def test_names_that_are_cut_or_cleaned_stay_apart():
    many = [image(f"service-{n}") for n in range(50)]

    names = {
        topic.name(BUMP, plan(*some)) for some in (many, many[1:], many[:-1], [image("a", "x/y")], [image("a", "x:y")])
    }

    assert len(names) == 5
