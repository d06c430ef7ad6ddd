"""No expression of the package takes more than about twice the time for twice the text, whatever the text.

Texts come from strangers: files, commits, a remote's words.  Each expression is tried on runs of what it is made of.
"""

import ast
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import settings

from harness import ROOT

PACKAGE = ROOT / "tools" / "bos_tools"
ONCE = {"match", "fullmatch"}
"""Methods that try an expression at one place of a text."""
CALLS = {"compile", "search", "sub", "subn", "split", "findall", "finditer"} | ONCE
ELSEWHERE = {
    "verbs/pvc_recommend.py": "the pattern of whoever runs it",
    "review/blame.py": "a word of kustomize's complaint, escaped",
    "review/locate.py": "an object's name, escaped",
    "storage/volumes.py": "an object's name, escaped",
    "tree/applied.py": "a word of letters and digits alone",
    "tree/scheme.py": "the places of a policy, each with an end of its own (tree/policy.py refuses others)",
    "review/rules/secrets.py": "tests/unit/review/test_secret_patterns.py",
}
"""Which expressions are made of others' words, and why that harms nobody; expressions of files are RE2's."""
SMALL, LARGE = 400, 3200
Text = str | bytes


def value(node: ast.expr, known: dict[str, Any]) -> Any:
    """Return what a constant expression says; what it takes from elsewhere is `abc`."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return known[node.id]
        case ast.BinOp(op=ast.Add()):
            return value(node.left, known) + value(node.right, known)
        case ast.JoinedStr():
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "abc" for part in node.values)
        case ast.Call(func=ast.Attribute(attr="escape")):
            return b"abc"
        case ast.Call(func=ast.Attribute(attr="compile")):
            return value(node.args[0], known)
    raise KeyError(ast.unparse(node))


class Found(NamedTuple):
    """One expression; None for one that is not written down."""

    place: str
    text: Text | None
    flags: int
    methods: frozenset[str]


def methods() -> dict[str, set[str]]:
    """Return by which methods each constant of the package is used."""
    used: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for name, method in re.findall(r"\b([A-Z_]{2,})\.([a-z]+)\b", path.read_text()):
            used.setdefault(name, set()).add(method)
    return used


def expressions() -> Iterator[Found]:
    """Yield every expression of the package."""
    used = methods()
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        names = {
            id(node.value): target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        known: dict[str, Any] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                try:
                    known[node.targets[0].id] = value(node.value, known)
                except (KeyError, TypeError):
                    continue
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).removeprefix("re.") in CALLS
                and "re." in ast.unparse(node.func)
            ):
                here = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                flags = sum({int(getattr(re, name)) for name in re.findall(r"\bre\.([A-Z]+)\b", ast.unparse(node))})
                method = ast.unparse(node.func).rpartition(".")[2]
                by = used.get(names.get(id(node), ""), set()) & CALLS if method == "compile" else {method}
                try:
                    found = value(node.args[0], known)
                except (KeyError, TypeError):
                    found = None
                yield Found(here, found if isinstance(found, str | bytes) else None, flags, frozenset(by or CALLS))


def parts(text: Text) -> list[str]:
    """Return what an expression is made of: each of its characters, its words, a letter, a digit, spaces."""
    said = text if isinstance(text, str) else text.decode("latin-1")
    plain = re.sub(r"\\[nrt]", "\n", re.sub(r"\\[A-Za-z]|\(\?\w*[:=!<P]", " ", said))
    words = re.findall(r"[\w:/.@=-]{2,}", plain)
    return list(
        dict.fromkeys(
            [
                *sorted(set(plain))[:30],
                *words[:12],
                "a",
                "0",
                "A",
                " ",
                "\n",
                " \n",
                "a ",
                "a.",
                "a-",
                "0.",
                "\t",
                "-",
                "'",
            ]
        )
    )


def cost(run: Any, text: Text, by: frozenset[str]) -> float:
    """Return what an expression costs as it is used, in seconds of a processor."""
    start = time.process_time()
    if "match" in by:
        run.match(text)
    if "fullmatch" in by:
        run.fullmatch(text)
    if by - ONCE:
        for _ in run.finditer(text):
            pass
    return time.process_time() - start


def texts(text: Text) -> Iterator[Callable[[int], Any]]:
    """Yield makers of texts of a size: a run of a part of an expression, after another part, before what is none."""
    words = parts(text)
    heads = [
        "",
        *[word for word in words if len(word) > 1][: 4 if settings.get_current_profile_name() == "whole" else 0],
    ]
    for head, word, tail in product(heads, words, ("\x01", "\n\x01")):

        def made(size: int, head: str = head, word: str = word, tail: str = tail) -> Any:
            said = head + word * (size // len(word)) + tail
            return said if isinstance(text, str) else said.encode("latin-1", "replace")

        yield made


@cache
def known() -> list[Found]:
    return list(expressions())


@pytest.mark.parametrize("found", [one for one in known() if one.text is not None], ids=lambda found: found.place)
def test_twice_the_text_takes_about_twice_the_time(found: Found) -> None:
    assert found.text is not None
    run = re.compile(found.text, found.flags)
    for made in texts(found.text):
        assert cost(run, made(24), found.methods) < 0.5, (found.text, made(24))
        if cost(run, made(LARGE), found.methods) > 0.002:  # a linear one takes a tenth of it
            small, large = (min(cost(run, made(size), found.methods) for _ in range(3)) for size in (SMALL, LARGE))
            assert large < 20 * small, (found.text, made(24), small, large)


def test_every_expression_is_written_down_or_harms_nobody() -> None:
    assert {one.place.rpartition(":")[0] for one in known() if one.text is None} == set(ELSEWHERE)


def test_the_search_is_not_blind() -> None:
    assert len(known()) > 80
    run, by = re.compile(r"(\w[\w+.-]*://)x"), frozenset({"search"})
    assert cost(run, "a" * LARGE, by) > 20 * cost(run, "a" * SMALL, by)
