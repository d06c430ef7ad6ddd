"""The health checks that Argo CD is given, each branch by Argo CD's own engine: the built program, without a cluster."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.sandbox.binaries import Binaries
from bos_tools.sandbox.build import Build
from bos_tools.sandbox.modules import ARGO
from bos_tools.tree.layout import Tree
from harness import ROOT

BLOCK, SHARED = "buildingos-block", "buildingos-shared"
SELECTED = {"volume.kubernetes.io/selected-node": "database-1"}


@pytest.fixture(scope="module")
def configuration(tmp_path_factory) -> Path:
    """The ConfigMap that `argocd configure` lays over Argo CD's own."""
    [text] = Renderer().render([(Tree(WorkTree(ROOT)).graph, "base/argocd")])
    [found] = [one for one in yaml.safe_load_all(text) if one["kind"] == "ConfigMap"]
    path = tmp_path_factory.mktemp("argocd") / "argocd-cm.yaml"
    path.write_text(yaml.safe_dump(found))
    return path


@pytest.fixture(scope="module")
def judged(_built, configuration, tmp_path_factory):
    """Return a function that gives Argo CD's word on an object: its health, and what it says of it."""
    binaries = Binaries(ROOT)
    with Build(binaries, [ARGO], print) as build:
        build.wait()
    program = str(binaries.program(ARGO, "argocd"))
    folder = tmp_path_factory.mktemp("objects")

    def judge(data: dict[str, Any]) -> tuple[str, str]:
        path = folder / "object.yaml"
        path.write_text(json.dumps(data))  # where 1e12 stays a text
        words = ["admin", "settings", "resource-overrides", "health", str(path), "--argocd-cm-path", str(configuration)]
        done = subprocess.run(
            [program, *words],
            env={**os.environ, "ARGOCD_BINARY_NAME": "argocd"}, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        said = dict(line.partition(": ")[::2] for line in done.stdout.splitlines())
        assert done.returncode == 0, done.stderr
        return said["STATUS"], said.get("MESSAGE", "").strip()

    return judge


def claim(status: dict[str, Any] | None, *, asked: str = "8Gi", of: str | None = BLOCK, notes: Any = None) -> Any:
    """Return a claim with this status, None for none yet."""
    spec = {"resources": {"requests": {"storage": asked}}, **({"storageClassName": of} if of else {})}
    meta = {"name": "data", "namespace": "buildingos", **({"annotations": notes} if notes else {})}
    made = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}
    return made if status is None else {**made, "status": status}


def bound(capacity: str | None, growth: str = "", **conditions: str) -> dict[str, Any]:
    """Return the status of a bound claim: its size, how far its growth is, and conditions with what they say."""
    return {
        "phase": "Bound",
        **({"capacity": {"storage": capacity}} if capacity else {}),
        **({"allocatedResourceStatuses": {"storage": growth}} if growth else {}),
        "conditions": [{"type": key, "status": "True", "message": said} for key, said in conditions.items()],
    }


CLAIMS = {
    "it has what it asks for": (claim(bound("8Gi")), "Healthy", ""),
    "the same size in another unit": (claim(bound("1024Gi"), asked="1Ti"), "Healthy", ""),
    "in decimal units": (claim(bound("8G"), asked="8000M"), "Healthy", ""),
    "as a plain number": (claim(bound("1Gi"), asked="1073741824"), "Healthy", ""),
    "with an exponent": (claim(bound("5G"), asked="5e9"), "Healthy", ""),
    "with a negative one": (claim(bound("5"), asked="5000e-3"), "Healthy", ""),
    "in thousandths": (claim(bound("1k"), asked="1000000m"), "Healthy", ""),
    "the driver rounded up": (claim(bound("10Gi")), "Healthy", ""),
    "a condition that is over": (
        claim({**bound("8Gi"), "conditions": [{"type": "ControllerResizeError", "status": "False"}]}), "Healthy", "",
    ),
    "a fraction is missing": (claim(bound("7.5Gi")), "Progressing", "grows to 8Gi"),
    "a larger unit is asked for": (claim(bound("1023Gi"), asked="1Ti"), "Progressing", "grows to 1Ti"),
    "an exponent is asked for": (claim(bound("5Gi"), asked="1e12"), "Progressing", "grows to 1e12"),
    "binary is more than decimal": (claim(bound("8G")), "Progressing", "grows to 8Gi"),
    "its size is not known yet": (claim(bound(None)), "Progressing", "grows to 8Gi"),
    "the controller grows it": (claim(bound("5Gi", "ControllerResizeInProgress")), "Progressing", "grows to 8Gi"),
    "the node grows it": (
        claim(bound("5Gi", "NodeResizeInProgress", Resizing="")), "Progressing", "grows to 8Gi",
    ),
    "the size is there and the growth is not over": (
        claim(bound("8Gi", "NodeResizePending")), "Progressing", "grows to 8Gi",
    ),
    "it waits for the next start of the pod": (
        claim(bound("5Gi", "NodeResizePending", FileSystemResizePending="waiting")),
        "Healthy", "the file system grows with the next start of the pod",
    ),
    "the controller can't": (
        claim(bound("5Gi", "ControllerResizeInfeasible")),
        "Degraded", "the growth can't be done: ControllerResizeInfeasible",
    ),
    "the controller can't, and the driver says why": (
        claim(bound("5Gi", "ControllerResizeInfeasible", ControllerResizeError="no room")),
        "Degraded", "the growth can't be done: ControllerResizeError: no room",
    ),
    "the node can't": (
        claim(bound("5Gi", "NodeResizeInfeasible")), "Degraded", "the growth can't be done: NodeResizeInfeasible",
    ),
    "the node can't, though it waits for a pod as well": (
        claim(bound("5Gi", "NodeResizeInfeasible", FileSystemResizePending="")),
        "Degraded", "the growth can't be done: NodeResizeInfeasible",
    ),
    "the controller failed": (
        claim(bound("5Gi", "ControllerResizeInProgress", ControllerResizeError="quota")),
        "Degraded", "ControllerResizeError: quota",
    ),
    "the node failed, though it waits for a pod as well": (
        claim(bound("5Gi", FileSystemResizePending="", NodeResizeError="busy")), "Degraded", "NodeResizeError: busy",
    ),
    "its volume is gone": (claim({"phase": "Lost"}), "Degraded", "the volume is gone"),
    "no pod uses it yet": (claim({"phase": "Pending"}), "Healthy", "waits for its first pod"),
    "no pod uses it yet, and nobody looked at it": (claim(None), "Healthy", "waits for its first pod"),
    "its pod has a node": (claim({"phase": "Pending"}, notes=SELECTED), "Progressing", "not bound yet"),
    "a class that binds at once": (claim({"phase": "Pending"}, of=SHARED), "Progressing", "not bound yet"),
    "a class that binds at once, and nobody looked at it": (claim(None, of=SHARED), "Progressing", "not bound yet"),
    "the cluster's own class": (claim({"phase": "Pending"}, of=None), "Progressing", "not bound yet"),
}  # fmt: skip


