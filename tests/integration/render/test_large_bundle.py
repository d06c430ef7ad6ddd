"""A bundle of some megabytes beside a service is read in linear time, rendered within its share, and stands in no bump's way."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from bos_tools.render.objects import objects
from bos_tools.tree.graph import Graph
from bos_tools.tree.nodes import parse
from bos_tools.tree.workloads import used_images
from harness.memory import Memory
from harness.repositories import files, unit, write

BUNDLE, BASE, UNIT = "base/web/bundle.yaml", "base/web/kustomization.yaml", "overlays/dev/web/kustomization.yaml"
LISTED = "resources:\n- deployment.yaml\n- bundle.yaml\n"


def bundle(size: int) -> bytes:
    """Return definitions of kinds as controller-gen writes them, of so many bytes in all."""
    fields = "".join(
        f"          field{number}:\n            description: what an operator says of a field of its own, in a line\n            type: string\n"
        for number in range(200)
    )
    head = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: x{0}s.example.com\nspec:\n"
        "  group: example.com\n  names: {{kind: X{0}, plural: x{0}s}}\n  scope: Namespaced\n  versions:\n  - name: v1\n    served: true\n"
        "    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n"
    )
    count = size // len(head + fields) + 1
    return "---\n".join(head.format(number) + fields for number in range(count)).encode()


def images(data: bytes) -> None:
    texts = {path: text.encode() for path, text in {**files(["web"]), BASE: LISTED}.items()} | {BUNDLE: data}
    assert used_images(Graph(Memory(texts)), "overlays/dev/web") == ["web"]


READERS: dict[str, Callable[[bytes], object]] = {
    "as nodes": lambda data: parse(data, BUNDLE), "as objects": objects, "for its images": images,
}  # fmt: skip


@pytest.mark.parametrize("how", READERS)
def test_four_times_the_bundle_takes_about_four_times_the_time(how: str) -> None:
    def cost(data: bytes) -> float:
        start = time.process_time()
        READERS[how](data)
        return time.process_time() - start

    small, large = bundle(300_000), bundle(1_200_000)

    assert (
        min(cost(large + b"# %d\n" % n) for n in range(2))
        < 8 * min(cost(small + b"# %d\n" % n) for n in range(2)) + 0.05
    )


def test_a_service_beside_a_bundle_of_five_megabytes_is_bumped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bundle(5_000_000)
    unpinned = unit("web").partition("images:")[0]
    root = write(tmp_path / "repo", {**files(), BASE: LISTED, BUNDLE: data, UNIT: unpinned})

    code = main(["--repo", str(root), "bump", "web", "v1.0.1"])

    assert code == 0, capsys.readouterr().err
    assert (root / UNIT).read_text() == f"{unpinned}images:\n- name: web\n  newTag: v1.0.1\n"
