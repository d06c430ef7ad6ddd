"""A verify that is at it: an outage passes, and what does not is told."""

from decimal import Decimal
from typing import Any

import pytest

from bos_tools.doors.failures import Unreachable, Untrusted
from bos_tools.doors.kubernetes.client import ClusterSaid
from bos_tools.errors import MayNot, OutsideError
from bos_tools.storage.arrival import Seen, see
from bos_tools.verbs.pvc_verify import _patient
from harness.volumes import GIB, live

SEEN = see(Decimal(8 * GIB), [live()], ())
GONE = Unreachable("the cluster", "https://x", "connection refused", is_early=True)


def looks(*answers: Any) -> Any:
    """Return a look that gives these answers, one after the other."""
    waiting = iter(answers)

    def look() -> Seen:
        answer = next(waiting)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return look


@pytest.mark.parametrize(
    "outage", [GONE, ClusterSaid("to list", 503, "", "no"), ClusterSaid("to list", 500, "", "etcd")]
)
def test_an_outage_passes_and_is_told_once(outage):
    told: list[object] = []
    look = _patient(looks(SEEN, outage, outage, SEEN), told.append)

    seen = [look() for _ in range(4)]

    assert [one.silence for one in seen] == [None, outage, outage, None]
    assert told == [f"{outage.message}; that may pass, so it is asked again"]


@pytest.mark.parametrize(
    "final",
    [MayNot("no", "list on pods"), Untrusted("the cluster", "https://x", "unknown"), ClusterSaid("to list", 401, "", "who")],
)  # fmt: skip
def test_what_does_not_pass_ends_the_watch(final):
    look = _patient(looks(SEEN, final), lambda _: None)
    look()

    with pytest.raises(OutsideError) as raised:
        look()

    assert raised.value is final


def test_a_cluster_that_never_answered_is_told_at_once():
    with pytest.raises(OutsideError) as raised:
        _patient(looks(GONE), lambda _: None)()

    assert raised.value is GONE
