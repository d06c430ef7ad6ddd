"""What blocks, and what a commit says to mean exactly that."""

import re
from dataclasses import replace

from bos_tools.change.ledger import acknowledged, acknowledgement
from bos_tools.impact.blockers import blockers
from bos_tools.impact.changes import Difference, Field, Kind
from bos_tools.impact.danger import Danger
from bos_tools.impact.judge import ObjectChange
from bos_tools.impact.setting import Setting
from bos_tools.tree.environment import Gates
from bos_tools.tree.layout import Unit

GUARDED = {"prod": Setting(gates=Gates(prune="confirm"))}
OPEN = {"prod": Setting()}


def change(danger: Danger, *fields: Field) -> ObjectChange:
    one = Difference(Unit("prod", "web"), "Service buildingos/web", Kind.changed, None, fields)
    return ObjectChange(one, danger, "so it is")


def test_what_is_refused_or_loses_data_blocks_everywhere_and_what_is_pruned_where_a_person_confirms():
    changes = [change(danger) for danger in Danger]

    assert [one.change.danger for one in blockers(changes, OPEN)] == ["refused", "loses-data"]
    assert [one.change.danger for one in blockers(changes, GUARDED)] == ["pruned", "refused", "loses-data"]


def test_a_commit_acknowledges_by_the_line_that_asks_for_it_wherever_it_stands():
    [one] = blockers([change(Danger.pruned)], GUARDED)
    line = acknowledgement(one.said)

    assert line in acknowledged([f"Move web\n\nIt is meant.\n\n{line}\nReviewed-by: Me\n"])
    assert line in acknowledged([f"Move web\r\n\r\n{line}   \r\n"])
    assert not acknowledged(["Move web\n\nIt says nothing."])


def test_another_object_environment_danger_or_change_is_not_meant():
    field = Field("spec.a", "1", "2")
    meant = change(Danger.refused, field)
    unit = Unit("dev", "web")
    others = [
        change(Danger.loses_data, field),
        change(Danger.refused, Field("spec.a", "1", "3")),
        change(Danger.refused, field, Field("spec.b", None, True)),
        replace(meant, difference=replace(meant.difference, object="Service buildingos/other")),
        replace(meant, difference=replace(meant.difference, unit=unit)),
    ]
    everywhere = {"prod": Setting(), "dev": Setting()}

    said = {one.said for one in blockers([meant, *others], everywhere)}

    assert len(said) == 6
    assert re.fullmatch("prod refused [0-9a-f]{12} Service buildingos/web", blockers([meant], everywhere)[0].said)


def test_what_is_told_of_a_secret_does_not_depend_on_its_values():
    hidden = [change(Danger.refused, Field("data.a", None, None, redacted=True)) for _ in range(2)]

    assert len({one.said for one in blockers(hidden, OPEN)}) == 1
