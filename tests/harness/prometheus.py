"""Run a real Prometheus on series with a past, made by its own promtool, and make repositories with claims."""

import subprocess
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from harness import ROOT
from harness.repositories import repository
from harness.servers import free_port, needs
from harness.waiting import eventually

ENVIRONMENT = """\
environment: dev
namespace: buildingos
growth:
  threshold: 80
  leadTime: 7d
  horizon: 30d
  targetFill: 70
  classes:
    buildingos-block:
      step: 50Gi
      budget:
        count: 2
        hours: 24
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {name}
spec:
  storageClassName: buildingos-block
  resources:
    requests:
      storage: {size}Gi
"""
GIB = 2**30
HOUR, DAY = 3600, 86400
SCRAPE = 600
Value = Callable[[float], float | None]
"""The value at an age in seconds; None where nothing was scraped."""


def samples(name: str, labels: Mapping[str, str], value: Value, at: int, ages: Iterable[int]) -> Iterator[str]:
    """Yield a series in the OpenMetrics text format, oldest sample first."""
    shown = ",".join(f'{key}="{text}"' for key, text in labels.items())
    for age in ages:
        if (now := value(age)) is not None:
            yield f"{name}{{{shown}}} {now:.0f} {at - age}\n"


def volume(
    claim: str, at: int, *, used: Value, capacity: Value, inodes_used: Value | None = None, inodes: float = 1_000_000
) -> dict[str, list[str]]:
    """Return what kubelets report of a claim's file system over eight days; a twentieth of it is root's."""
    labels = {"namespace": "buildingos", "persistentvolumeclaim": claim, "node": "worker-1"}

    def available(age: float) -> float | None:
        there, full = capacity(age), used(age)
        return None if there is None or full is None else max(0.0, there * 0.95 - full)

    values: dict[str, Value] = {
        "kubelet_volume_stats_used_bytes": used,
        "kubelet_volume_stats_capacity_bytes": capacity,
        "kubelet_volume_stats_available_bytes": available,
        "kubelet_volume_stats_inodes": lambda age: None if used(age) is None else inodes,
        "kubelet_volume_stats_inodes_used": inodes_used or (lambda age: None if used(age) is None else inodes / 10),
    }
    ages = range(8 * DAY, -1, -SCRAPE)
    return {name: list(samples(name, labels, value, at, ages)) for name, value in values.items()}


@contextmanager
def prometheus(folder: Path, series: Iterable[Mapping[str, Iterable[str]]]) -> Iterator[str]:
    """Lend the address of a Prometheus that knows these series."""
    server, promtool = needs("prometheus"), needs("promtool")
    merged: dict[str, list[str]] = {}
    for one in series:
        for name, lines in one.items():
            merged.setdefault(name, []).extend(lines)
    text = folder / "series.txt"
    text.write_text(
        "".join(f"# TYPE {name} gauge\n{''.join(lines)}" for name, lines in sorted(merged.items())) + "# EOF\n"
    )
    made = subprocess.run(
        # for each block it reads the whole text again: two hours a block, as without the word, would be a hundred times
        [promtool, "tsdb", "create-blocks-from", "--max-block-duration=720h", "openmetrics", str(text), str(folder / "data")],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    (folder / "prometheus.yml").write_text("global: {}\n")
    address = f"127.0.0.1:{free_port()}"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                server, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                "--storage.tsdb.retention.time=50y", f"--web.listen-address={address}", "--log.level=warn",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _await(f"http://{address}/-/ready", process, folder / "log")
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(timeout=300)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    def is_ready() -> bool:
        if process.poll() is not None:
            return True
        with urllib.request.urlopen(url, timeout=30):
            return True

    eventually(is_ready, "Prometheus is ready")
    assert process.poll() is None, log.read_text()


def growing(root: Path, claims: Mapping[tuple[str, str], int]) -> Path:
    """Make a repository whose dev has these claims, (service, claim) to its size in GiB; the plan says what ours does."""
    contents = {
        "pyproject.toml": '[tool.bos-tools]\nenvironments = ["dev"]\n',
        "overlays/dev/environment.yaml": ENVIRONMENT,
    }
    for service in {service for service, _ in claims}:
        own = {name: size for (of, name), size in claims.items() if of == service}
        contents |= {f"base/{service}/{name}.yaml": CLAIM.format(name=name, size=size) for name, size in own.items()}
        contents[f"base/{service}/kustomization.yaml"] = "resources:\n" + "".join(f"- {name}.yaml\n" for name in own)
        plan = ROOT / f"base/{service}/plan.yaml"
        contents |= {f"base/{service}/plan.yaml": plan.read_text()} if plan.is_file() else {}
        contents[f"overlays/dev/{service}/kustomization.yaml"] = (
            f"namespace: buildingos\nresources:\n- ../../../base/{service}\n"
        )
    return repository(root, contents)
