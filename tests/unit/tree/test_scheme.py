"""The schemes that a policy names: what each takes, what it calls a moving tag, and that its order is one."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bos_tools.tree.environment import Environment
from bos_tools.tree.policy import Versions
from bos_tools.tree.scheme import USUAL, Scheme, scheme
from bos_tools.tree.service_plan import ServicePlan
from bos_tools.tree.tag import TAG


def by(**said: object) -> Scheme:
    """Return the scheme of a policy as a plan.yaml says it."""
    return scheme("web", None, ServicePlan(versions=msgspec.convert(said, Versions)))


SEMVER = by(scheme="semver")
CANDIDATES = by(scheme="semver", preReleases=True)
ALPINE = by(scheme="semver", variant="alpine")
CALENDAR = by(scheme="calendar")
BUILD = by(scheme="build")
MAIN = by(scheme="pattern", pattern="main-{number}")
SHA = by(scheme="pattern", pattern="{commit}-{number}")
POSTGRES = by(scheme="pattern", pattern="{major}.{minor}-minimal-trixie")
GERMAN = by(scheme="pattern", pattern="{day}.{month}.{year}", order=["year", "month", "day"])
NAMED = {
    "semver": SEMVER, "semver with pre-releases": CANDIDATES, "semver, alpine": ALPINE, "calendar": CALENDAR, "build": BUILD,
    "main": MAIN, "commit": SHA, "postgres": POSTGRES, "day first": GERMAN,
}  # fmt: skip


@pytest.mark.parametrize(
    ("by", "tag"),
    [
        (SEMVER, "v1.0.0"), (SEMVER, "8.10.1"), (SEMVER, "v1.0.0@sha256:0"), (CANDIDATES, "v1.0.0-rc.1"), (CANDIDATES, "v1.2.3-4-gabc1234"),
        (ALPINE, "8.10.1-alpine"), (CALENDAR, "2026-08-21"), (CALENDAR, "v2026.8.21"), (CALENDAR, "20260821"), (CALENDAR, "20260821101500"),
        (CALENDAR, "RELEASE.2026-05-12T03-04-05Z"), (CALENDAR, "main-abc1234-20260512"), (CALENDAR, "2026.8.0"), (BUILD, "8"), (BUILD, "847"),
        (BUILD, "main-57"), (BUILD, "57-abc1234"), (MAIN, "main-8"), (SHA, "abc1234-8"), (POSTGRES, "18.6-minimal-trixie"), (GERMAN, "21.8.2026"),
    ],
)  # fmt: skip
def test_a_scheme_takes_its_own_versions(by, tag):
    read = by.read(tag)

    assert read.version is not None
    assert (read.wrong, by.moves(tag)) == ("", False)


@pytest.mark.parametrize(
    ("by", "tag", "wrong"),
    [
        (SEMVER, "v1.0.0-rc.1", "it comes before a release"),
        (SEMVER, "v1.2.3-4-gabc1234", "it comes before a release"),
        (SEMVER, "8.10.1-alpine", "it is of the variant alpine"),
        (SEMVER, "abc1234", "it has no number to go by"),
        (SEMVER, "3.4.1.13", "it is not MAJOR.MINOR.PATCH"),
        (SEMVER, "main-57", "it is not MAJOR.MINOR.PATCH"),
        (ALPINE, "8.10.1", "its variant is not alpine"),
        (ALPINE, "8.10.1-alpine3.22", "its variant is not alpine"),
        (CALENDAR, "v1.2.3", "it is no date"),
        (CALENDAR, "2026-13-01", "it is no date"),
        (CALENDAR, "847", "it is no date"),
        (BUILD, "1.2.3", "it is not one number"),
        (BUILD, "57-rc1", "it is not one number"),
        (MAIN, "dev-57", "it is otherwise written"),
        (MAIN, "main-57-x", "it is otherwise written"),
        (MAIN, "main-٣", "it is otherwise written"),
        (POSTGRES, "18.6", "it is otherwise written"),
    ],
)
def test_what_a_scheme_does_not_take_says_why(by, tag, wrong):
    assert by.read(tag).wrong == wrong
    assert by.read(tag).version is None


@pytest.mark.parametrize(
    ("by", "tag"),
    [
        *[(each, tag) for each in NAMED.values() for tag in ("latest", "main", "stable", "nightly")],
        (SEMVER, "1"), (SEMVER, "v1.2"), (SEMVER, "1.10"), (CALENDAR, "2026"), (CALENDAR, "2026.8"), (MAIN, "main-latest"),
    ],
)  # fmt: skip
def test_what_moves_is_what_the_scheme_says(by, tag):
    assert by.moves(tag)


@pytest.mark.parametrize(("by", "tag"), [(BUILD, "1"), (BUILD, "8"), (by(scheme="pattern", pattern="v{number}"), "v1")])
def test_a_short_number_is_a_version_where_the_scheme_says_so(by, tag):
    assert USUAL.moves(tag)
    assert not by.moves(tag)


@pytest.mark.parametrize(
    ("by", "old", "new"),
    [
        (SEMVER, "v1.9.0", "v1.10.0"),
        (CANDIDATES, "v1.0.0-rc.9", "v1.0.0-rc.10"),
        (CANDIDATES, "v1.0.0-rc.10", "v1.0.0"),
        (CALENDAR, "v2026.8.21", "2026-11-01"),
        (CALENDAR, "20260821", "2026-08-22"),
        (CALENDAR, "2026-08-21", "20260821101500"),
        (BUILD, "99", "100"),
        (SHA, "fffffff-9", "0000000-10"),
        (GERMAN, "21.8.2026", "1.9.2026"),
        (POSTGRES, "18.6-minimal-trixie", "18.10-minimal-trixie"),
    ],
)
def test_a_scheme_orders_its_versions(by, old, new):
    assert by.order(old, new) == (-1, "")
    assert by.order(new, old) == (1, "")


@pytest.mark.parametrize(
    ("by", "old", "new", "why"),
    [
        (BUILD, "main-57", "dev-58", "they are of two lines: main and dev"),
        (SHA, "abc1234-8", "def5678-8", "they differ in their commits alone, which have no order"),
        (SEMVER, "main-57", "v1.0.0", "main-57: it is not MAJOR.MINOR.PATCH"),
        (SEMVER, "v1.0.0", "abc1234", "abc1234: it has no number to go by"),
    ],
)
def test_a_scheme_says_why_two_versions_have_no_order(by, old, new, why):
    assert by.order(old, new) == (None, why)


NUMBER = st.integers(0, 40)
DATES = (
    st.dates().map(str)
    | st.dates().map(lambda day: f"v{day.year}.{day.month}.{day.day}")
    | st.dates().map("{:%Y%m%d}".format)
)
OWN = {
    "semver": st.builds("v{}.{}.{}".format, NUMBER, NUMBER, NUMBER),
    "semver with pre-releases": st.builds("{}.{}.{}{}".format, NUMBER, NUMBER, NUMBER, st.sampled_from(["", "-rc.1", "-rc.10", "-alpha", "-2-gabc1234"])),
    "semver, alpine": st.builds("{}.{}.{}-alpine".format, NUMBER, NUMBER, NUMBER),
    "calendar": DATES,
    "build": st.integers(0, 10**6).map(str),
    "main": NUMBER.map("main-{}".format),
    "commit": st.builds("{}-{}".format, st.sampled_from(["abc1234", "0ef5678"]), NUMBER),
    "postgres": st.builds("{}.{}-minimal-trixie".format, NUMBER, NUMBER),
    "day first": st.builds("{}.{}.{}".format, NUMBER, NUMBER, NUMBER),
}  # fmt: skip
MIXED = st.one_of(*OWN.values(), st.from_regex(TAG, fullmatch=True))


def holds(by: Scheme, tags: tuple[str, str, str]) -> None:
    """Hold that what comes before is irreflexive, goes one way, and goes on over a third; without an order both say so."""
    for one, other, third in itertools.permutations(tags):
        order, why = by.order(one, other)
        back, _ = by.order(other, one)
        assert (order is None) == bool(why)
        assert back == (None if order is None else -order)
        assert by.order(one, one)[0] in (0, None)
        if order == -1 and by.order(other, third)[0] == -1:
            assert by.order(one, third)[0] == -1


@pytest.mark.parametrize("name", NAMED)
@given(data=st.data())
def test_the_order_of_a_scheme_is_total_where_nothing_but_numbers_differs(name, data):
    by = NAMED[name]
    tags = data.draw(st.tuples(OWN[name], OWN[name], OWN[name]))
    tags = tuple(tag for tag in tags if by.read(tag).version is not None)

    if len(tags) == 3:
        holds(by, tags)
        one, other, third = tags
        if name != "commit":
            assert None not in {by.order(a, b)[0] for a, b in itertools.product(tags, tags)}
            if by.order(one, other)[0] == 0 == by.order(other, third)[0]:
                assert by.order(one, third)[0] == 0


@pytest.mark.parametrize("by", [USUAL, *NAMED.values()])
@given(tags=st.tuples(MIXED, MIXED, MIXED))
def test_no_order_contradicts_itself_whatever_the_tags(by, tags):
    holds(by, tags)


@given(st.text(max_size=40) | st.from_regex(TAG, fullmatch=True))
def test_every_text_is_a_version_of_a_scheme_or_has_a_reason(tag):
    for by in NAMED.values():
        assert (by.read(tag).version is None) == bool(by.read(tag).wrong)


def test_a_text_that_is_longer_than_any_tag_is_no_version():
    for tag in ("1" * 5000, "v" + "1." * 5000 + "1", "1.2.3-" + "9" * 5000, "main-" + "1" * 5000):
        for by in (USUAL, *NAMED.values()):
            assert by.read(tag).version is None
            assert not by.moves(tag)


WRONG = [
    {"scheme": "pattern"}, {"scheme": "semver", "pattern": "v{number}"}, {"scheme": "semver", "order": ["a"]}, {"scheme": "alphabet"},
    {"scheme": "pattern", "pattern": "main"}, {"scheme": "pattern", "pattern": "{commit}"}, {"scheme": "pattern", "pattern": "{a}.{a}"},
    {"scheme": "pattern", "pattern": "{a}{b}"}, {"scheme": "pattern", "pattern": "{a}0"}, {"scheme": "pattern", "pattern": "{commit}a-{a}"},
    {"scheme": "pattern", "pattern": "{a"}, {"scheme": "pattern", "pattern": "{A}"}, {"scheme": "pattern", "pattern": "a b{n}"},
    {"scheme": "pattern", "pattern": "{a}-{b}", "order": ["c"]}, {"scheme": "pattern", "pattern": "{a}-{b}", "order": ["a", "a"]},
    {"scheme": "pattern", "pattern": "{a}-{commit}", "order": ["commit"]}, {"scheme": "pattern", "pattern": "{a}", "variant": "alpine"},
    {"scheme": "pattern", "pattern": "{a}", "preReleases": True}, {"scheme": "semver", "variant": ""}, {"scheme": "semver", "prerelease": True}, {},
]  # fmt: skip


@pytest.mark.parametrize("said", WRONG)
def test_a_policy_that_contradicts_itself_is_none(said):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(said, Versions)


def test_the_environments_word_goes_before_the_plans():
    semver, build = Versions(scheme="semver"), Versions(scheme="build")
    there = Environment(versions={"web": build})

    assert scheme("web", there, ServicePlan(versions=semver)).name == "build"
    assert scheme("web", Environment(), ServicePlan(versions=semver)).name == "semver"
    assert scheme("other", there, ServicePlan()) is USUAL
    assert scheme("web", None, None) is USUAL
