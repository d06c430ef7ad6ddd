"""What each labelled change does, and why."""

import pytest

from bos_tools.impact.changes import Difference, Kind
from bos_tools.impact.judge import judged
from bos_tools.impact.setting import Setting, Side, side
from bos_tools.render.objects import identified
from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Unit
from harness.dangers import CLASSES, ROWS, Row

UNIT = Unit("prod", "web")
USUAL = {"syncPolicy": {"automated": {"prune": True}}}
PLATFORM = [identified(one) for one in CLASSES]


def application(name: str = "prod-web", folder: str = UNIT.folder, **more: object) -> Object:
    spec = {"source": {"path": folder}, **(more or USUAL)}
    data = {"kind": "Application", "apiVersion": "argoproj.io/v1alpha1", "metadata": {"name": name}, "spec": spec}
    return identified(data)


def setting(row: Row) -> Setting:
    here = side([application(**row.argocd)], PLATFORM, [UNIT.folder])
    return Setting(here, here)


def difference(old: Object | None, new: Object | None) -> Difference:
    one = new or old
    assert one is not None
    kind = Kind.added if old is None else Kind.removed if new is None else Kind.changed
    return Difference(UNIT, one.id, kind, None, (), old=old, new=new)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_labelled_change_does_what_its_label_says(row):
    found = judged(difference(*row.sides), setting(row))

    assert (found.danger, row.name) == (row.danger, row.name)
    assert row.word in found.why


def test_there_are_sixty_labels_or_more_and_all_dangers_among_them():
    assert len(ROWS) >= 60
    assert {row.danger for row in ROWS} == {
        "safe", "rolls", "recreates", "orphaned", "pruned", "refused", "loses-data"
    }  # fmt: skip
    assert len({row.name for row in ROWS}) == len(ROWS)


CLAIM = identified(next(row.old for row in ROWS if row.name == "a claim that goes"))
SERVICE = identified(next(row.old for row in ROWS if row.name == "a Service that goes"))
WITH_FINALIZER = application()
WITH_FINALIZER.data["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io/background"]
HERE = side([application()], PLATFORM, [UNIT.folder])
CASCADES = side([WITH_FINALIZER], PLATFORM, [UNIT.folder], lambda _: [SERVICE, CLAIM])
NOBODY = side([], PLATFORM, [])
GONE: dict[str, tuple[Side, Side, Object, str, str]] = {
    "with its Application, which has no finalizer": (HERE, NOBODY, CLAIM, "orphaned", "no finalizer"),
    "with its Application, which has a finalizer": (CASCADES, NOBODY, CLAIM, "loses-data", "all that it made"),
    "with its Application, and has no data": (CASCADES, NOBODY, SERVICE, "pruned", "all that it made"),
    "without its Application": (HERE, side([application()], PLATFORM, []), CLAIM, "orphaned", "a folder that is gone"),
    "where nobody knows its Application": (NOBODY, NOBODY, SERVICE, "pruned", "deletes"),
}


@pytest.mark.parametrize("name", GONE)
def test_a_unit_goes(name):
    old, new, one, danger, word = GONE[name]

    found = judged(difference(one, None), Setting(old, new))

    assert (found.danger, word in found.why) == (danger, True), found.why


def test_an_application_that_goes_leaves_what_it_made_unless_it_has_a_finalizer():
    gone = difference(WITH_FINALIZER, None)

    assert judged(difference(application(), None), Setting(HERE, NOBODY)).danger == "orphaned"
    assert judged(gone, Setting(CASCADES, NOBODY)).danger == "loses-data"
    assert CLAIM.id in judged(gone, Setting(CASCADES, NOBODY)).why
    assert judged(gone, Setting(side([], [], [], lambda _: [SERVICE]), NOBODY)).danger == "pruned"


def test_an_application_that_looks_elsewhere_deletes_what_is_not_there():
    moved = difference(application(), application(folder="overlays/prod/other"))
    old = side([application()], PLATFORM, [UNIT.folder], lambda _: [SERVICE, CLAIM])
    new = side([], PLATFORM, [UNIT.folder], lambda _: [CLAIM])

    assert judged(moved, Setting(old, new)).danger == "pruned"
    assert judged(moved, Setting(old, NOBODY)).danger == "loses-data"
    assert judged(moved, Setting(old, old)).danger == "safe"


def test_an_application_with_another_destination_leaves_what_it_made():
    there = application(destination={"namespace": "other"}, syncPolicy=USUAL["syncPolicy"])

    assert judged(difference(application(), there), Setting(HERE, HERE)).danger == "orphaned"


def test_a_claim_that_gives_an_infeasible_growth_back_is_not_refused():
    row = next(row for row in ROWS if row.name == "a claim that shrinks")
    one = difference(*row.sides)

    back = Setting(HERE, HERE, recovered=frozenset({(one.object, "1Gi")}))

    assert judged(one, back).danger == "safe"
    assert judged(one, Setting(HERE, HERE, recovered=frozenset({(one.object, "1500Mi")}))).danger == "refused"
