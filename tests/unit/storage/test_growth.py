"""How far a growth is, and what is said of its end."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bos_tools.errors import OutsideError
from bos_tools.storage import arrival as growth
from bos_tools.storage.arrival import outcome, see, watch
from bos_tools.storage.live import Claim, Stage, stage, way_out
from bos_tools.storage.told import Delivery, Operator
from bos_tools.storage.volumes import CLAIM, Volume
from bos_tools.tree.layout import Unit
from harness.volumes import GIB, live

SIZE = Decimal(8 * GIB)
VOLUME = Volume(Unit("prod", "web"), "web-data", CLAIM, "web-data", "buildingos", "disk", ())
INFEASIBLE = "NodeResizeInfeasible"


@pytest.mark.parametrize(
    ("claim", "at"),
    [
        (live(request=8), Stage.done),
        (live(request=8, capacity=9), Stage.done),
        (live(request=8, capacity=0, phase="Pending"), Stage.unbound),
        (live(request=8, capacity=8, phase="Lost"), Stage.lost),
        (live(request=8, is_deleted=True), Stage.deleting),
        (live(request=5, is_deleted=True, phase="Lost"), Stage.deleting),
        (live(request=8, foreign="Application other"), Stage.foreign),
        (live(request=5), Stage.not_applied),
        (live(request=9), Stage.hand_grown),
        (live(request=9, capacity=5, resize=INFEASIBLE), Stage.not_applied),
        (live(request=8, capacity=5, resize=INFEASIBLE), Stage.infeasible),
        (live(request=8, capacity=5), Stage.growing),
        (live(request=8, capacity=8, resize="NodeResizeInProgress"), Stage.growing),
        (live(request=8, capacity=8, conditions={"Resizing": ""}), Stage.growing),
        (live(request=8, capacity=5, conditions={"ControllerResizeError": "no"}), Stage.growing),
        (live(request=8, capacity=5, conditions={"FileSystemResizePending": ""}), Stage.restart_needed),
        (live(request=8, capacity=8, resize="NodeResizePending"), Stage.restart_needed),
    ],
)
def test_a_claim_is_at_one_stage_of_its_growth(claim, at):
    assert stage(claim, SIZE) is at


@given(st.integers(1, 400), st.integers(1, 400))
def test_the_way_out_lies_above_the_capacity_and_below_what_can_not_be_had(capacity: int, more: int):
    claim = live(request=capacity + more, capacity=capacity)

    way = way_out(claim)

    assert (way is None) == (more == 1)
    assert way is None or capacity < way < capacity + more


BEHIND = Delivery("Synced", "", "", "", "prod-web", "0ld0ld0ld0ld0ld", is_behind=True)
RETRIES = Delivery("OutOfSync", "Running", "c0ffee", "exceeded quota: q.\nRetrying attempt #2")
PAUSED = Delivery("OutOfSync", "", "", "", is_paused=True)
LATE = Operator(SIZE, "Waiting for the instances to become active")
SAID: dict[str, tuple[Claim, dict[str, Any], int, str, str]] = {
    "infeasible": (live(request=8, capacity=5, resize=INFEASIBLE, conditions={"NodeResizeError": "no room"}), {}, 5, "no room", "pvc grow web-data 6Gi --env prod"),
    "hand-grown": (live(request=9), {}, 1, "8Gi in Git, 9Gi in the cluster", "pvc adopt web-data --env prod"),
    "restart-needed": (live(request=8, resize="NodeResizePending", pods=("web-1",)), {}, 1, "web-1", "kubectl delete pod --namespace buildingos web-1"),
    "restart-needed, unused": (live(request=8, resize="NodeResizePending"), {}, 1, "none uses it now", "kubectl describe pvc --namespace buildingos web-data"),
    "restart-needed, hidden": (live(request=8, resize="NodeResizePending"), {"unknown": ("which pods use a claim: needs list on pods in x",)}, 1, "starts anew: which one is not known", "kubectl describe pvc"),
    "growth-pending": (live(request=8, capacity=5, conditions={"ControllerResizeError": "busy"}), {}, 5, "5Gi of 8Gi: busy", "kubectl describe pvc"),
    "unbound": (live(request=8, capacity=0, phase="Pending"), {}, 5, "not bound", "kubectl describe pvc"),
    "deleting": (live(request=8, is_deleted=True, pods=("web-1",)), {}, 1, "goes with the last pod that uses it: web-1", "save the data now"),
    "lost": (live(request=8, phase="Lost"), {}, 1, "has lost its volume", "from a backup alone"),
    "foreign-claim": (live(request=8, foreign="Application stage-web"), {}, 1, "belongs to Application stage-web", "another name"),
    "application-failed": (live(request=5), {"delivery": Delivery("OutOfSync", "Failed", "c0ffee", "denied\nby quota")}, 5, "denied by quota", "never tries this commit again"),
    "synced-not-applied": (live(request=5), {"delivery": Delivery("Synced", "Succeeded", "c0ffee", "")}, 5, "says Synced", "#28722"),
    "not-applied": (live(request=5), {"delivery": Delivery("OutOfSync", "Running", "", "")}, 5, "5Gi of 8Gi", "argocd wait web --env prod"),
    "not-applied, paused": (live(request=5), {"delivery": PAUSED}, 5, "was not told yet", "automatic sync is off: bos-tools argocd sync web --env prod"),
    "not-applied, no Argo CD": (live(request=5), {}, 5, "was not told yet", "argocd wait"),
    "not-pushed": (live(request=5), {"is_landed": False, "delivery": RETRIES}, 5, "nobody has pushed it", "push the commit"),
    "not-looked": (live(request=5), {"delivery": BEHIND}, 5, "prod-web was compared at 0ld0ld0ld0ld", "argocd wait web --env prod"),
    "application-tries": (live(request=5), {"delivery": RETRIES}, 5, "exceeded quota: q. Retrying attempt #2", "argocd status web --env prod"),
    "operator-late": (live(request=5), {"delivery": Delivery("Synced", "Succeeded", "c0ffee", ""), "operator": LATE}, 5, "CloudNativePG has not acted: Cluster web-data has 8Gi, and web-data asks for 5Gi of 8Gi; its phase: Waiting", "kubectl describe cluster.postgresql.cnpg.io"),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_each_end_has_a_reason_an_exit_code_words_and_a_way_out(case):
    claim, more, code, words, hint = SAID[case]

    said = outcome(VOLUME, replace(see(SIZE, [claim], ()), **more))

    assert said is not None
    assert (said.reason, said.exit_code) == (case.partition(",")[0], code)
    assert words in said.message
    assert hint in said.hint
    assert not re.search(r"\b(ENV|POD|NAME|SERVICE)\b", said.hint)


@pytest.mark.parametrize("case", SAID)
def test_waiting_ends_at_once_where_no_time_mends_it(case):
    claim, more, *_ = SAID[case]

    is_settled = replace(see(SIZE, [claim], ()), **more).is_settled

    assert is_settled == (
        case in {"infeasible", "hand-grown", "deleting", "lost", "foreign-claim", "application-failed", "not-pushed"}
    )


def test_a_claim_that_is_missing_is_not_done_and_none_at_all_neither():
    said = outcome(VOLUME, see(SIZE, [], ("web-data",)))

    assert said is not None
    assert said.reason == "no-claim"
    assert outcome(VOLUME, see(SIZE, [live(request=8)], ())) is None


def test_an_old_failure_of_the_application_does_not_spoil_a_growth_that_arrived():
    seen = replace(
        see(SIZE, [live(request=8)], ()), delivery=Delivery("OutOfSync", "Failed", "c0ffee", "another object")
    )

    assert seen.is_done
    assert outcome(VOLUME, seen) is None


def test_a_file_system_that_the_metrics_show_too_small_is_not_done():
    grown = see(SIZE, [live(request=8, pods=("web-1",))], ())

    small = replace(grown, file_systems={"web-data": Decimal(5 * GIB), "another": Decimal(1)})
    said = outcome(VOLUME, small)

    assert said is not None
    assert (said.reason, said.exit_code) == ("file-system-small", 5)
    assert "its file system has 5Gi of 8Gi" in said.message
    assert "web-1" in said.hint
    assert outcome(VOLUME, replace(grown, file_systems={"web-data": Decimal(8 * GIB * 92 // 100)})) is None


def test_a_watch_ends_when_the_growth_does_and_tells_each_look(monkeypatch):
    monkeypatch.setattr(growth, "LOOK_EVERY", 0.0)
    looks = [see(SIZE, [live(request=8, capacity=capacity)], ()) for capacity in (5, 5, 8, 8)]
    told: list[object] = []

    seen = watch(iter(looks).__next__, 60.0, told.append)

    assert seen is looks[2]
    assert told == looks[:3]


def test_a_file_system_is_waited_for_before_a_restart_is_asked_for(monkeypatch):
    monkeypatch.setattr(growth, "LOOK_EVERY", 0.0)
    waits = see(SIZE, [live(request=8, resize="NodeResizePending")], ())
    looks = [waits, waits, see(SIZE, [live(request=8)], ())]

    assert watch(iter(looks).__next__, 60.0, lambda _: None).is_done
    monkeypatch.setattr(growth, "NODE_PATIENCE", -1.0)
    assert watch(iter([waits]).__next__, 60.0, lambda _: None) is waits


def test_an_outage_settles_nothing_and_is_told_where_it_lasts():
    mute = OutsideError("the cluster can't be reached", reason="unreachable")

    seen = replace(see(SIZE, [live(request=9)], ()), silence=mute)

    assert not seen.is_settled
    assert outcome(VOLUME, seen) is mute


def test_a_watch_of_no_time_looks_once():
    looks = [see(SIZE, [live(request=5)], ())]

    assert watch(iter(looks).__next__, 0.0, lambda _: None) is looks[0]
