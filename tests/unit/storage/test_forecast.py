"""Robust slopes, envelopes and sizes, by their properties."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bos_tools.storage.forecast import DAY, HOUR, Outlook, Unknown, envelope, gain, outlook, settled, theil_sen
from bos_tools.storage.recommend import target

GIB = 2**30
AT = 1_768_046_400.0
numbers = st.integers(-10_000, 10_000).map(float)
series = st.lists(numbers, min_size=3, max_size=40).map(lambda ys: [(60.0 * x, y) for x, y in enumerate(ys)])
lines = st.tuples(st.integers(-100, 100), st.integers(-1000, 1000), st.integers(4, 60))


def close(value: float):
    return pytest.approx(value, rel=1e-6, abs=1e-6)


@given(lines)
def test_the_slope_of_a_line_is_its_slope(line):
    slope, base, count = line

    assert theil_sen([(float(x), base + slope * x) for x in range(count)]) == close(slope)


@given(lines, st.data())
def test_a_quarter_of_the_points_may_be_anything(line, data):
    slope, base, count = line
    points = [(float(x), float(base + slope * x)) for x in range(count)]
    for index in data.draw(st.lists(st.integers(0, count - 1), max_size=count // 4, unique=True)):
        points[index] = (points[index][0], data.draw(st.floats(-1e12, 1e12)))
    clean = count - count // 4
    assume(clean * (clean - 1) / 2 > count * (count - 1) / 4)  # more than half of the pairs are of the line

    assert theil_sen(points) == close(slope)


@given(series, st.integers(1, 1000), numbers, st.integers(-(10**6), 10**6))
def test_the_slope_scales_with_the_values_and_ignores_where_they_lie(points, factor, shift, later):
    slope = theil_sen(points)

    assert slope is not None
    assert theil_sen([(x + later, factor * y + shift) for x, y in points]) == close(factor * slope)


@given(series)
def test_the_slope_of_the_mirror_image_is_the_opposite(points):
    slope = theil_sen(points)

    assert slope is not None
    assert theil_sen([(x, -y) for x, y in points]) == close(-slope)


@pytest.mark.parametrize("points", [[], [(1.0, 2.0)], [(1.0, 2.0), (1.0, 5.0)]])
def test_points_of_one_moment_have_no_slope(points):
    assert theil_sen(points) is None
    assert gain(points, HOUR) is None


def test_many_points_are_thinned_without_losing_the_last():
    points = [(float(x), float(x * 3)) for x in range(5000)]

    assert theil_sen(points) == close(3)


@given(series, st.integers(1, 3000))
def test_an_envelope_is_the_maximum_of_what_lies_in_its_width(points, width):
    found = envelope(points, float(width))

    assert found == [(x, max(y for at, y in points if x - width < at <= x)) for x, _ in points]


@given(series)
def test_a_limit_is_settled_since_its_last_change(limit):
    limit = [(x, abs(y) + 1) for x, y in limit]
    since = settled(limit)

    after = [y for x, y in limit if since is None or x >= since]
    assert all(abs(y - limit[-1][1]) <= 0.001 * limit[-1][1] for y in after)
    assert since is None or abs(limit[len(limit) - len(after) - 1][1] - limit[-1][1]) > 0.001 * limit[-1][1]


sizes = st.integers(1, 300 * GIB)


@given(st.floats(0, 1e13), sizes, st.integers(1, 100), st.none() | st.integers(1, 300))
def test_a_target_is_whole_above_the_size_and_within_step_and_range(wanted, size, step, top):
    found = target(wanted, size, step * GIB, None if top is None else top * GIB)

    if found is None:
        assert top is not None
        assert top * GIB < size // GIB * GIB + GIB
        return
    assert found % GIB == 0
    assert size < found <= size + step * GIB
    assert top is None or found <= top * GIB


@given(st.floats(0, 1e13), sizes)
def test_a_target_in_between_is_what_was_wanted_rounded_up(wanted, size):
    found = target(wanted, size, 10**6 * GIB, None)

    assert found is not None
    assert found >= wanted
    assert found - wanted < GIB or found - size <= GIB


def every_quarter(value, days: float = 8.0) -> list[tuple[float, float]]:
    return [(AT - age * 900.0, value(age * 900.0)) for age in range(int(days * 96), -1, -1)]


LIMIT = every_quarter(lambda age: 100.0)


def known(used, limit=LIMIT) -> Outlook:
    found = outlook(used, limit, AT)
    assert isinstance(found, Outlook)
    return found


def test_the_worse_of_both_windows_counts():
    fast_now = known(every_quarter(lambda age: 50 - min(age, DAY) * 10 / DAY))
    slow_now = known(every_quarter(lambda age: 50 - max(age - DAY, 0) * 5 / DAY))

    assert (fast_now.window, fast_now.rate) == ("6h", close(10))
    assert (slow_now.window, slow_now.per_day["6h"]) == ("7d", close(0))
    assert slow_now.rate == close(5)


@pytest.mark.parametrize("period", [2, 3, 11, 24])
def test_a_compaction_within_a_day_has_no_slope_at_any_phase_of_it(period):
    for phase in range(0, int(period * HOUR), int(period * HOUR / 7)):
        found = known(
            every_quarter(lambda age, phase=phase: 20 + 50 * ((phase - age) % (period * HOUR)) / (period * HOUR))
        )
        assert found.rate is not None
        assert found.rate < 0.5, phase
        assert 55 < found.peak <= 70


@given(st.floats(0.1, 7.9))
def test_one_step_is_no_trend_wherever_it_stands(days_ago):
    found = known(every_quarter(lambda age: 30.0 if age > days_ago * DAY else 60.0))

    assert found.days_left is None
    assert found.peak == 60


def test_growth_in_hourly_bursts_is_a_trend():
    found = known(every_quarter(lambda age: 50 - age // HOUR * 0.5))

    assert found.per_day["6h"] == pytest.approx(12, rel=0.1)


def test_shrinking_is_not_counted_on():
    found = known(every_quarter(lambda age: 40 + age * 2 / DAY))

    assert (found.days_left, found.after(30)) == (None, found.peak)


@pytest.mark.parametrize(
    ("used", "limit", "why"),
    [
        ([], LIMIT, "no series"),
        (LIMIT, [], "no series"),
        ([(AT - 7200, 1.0)], LIMIT, "the last sample is 2.0 h old"),
        (LIMIT, [(AT - 7200, 1.0)], "the last sample is 2.0 h old"),
        (LIMIT, [(AT, 0.0)], "the file system reports no capacity"),
        ([(AT - 1800, 1.0)], [(AT - 900, 1.0), (AT, 2.0)], "no sample since the capacity changed"),
    ],
)
def test_what_is_not_measured_is_unknown(used, limit, why):
    assert outlook(used, limit, AT) == Unknown(why)


def test_a_young_series_has_a_fill_and_no_slope():
    found = known(every_quarter(lambda age: 50.0, days=0.05))

    assert (found.fill, found.rate, found.days_left) == (0.5, None, None)
