"""When commits came onto a line, whatever their clocks say."""

from hypothesis import given
from hypothesis import strategies as st

from bos_tools.change.dates import SKEW, arrivals

NOW = 1_800_000_000
HOUR, DAY = 3600, 86400


def ago(*seconds: int) -> list[int]:
    return [NOW - each for each in seconds]


def test_honest_dates_are_believed():
    assert arrivals(ago(HOUR, DAY, 9 * DAY), NOW) == ago(HOUR, DAY, 9 * DAY)


def test_clocks_a_little_apart_are_set_by_the_order():
    assert arrivals(ago(HOUR + 60, HOUR, DAY), NOW) == ago(HOUR, HOUR, DAY)


def test_dates_of_long_ago_on_top_of_younger_ones_count_as_now():
    assert arrivals([1, 5, 1, *ago(9 * DAY, 10 * DAY)], NOW) == [NOW, NOW, NOW, *ago(9 * DAY, 10 * DAY)]


def test_a_lie_below_an_honest_commit_is_as_young_as_that():
    assert arrivals([*ago(HOUR), 1, *ago(9 * DAY)], NOW) == ago(HOUR, HOUR, 9 * DAY)


def test_a_date_to_come_is_no_measure_for_others():
    assert arrivals([NOW + 9, *ago(HOUR)], NOW) == [NOW + 9, NOW - HOUR]
    assert arrivals([*ago(HOUR), NOW + DAY, *ago(DAY)], NOW) == ago(HOUR, HOUR, DAY)


@given(st.lists(st.integers(0, 2 * NOW), max_size=30))
def test_arrivals_never_rise_down_the_line_and_never_precede_a_believed_date(dates):
    found = arrivals(dates, NOW)
    past = [min(date, NOW) for date in found]

    assert len(found) == len(dates)
    assert past == sorted(past, reverse=True)
    assert all(came >= date for came, date in zip(found, dates, strict=True) if date <= NOW)


@given(
    st.lists(st.integers(0, 30 * DAY), min_size=1, max_size=20), st.lists(st.integers(0, NOW - 40 * DAY), max_size=9)
)
def test_who_dates_commits_back_beyond_the_line_hides_none_of_them(honest, lies):
    line = [*lies, *sorted(ago(*honest), reverse=True)]

    assert arrivals(line, NOW)[: len(lies)] == [NOW] * len(lies)


@given(st.lists(st.integers(-SKEW // 2, SKEW // 2), min_size=2, max_size=20))
def test_honest_clocks_with_some_skew_are_off_by_no_more_than_that(errors):
    true = ago(*(DAY * place + SKEW for place in range(len(errors))))

    found = arrivals([at + error for at, error in zip(true, errors, strict=True)], NOW)

    assert all(abs(came - at) <= SKEW // 2 for came, at in zip(found, true, strict=True))