@pytest.mark.parametrize("case", CLAIMS)
def test_a_claim_is_judged_by_its_size(judged, case: str):
    data, health, message = CLAIMS[case]

    assert judged(data) == (health, message)


def test_the_classes_that_wait_for_a_pod_are_those_of_the_platform(judged):
    for path in (ROOT / "base" / "platform").glob("storageclass-*.yaml"):
        of = yaml.safe_load(path.read_text())
        waits = of["volumeBindingMode"] == "WaitForFirstConsumer"

        health, _ = judged(claim({"phase": "Pending"}, of=of["metadata"]["name"]))

        assert (health == "Healthy") is waits, path.name


def other(api: str, kind: str, status: dict[str, Any] | None) -> dict[str, Any]:
    made = {"apiVersion": api, "kind": kind, "metadata": {"name": "x", "namespace": "y"}, "spec": {}}
    return made if status is None else {**made, "status": status}


def scaler(**conditions: str) -> dict[str, Any]:
    """Return an autoscaler with conditions that are False, with what they say; `fine` stands for one that is True."""
    listed = [
        {"type": key, "status": "True" if said == "fine" else "False", "reason": "R", "message": said}
        for key, said in conditions.items()
    ]
    return other("autoscaling/v2", "HorizontalPodAutoscaler", {"conditions": listed})


def app(status: dict[str, Any] | None) -> dict[str, Any]:
    return other("argoproj.io/v1alpha1", "Application", status)


def ingress(status: dict[str, Any] | None) -> dict[str, Any]:
    return other("networking.k8s.io/v1", "Ingress", status)


OTHERS = {
    "an Application that nobody looked at": (app(None), "Progressing", "not looked at yet"),
    "an Application without a health": (app({"sync": {}}), "Progressing", "not looked at yet"),
    "an Application whose health is empty": (app({"health": {}}), "Progressing", "not looked at yet"),
    "an Application that works": (app({"health": {"status": "Healthy"}}), "Healthy", ""),
    "an Application that does not": (app({"health": {"status": "Degraded", "message": "m"}}), "Degraded", "m"),
    "an Application whose objects are missing": (app({"health": {"status": "Missing"}}), "Missing", ""),
    "an Ingress that nobody looked at": (ingress(None), "Healthy", "no address reported"),
    "an Ingress without an address": (ingress({"loadBalancer": {}}), "Healthy", "no address reported"),
    "an Ingress with one": (ingress({"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}), "Healthy", ""),
    "an autoscaler that nobody looked at": (
        other("autoscaling/v2", "HorizontalPodAutoscaler", None), "Healthy", "",
    ),
    "an autoscaler that works": (scaler(AbleToScale="fine", ScalingActive="fine"), "Healthy", ""),
    "an autoscaler without metrics": (
        scaler(AbleToScale="fine", ScalingActive="no metrics"), "Healthy", "no metrics",
    ),
    "an autoscaler that can't scale": (
        scaler(ScalingActive="no metrics", AbleToScale="no target"), "Degraded", "no target",
    ),
    "an autoscaler at its limit": (scaler(AbleToScale="fine", ScalingLimited="at most 4"), "Healthy", ""),
    "an autoscaler that gives a reason alone": (
        other("autoscaling/v2", "HorizontalPodAutoscaler",
              {"conditions": [{"type": "AbleToScale", "status": "False", "reason": "R"}]}), "Degraded", "R",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHERS)
def test_what_others_are_judged_by(judged, case: str):
    data, health, message = OTHERS[case]

    assert judged(data) == (health, message)
