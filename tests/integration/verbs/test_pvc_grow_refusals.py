"""What `pvc grow` refuses on files, with the way out, and that nothing is written then."""

from datetime import timedelta
from pathlib import Path

import pytest

from bos_tools.change import pipeline
from bos_tools.errors import BosError, Refused
from harness.repositories import repository, write
from harness.volumes import NOW, contents, grow, live, look

PLAN = """\
workload:
  kind: Deployment
  ports: [80]
  requests: {cpu: 100m, memory: 64Mi}
  limits: {cpu: 100m, memory: 64Mi}
  claims:
    web-data: {min: 1Gi, max: 7Gi, holds: pages, data: reproducible}
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return repository(tmp_path / "work", contents())


REFUSALS = {
    "shrink": (grow("web-data", "4Gi"), "shrink", "bos-tools pvc runbook web-data --env prod"),
    "fixed class in Git": (grow("web-fixed"), "class-fixed", "allowVolumeExpansion"),
    "missing": (grow("web-data", look=look(missing=("web-data",))), "no-claim", "--no-live"),
    "unbound": (grow("web-data", look=look(live(phase="Pending", capacity=0))), "unbound", "pod"),
    "by hand": (grow("web-data", look=look(live(request=7))), "hand-grown", "bos-tools pvc adopt web-data --env prod"),
    "not applied": (grow("web-data", look=look(live(request=4))), "in-flight", "bos-tools pvc verify web-data --env prod"),
    "resizing": (grow("web-data", look=look(live(capacity=4))), "in-flight", "pvc verify"),
    "by condition": (grow("web-data", look=look(live(conditions={"Resizing": ""}))), "in-flight", "pvc verify"),
    "by status": (grow("web-data", look=look(live(resize="NodeResizePending"))), "in-flight", "pvc verify"),
    "no gain": (grow("web-data", look=look(live(capacity=9))), "no-gain", "more than 9Gi"),
    "fixed class": (grow("web-data", look=look(live(expands=False))), "class-fixed", "another class"),
    "quota": (grow("web-data", look=look(live(refused="exceeded quota: storage"))), "quota", "ResourceQuota"),
    "dry run": (grow("web-data", look=look(live(refused="denied by a policy"))), "dry-run", ""),
    "infeasible": (grow("web-data", look=look(live(capacity=3, resize="ControllerResizeInfeasible"))), "infeasible", "pvc grow web-data 4Gi --env prod"),
    "no way": (grow("web-data", look=look(live(capacity=4, resize="NodeResizeInfeasible"))), "infeasible", "ask who"),
    "moved": (grow("web-data", "+1Gi", look=look(live(), size=7)), "moved", "pull"),
    "one of three": (grow("redis", look=look(live("data-redis-0"), live("data-redis-1", capacity=4), live("data-redis-2"))), "in-flight", "pvc verify data --env prod"),
    "no snapshot": (grow("redis", look=look(live("data-redis-0")), needs_snapshot=True), "no-snapshot", "--no-snapshot"),
    "old snapshot": (grow("redis", look=look(live("data-redis-0", snapshot=NOW - timedelta(hours=27))), needs_snapshot=True), "no-snapshot", "data-redis-0"),
}  # fmt: skip


@pytest.mark.parametrize(("intent", "reason", "hint"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_must_not_grow_is_refused_with_the_way_out(work, untouched, intent, reason, hint):
    before = untouched(work)

    with pytest.raises(Refused) as refused:
        pipeline.edit_work_tree(intent, work, commit=True)

    assert refused.value.reason == reason
    assert hint in refused.value.hint
    assert untouched(work) == before


@pytest.mark.parametrize(
    "intent",
    [
        grow("web-data", look=look(live())),
        grow("redis", look=look(live("data-redis-0", snapshot=NOW - timedelta(hours=2))), needs_snapshot=True),
        grow("web-data", look=look(live(expands=None))),
        grow("web-data", look=look(live(pods=("crashing",)))),
        grow("web-data", look=look(live(capacity=6))),
    ],
    ids=[
        "idle",
        "with a snapshot",
        "an unknown class",
        "its pod is down",
        "rounded up by the driver",
    ],
)
def test_what_may_grow_grows(work, intent):
    assert pipeline.edit_work_tree(intent, work).plan.files


def test_a_growth_beyond_the_plan_is_refused_unless_it_is_meant(work, untouched):
    write(work, {"base/web/plan.yaml": PLAN})
    before = untouched(work)

    with pytest.raises(Refused, match="web-data is 1–7Gi in the plan: 8Gi") as refused:
        pipeline.edit_work_tree(grow("web-data"), work, commit=True)

    assert (refused.value.reason, "--beyond-plan" in refused.value.hint) == ("beyond-plan", True)
    assert untouched(work) == before
    assert pipeline.edit_work_tree(grow("web-data", beyond_plan=True), work).plan.files


UNSAFE = {
    "an inline patch": {"overlays/prod/web/kustomization.yaml": "resources:\n- ../../../base/web\ncomponents:\n- ../env\npatches:\n- patch: |-\n    apiVersion: v1\n    kind: PersistentVolumeClaim\n    metadata:\n      name: web-data\n    spec:\n      resources:\n        requests:\n          storage: 6Gi\n"},
    "an anchor": {"overlays/prod/web/web-data.yaml": "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: web-data\nspec:\n  resources:\n    limits:\n      storage: &size 5Gi\n    requests:\n      storage: *size\n"},
    "a name that is taken": {"overlays/prod/web/kustomization.yaml": "resources:\n- ../../../base/web\ncomponents:\n- ../env\n"},
    "a size that is none": {"overlays/prod/web/web-data.yaml": "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: web-data\nspec:\n  resources:\n    requests:\n      storage: much\n"},
    "a replacement that wins": {"overlays/prod/web/kustomization.yaml": "resources:\n- ../../../base/web\ncomponents:\n- ../env\npatches:\n- path: web-data.yaml\nreplacements:\n- source:\n    kind: PersistentVolumeClaim\n    name: web-fixed\n    fieldPath: spec.resources.requests.storage\n  targets:\n  - select:\n      kind: PersistentVolumeClaim\n      name: web-data\n    fieldPaths: [spec.resources.requests.storage]\n"},
    "an overlay of others": {"overlays/preprod/web/kustomization.yaml": "resources:\n- ../../prod/web\n"},
}  # fmt: skip


@pytest.mark.parametrize("files", UNSAFE.values(), ids=UNSAFE.keys())
def test_what_can_not_be_edited_or_would_not_take_effect_is_refused_and_nothing_is_written(work, untouched, files):
    write(work, files)
    before = untouched(work)

    with pytest.raises(BosError) as refused:
        pipeline.edit_work_tree(grow("web-data"), work)

    assert refused.value.exit_code in (1, 4)
    assert refused.value.path.startswith("overlays/")
    assert untouched(work) == before
