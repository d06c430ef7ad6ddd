"""Expressions of a kustomization: matched as kustomize does, and in linear time."""

import subprocess
import sys
import time
from contextlib import suppress

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from bos_tools.tree import patterns
from bos_tools.tree.kustomization import Pin
from bos_tools.tree.nodes import parse
from harness.cases import cases


def pin(name: str, new_name: str | None = None, tag: str | None = None, digest: str | None = None) -> Pin:
    return Pin(0, 1, name, new_name, tag, digest, parse(b"{}", "k.yaml").single())


@pytest.mark.parametrize(
    ("name", "image", "is_meant"),
    [
        ("web", "web", True), ("web", "web:v1", True), ("web", "web@sha256:0", True), ("web", "web:v1@sha256:0", True),
        ("web", "a/web", False), ("web", "webs", False), ("web", "web:v1 ", False), ("web", "web\n", False), ("web", "web:a/b", False),
        ("a.b/web", "a.b/web:1", True), ("a.b/web", "axb/web:1", True), ("host:5000/web", "host:5000/web:1", True),
        (".*/web", "a/b/web:1", True), (".*/web", "web", False), ("(web|api)", "api:1", True), ("web|api", "web-any:thing", True),
        ("web|api", "my-api:1", True), ("w[", "w[", False), ("(?=web)web", "web", False), (r"\pL+", "wéb", True), (r"web\z", "web", True),
    ],
)  # fmt: skip
def test_the_name_of_an_entry_means_what_kustomize_takes_it_for(name: str, image: str, is_meant: bool) -> None:
    assert patterns.names(name, image) is is_meant


@pytest.mark.parametrize(
    ("expression", "text", "is_meant"),
    [
        ("web", "web", True), ("web", "web-1", False), ("web|api", "my-api", False), ("", "web", False), ("w.b", "web", True),
        (".*", "web", True), ("Deployment|StatefulSet", "StatefulSet", True), ("^web$", "web", True), ("web$", "web\n", False), ("(", "(", False), ("a+b", "a+b", False),
    ],
)  # fmt: skip
def test_a_selector_means_a_text_as_a_whole(expression: str, text: str, is_meant: bool) -> None:
    assert patterns.selects(expression, text) is is_meant


@pytest.mark.parametrize(
    "expression", ["(a+)+", "(a|a)*", "(a|ab|b)*c", "a*a*a*a*a*a*a*a*a*b", "(.*){30}x", "((a?){20}a{20})*b"]
)
def test_twice_the_text_takes_about_twice_the_time(expression: str) -> None:
    def cost(size: int) -> float:
        start = time.process_time()
        for _ in range(20):
            patterns.selects(expression, "a" * size + "!")
            patterns.names(expression, "a" * size + "!")
        return time.process_time() - start

    cost(10)  # compiled once
    assert cost(8 * 2000) < 24 * cost(2000) + 0.05


@pytest.mark.parametrize("text", ["web[", "(", "a{1001}", "(?P<n>", "(?=a)", "a**b" * 9, "(a{1000}){9}"])
def test_what_is_no_expression_is_told(text: str) -> None:
    assert not patterns.is_one(text)


def test_an_entry_is_applied_as_kustomize_does() -> None:
    assert pin("web", tag="v2").applied("web:v1@sha256:0") == "web:v2"
    assert pin("web", digest="sha256:1").applied("web:v1") == "web@sha256:1"
    assert pin("web", "a/b").applied("web:v1") == "a/b:v1"
    assert pin(".*", tag="v2").applied("x/y:v1") == "x/y:v2"


@pytest.mark.parametrize(
    ("entry", "image", "is_its"),
    [
        (pin("web", "a/web", "v1"), "a/web:v1", True), (pin("web", "a/web", "v1"), "a/web:v2", False), (pin("web", "a/web"), "a/web:v9", True),
        (pin("web"), "web:18.6", True), (pin(".*/web", tag="v1"), "x/web:v1", True), (pin(".*/web", tag="v1"), "x/web:v2", False),
        (pin("web", tag="v1@sha256:0"), "web:v1@sha256:0", True), (pin("web", tag="v1", digest="sha256:0"), "web:v1@sha256:0", True),
    ],
)  # fmt: skip
def test_an_image_of_the_render_is_known_as_an_entrys(entry: Pin, image: str, is_its: bool) -> None:
    assert entry.renders(image) is is_its


@cases(4000)
@given(st.text(alphabet="ab.-|()*", max_size=9), st.text(alphabet="ab.-\n", max_size=5))
def test_what_is_read_without_the_other_engine_means_the_same_by_it(expression: str, text: str) -> None:
    is_meant = False
    with suppress(re2.error):
        options = re2.Options()
        options.log_errors = False
        is_meant = re2.compile(f"^(?:{expression})$", options).search(text) is not None

    assert patterns.selects(expression, text) is is_meant


def test_selectors_as_people_write_them_need_no_other_engine() -> None:
    script = "import sys; from bos_tools.tree import patterns; patterns.selects('(Job|Pod)', 'Pod'), patterns.selects('web-.*', 'web-1')"

    assert (
        subprocess.run([sys.executable, "-c", f"{script}; sys.exit('re2' in sys.modules)"], check=False).returncode == 0
    )
