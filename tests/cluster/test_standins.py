"""What the sandbox plays of storage, as the real API server shows it: volumes, growth, the pods that use them."""

import json
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from harness.waiting import eventually


def claim(name: str, storage_class: str, mode: str, wish: str = "finish") -> str:
    return (
        f"{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: {name},"
        f" annotations: {{sandbox.buildingos.io/resize: {wish}}}}}, spec: {{storageClassName: {storage_class},"
        f" accessModes: [{mode}], resources: {{requests: {{storage: 5Gi}}}}}}}}"
    )


def deployment(name: str, claim_name: str, replicas: int = 1) -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  strategy: {{type: Recreate}}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers: [{{name: main, image: none, volumeMounts: [{{name: data, mountPath: /data}}]}}]
      volumes: [{{name: data, persistentVolumeClaim: {{claimName: {claim_name}}}}}]
"""


def phase(found) -> str:
    return found["status"]["phase"]


def conditions(found) -> set[str]:
    return {c["type"] for c in found["status"].get("conditions", []) if c["status"] == "True"}


def resizing(found) -> str | None:
    return found["status"].get("allocatedResourceStatuses", {}).get("storage")


def has(found) -> str:
    return found["status"]["capacity"]["storage"]


def step(found) -> tuple[str, str | None, set[str]]:
    """Return where a growth is: what there is, what is done about it, and what the conditions say; of one look."""
    return has(found), resizing(found), conditions(found)


class Steps:
    """What `allocatedResourceStatuses` of the claim said, one line a change: a watch misses none, however slow a look is."""

    def __init__(self, words: list[str], log: Path) -> None:
        self.words, self.log = words, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self.words, stdout=log)
        eventually(lambda: "." in self.log.read_text(), "the watch has begun")

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def steps(bare, space, tmp_path):
    template = 'jsonpath={.status.allocatedResourceStatuses.storage}.{"\\n"}'
    kubectl = [str(bare.box.kubectl), "--kubeconfig", str(bare.box.kubeconfig)]
    with closing(
        Steps([*kubectl, "get", "pvc", "data", "-n", space, "--watch", f"--output={template}"], tmp_path / "steps")
    ) as made:
        yield made


@pytest.fixture
def grow(bare, space, apply, look, steps):
    """Bind a claim of 5Gi with a pod and a wish, ask for 8Gi, and return a function that looks at it."""

    def begin(wish: str):
        apply(claim("data", "buildingos-block", "ReadWriteOnce", wish), deployment("main", "data"))
        eventually(lambda: phase(look("pvc", "data")) == "Bound", "the claim is bound")
        available(bare, space, "main")
        steps.start()
        ask(bare, space, "8Gi")
        return lambda: look("pvc", "data")

    return begin


def ask(bare, space: str, size: str) -> None:
    wanted = json.dumps({"spec": {"resources": {"requests": {"storage": size}}}})
    bare.box.ask("patch", "pvc", "data", "-n", space, "-p", wanted)


def wish(bare, space: str, value: str) -> None:
    bare.box.ask("annotate", "--overwrite", "pvc", "data", "-n", space, f"sandbox.buildingos.io/resize={value}")


def available(bare, space: str, name: str) -> None:
    bare.box.ask("wait", "-n", space, "--for=condition=Available", f"deployment/{name}", "--timeout=600s")


def test_a_disk_is_made_when_a_pod_needs_it_and_a_share_at_once(apply, look, bare, space):
    apply(claim("disk", "buildingos-block", "ReadWriteOnce"), claim("share", "buildingos-shared", "ReadWriteMany"))
    eventually(lambda: phase(look("pvc", "share")) == "Bound", "the shared claim is bound")
    assert phase(look("pvc", "disk")) == "Pending"

    apply(deployment("one", "disk"), deployment("many", "share", replicas=3))

    eventually(lambda: phase(look("pvc", "disk")) == "Bound", "the disk's claim is bound")
    available(bare, space, "one")
    available(bare, space, "many")
    volume = look("pv", look("pvc", "disk")["spec"]["volumeName"])
    assert volume["spec"]["csi"]["driver"] == "disk.csi.everest.io"
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"


def test_a_disk_cannot_be_shared_by_nodes(apply, look, bare, space, read):
    apply(claim("disk", "buildingos-block", "ReadWriteMany"), deployment("many", "disk"))

    def refusals():
        events = read(bare, "events", "--namespace", space)["items"]
        return [e["message"] for e in events if e["reason"] == "ProvisioningFailed"]

    assert "ReadWriteMany" in eventually(refusals, "the driver refuses")[0]
    assert phase(look("pvc", "disk")) == "Pending"


def test_a_volume_outlives_its_claim_or_not_as_its_class_says(apply, look, bare, read):
    bare.box.ask(
        "apply", "-f", "-", stdin=b"{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: passing},"
        b" provisioner: hostpath.csi.k8s.io, reclaimPolicy: Delete}",
    )  # fmt: skip
    apply(claim("kept", "buildingos-shared", "ReadWriteMany"), claim("passing", "passing", "ReadWriteOnce"))
    eventually(lambda: {phase(look("pvc", n)) for n in ("kept", "passing")} == {"Bound"}, "both claims are bound")
    names = {n: look("pvc", n)["spec"]["volumeName"] for n in ("kept", "passing")}

    for name in names:
        bare.box.ask("delete", "pvc", name, "-n", look("pvc", name)["metadata"]["namespace"])

    def only_the_kept_one_is_left() -> bool:
        phases = {volume["metadata"]["name"]: phase(volume) for volume in read(bare, "pv")["items"]}
        return names["passing"] not in phases and phases.get(names["kept"]) == "Released"

    eventually(only_the_kept_one_is_left, "the passing volume is gone")


def test_growth_finishes_by_itself_step_by_step(grow, look, steps):
    seen = grow("finish")

    eventually(lambda: step(seen()) == ("8Gi", None, set()), "it has grown")
    done = seen()
    eventually(
        lambda: {"ControllerResizeInProgress.", "NodeResizePending."} & set(steps.log.read_text().split()), "a step"
    )
    assert done["status"]["allocatedResources"]["storage"] == "8Gi"
    assert look("pv", done["spec"]["volumeName"])["spec"]["capacity"]["storage"] == "8Gi"


def test_growth_that_hangs_ends_when_it_is_let_go(grow, bare, space):
    seen = grow("hang")
    eventually(lambda: step(seen()) == ("5Gi", "ControllerResizeInProgress", {"Resizing"}), "the growth is under way")

    wish(bare, space, "finish")

    eventually(lambda: has(seen()) == "8Gi", "the growth is done")


def test_after_infeasible_growth_a_smaller_one_can_be_had(grow, bare, space):
    seen = grow("infeasible")
    refused = ("5Gi", "ControllerResizeInfeasible", {"ControllerResizeError"})
    eventually(lambda: step(seen()) == refused, "the growth is refused")

    ask(bare, space, "6Gi")
    wish(bare, space, "finish")

    eventually(lambda: has(seen()) == "6Gi" and not conditions(seen()), "the smaller growth is done")


def test_growth_that_waits_for_a_restart_ends_with_a_new_pod(grow, bare, space):
    seen = grow("restart")
    waits = ("5Gi", "NodeResizePending")
    eventually(
        lambda: step(found := seen())[:2] == waits and "FileSystemResizePending" in conditions(found),
        "it waits for a pod",
    )

    bare.box.ask("delete", "pod", "-n", space, "-l", "app=main")

    eventually(lambda: has(seen()) == "8Gi" and not conditions(seen()), "the growth is done")


def test_what_the_api_server_refuses_is_refused_for_real(grow, bare, space):
    from bos_tools.errors import CommandFailed

    seen = grow("finish")
    eventually(lambda: has(seen()) == "8Gi", "the growth is done")

    with pytest.raises(CommandFailed, match=r"can not be less than status\.capacity"):
        ask(bare, space, "5Gi")
