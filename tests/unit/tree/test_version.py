"""Which tags are versions, which move, and which of two is newer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bos_tools.errors import Usage
from bos_tools.tree.scheme import USUAL
from bos_tools.tree.tag import check_digest, check_tag, is_moving, misspelt
from bos_tools.tree.version import Version, compare, read_version

EXPLICIT = [
    "v1.0.0", "v1.0.1", "8.10.1", "8.10.1-alpine", "3.4.1.13", "17.11-trixie", "18.6", "v2026.8.21", "2026-08-21", "2024-01-01",
    "5.0.4-24-minimal", "v1.0.0-rc.1", "1.2.3-5-gabc1234", "1.10", "1234", "abc1234", "main-20260821", "sha-0a1b2c3d", "20260821",
    "master-2026.8.21", "v1.0.0_build5", "846", "main-57", "dev-57", "57-abc1234", "deadbee", "RELEASE.2024-05-12T03-04-05Z",
    "main-abc1234-20240512", "release-1.2.4", "feature-x-12", "dev-0a1b2c3d",
]  # fmt: skip
MOVING = [
    "latest", "main", "master", "stable", "edge", "nightly", "dev", "LATEST", "Stable", "v1", "8", "18", "8-alpine", "latest-alpine",
    "alpine", "bookworm", "stable-perl", "lts", "v2-slim", "1.2.3-latest", "v1.0.0-SNAPSHOT", "edge-alpine", "next", "canary",
]  # fmt: skip
IMPOSSIBLE = [
    "v1.0.0+build",
    "bad tag",
    "",
    "-v1",
    "--push",
    ".1",
    "a" * 129,
    "v1/0",
    "v1:0",
    "ü1.0",
    "v1.0\n",
    "v1.0.0 ",
    "v1;rm",
    "\x00",
]


@pytest.mark.parametrize("tag", EXPLICIT)
def test_an_explicit_version_is_taken(tag):
    assert check_tag(tag) == tag
    assert not USUAL.moves(tag)


@pytest.mark.parametrize("tag", MOVING)
def test_a_tag_that_moves_is_known(tag):
    assert is_moving(tag)
    assert USUAL.moves(tag)


@pytest.mark.parametrize("tag", IMPOSSIBLE)
def test_a_tag_that_no_registry_takes_is_a_usage_error(tag):
    with pytest.raises(Usage) as caught:
        check_tag(tag)
    assert caught.value.reason == "bad-tag"
    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    "digest", ["", "sha256:", "sha256:abc", "sha256:" + "G" * 64, "md5:" + "a" * 64, "sha256:" + "a" * 65]
)
def test_what_is_no_digest_is_a_usage_error(digest):
    with pytest.raises(Usage):
        check_digest(digest)


@pytest.mark.parametrize(
    ("tag", "digest", "keys"),
    [
        ("v1.0.0", None, []),
        ("v1.0.0", "sha256:" + "0" * 64, []),
        (None, None, []),
        ("v1.0.0+build.5", None, ["newTag"]),
        (":v1", None, ["newTag"]),
        ("v1 0", None, ["newTag"]),
        ("-v1", None, ["newTag"]),
        ("sha256:abc", None, ["newTag"]),
        ("v1.5.0@sha256:" + "0" * 64, None, ["newTag"]),
        ("v1.5.0@x", None, ["newTag"]),
        ("v1.0.0", "sha256:xyz", ["digest"]),
        ("\x1b[31m", "md5:0", ["newTag", "digest"]),
    ],
)
def test_a_pin_written_by_hand_is_held_to_the_registrys_grammar(tag, digest, keys):
    wrong = list(misspelt(tag, digest))

    assert [key for key, _ in wrong] == keys
    assert all(sentence.isprintable() for _, sentence in wrong)


ORDERED = [
    ("v1.0.0", "v1.0.1"), ("v1.9.0", "v1.10.0"), ("v1.0.0-rc.1", "v1.0.0"), ("v1.0.0-rc.2", "v1.0.0-rc.10"), ("v1.0.0-alpha", "v1.0.0-beta"),
    ("8.8.2", "8.10.1"), ("8.8.2-alpine", "8.10.1-alpine"), ("3.3.6.13", "3.4.1.13"), ("3.4.1", "3.4.1.13"), ("2026-08-21", "2026-11-01"),
    ("v2026.8.21", "v2026.11.1"), ("1.2.3", "v1.2.4"), ("17.11-trixie", "18.6-trixie"), ("1233", "1234"), ("5.0.4-22", "5.0.4-24"),
    ("v1.0.0-alpha.1", "v1.0.0-beta.1"), ("1.2.3-5-g0a1b2c3", "1.2.4"), ("v1.2.3-9-gbbbbbbb", "v1.2.3-10-gaaaaaaa"),
    ("v1.2.3", "v1.2.3-1-gaaaaaaa"), ("1.2.3-20240511-def5678", "1.2.3-20240512-abc1234"), ("846", "847"), ("main-57", "main-58"),
    ("57-abc1234", "58-0ef5678"), ("release-1.2.3", "release-1.2.4"), ("main-fffffff-20240511", "main-0000001-20240512"),
    ("RELEASE.2024-05-12T03-04-05Z", "RELEASE.2024-05-12T03-04-06Z"), ("v1.5.1", "v1.5.3@sha256:" + "0" * 64),
    ("18.6@sha256:" + "f" * 64, "18.7"), ("99", "100"), ("main-9-g0000000", "main-10-gfffffff"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), ORDERED)
def test_the_newer_of_two_versions_is_known(old, new):
    left, right = read_version(old), read_version(new)

    assert left is not None
    assert right is not None
    assert compare(left, right) == -1
    assert compare(right, left) == 1


def version(tag: str) -> Version:
    made = read_version(tag)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("one", "other"),
    [("v1.0.0", "1.0.0"), ("1.0", "1.0.0"), ("8.10.1-alpine", "8.10.1-trixie"), ("18.6", "18.6-trixie")],
)
def test_versions_that_differ_in_form_alone_are_not_ordered(one, other):
    assert compare(version(one), version(other)) == 0


@pytest.mark.parametrize(
    "tag", ["abc1234", "deadbeef", "sha-0a1b2c3d", "0a1b2c3", "1234567abcdef", "deadbee", "latest", None, ""]
)
def test_a_commit_id_has_no_order(tag):
    assert read_version(tag) is None


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("v1.0.0", "abc1234", "abc1234 is a commit's id, which has no order"),
        ("alpine", "v1.0.0", "alpine has no number"),
        ("main-57", "dev-58", "they are of two lines: main and dev"),
        ("1.2.3-abc1234", "1.2.3-0ef5678", "they differ in their commits alone, which have no order"),
        ("v1.0.0", "v1.0.1", ""),
        ("8.10.1-alpine", "8.10.1-trixie", ""),
    ],
)
def test_what_has_no_order_says_why(old, new, why):
    order, said = USUAL.order(old, new)

    assert (order is None, said) == (bool(why), why)


VERSIONS = st.builds(
    lambda numbers, pre, v: f"{v}{'.'.join(map(str, numbers))}{pre}",
    st.lists(st.integers(0, 30), min_size=2, max_size=4),
    st.sampled_from(["", "", "-rc.1", "-rc.2", "-alpha", "-beta.3"]),
    st.sampled_from(["", "v"]),
)


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_total_and_consistent(a, b, c):
    x, y, z = (version(tag) for tag in (a, b, c))

    assert compare(x, x) == 0
    assert compare(x, y) == -compare(y, x)
    assert not (compare(x, y) <= 0 and compare(y, z) <= 0) or compare(x, z) <= 0


@given(st.text(max_size=140))
def test_any_text_is_a_tag_or_an_error_of_ours(text):
    try:
        taken = check_tag(text)
    except Usage as error:
        assert error.message.isprintable()
    else:
        assert taken == text
        assert not text.startswith(("-", "."))
