"""Rendering: the same bytes whether one by one or together, only what is not cached, and errors at their file."""

from pathlib import Path

import pytest

from bos_tools.doors.files import WorkTree
from bos_tools.errors import OutsideError, RepositoryError
from bos_tools.render import kustomize
from bos_tools.render.cache import SHARD_LIMIT, Cache
from bos_tools.render.kustomize import Renderer
from bos_tools.tree.layout import Tree
from harness import ROOT
from harness.repositories import deployment, files, write


@pytest.fixture
def renderer(tmp_path) -> Renderer:
    return Renderer(Cache(tmp_path / "cache"))


def jobs(root: Path):
    tree = Tree(WorkTree(root))
    return [(tree.graph, unit.folder) for unit in tree.units()]


def test_units_rendered_together_have_the_bytes_of_units_rendered_alone(tmp_path):
    work = jobs(ROOT)

    together = Renderer(Cache(tmp_path / "a")).render(work)
    alone = [Renderer(Cache(tmp_path / "b")).render([job])[0] for job in work]

    assert kustomize.batch_program() is not None
    assert together == alone


def test_the_order_in_which_units_are_rendered_together_changes_no_byte(tmp_path):
    work = jobs(ROOT)

    forward = Renderer(Cache(tmp_path / "a")).render(work)
    backward = Renderer(Cache(tmp_path / "b")).render(work[::-1])

    assert forward == backward[::-1]


def test_without_the_batch_program_each_unit_gets_a_process(tmp_path, monkeypatch):
    work = jobs(write(tmp_path / "repo", files()))
    together = Renderer(Cache(tmp_path / "a")).render(work)

    monkeypatch.setattr(kustomize, "batch_program", lambda: None)

    assert Renderer(Cache(tmp_path / "b")).render(work) == together


def test_a_unit_that_cannot_be_rendered_is_named_also_among_many(tmp_path, renderer):
    contents = files()
    contents["base/web/kustomization.yaml"] = "resources: [deployment.yaml]\npatches:\n- path: patch.yaml\n"
    contents["base/web/patch.yaml"] = deployment("absent")

    with pytest.raises(RepositoryError) as caught:
        renderer.render(jobs(write(tmp_path / "repo", contents)))

    assert caught.value.reason == "render-failed"
    assert caught.value.path.startswith(("base/web/", "overlays/dev/web/"))


def test_what_is_cached_is_not_rendered_again(tmp_path, renderer, monkeypatch):
    work = jobs(write(tmp_path / "repo", files()))
    first = renderer.render(work)

    monkeypatch.setattr(kustomize, "_build", lambda todo: [b"rendered again" for _ in todo])

    assert renderer.render(jobs(tmp_path / "repo")) == first


@pytest.mark.parametrize(
    "path", ["base/web/deployment.yaml", "base/web/kustomization.yaml", "overlays/dev/env/kustomization.yaml"]
)
def test_a_change_of_any_file_that_a_unit_reads_renders_it_again(tmp_path, renderer, path):
    root = write(tmp_path / "repo", files())
    (job,) = [job for job in jobs(root) if job[1] == "overlays/dev/web"]
    before = renderer.cache.key("v", job[1], job[0].closure(job[1]))

    (root / path).write_text((root / path).read_text() + "# more\n")

    (job,) = [job for job in jobs(root) if job[1] == "overlays/dev/web"]
    assert renderer.cache.key("v", job[1], job[0].closure(job[1])) != before


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 64, None])
def test_a_damaged_entry_is_rendered_again(tmp_path, renderer, damage):
    work = jobs(write(tmp_path / "repo", files()))[:1]
    good = renderer.render(work)
    (entry,) = [path for path in renderer.cache.folder.rglob("*") if path.is_file()]
    entry.write_bytes(entry.read_bytes()[:-1] + b"x" if damage is None else damage)

    assert renderer.render(work) == good


def test_a_cache_that_cannot_be_written_costs_no_run(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    work = jobs(write(tmp_path / "repo", files()))[:1]

    assert Renderer(Cache(blocked / "cache")).render(work)[0].startswith(b"apiVersion")


def test_the_cache_has_a_bound(tmp_path):
    cache = Cache(tmp_path)
    for number in range(SHARD_LIMIT + 20):
        cache.put(f"aa{number:062d}", b"x")

    assert len(list((tmp_path / "aa").iterdir())) <= SHARD_LIMIT


@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo v5.7.1", "kustomize-version"), ("exit 3", "kustomize-failed"), (None, "program-missing")],
)
def test_another_kustomize_is_refused(tmp_path, monkeypatch, script, reason):
    other = tmp_path / "kustomize"
    if script is not None:
        other.write_text(f"#!/bin/sh\n{script}\n")
        other.chmod(0o755)
    monkeypatch.setenv("BOS_TOOLS_KUSTOMIZE", str(other))
    kustomize.program.cache_clear()
    try:
        with pytest.raises(OutsideError) as caught:
            kustomize.program()
    finally:
        kustomize.program.cache_clear()

    assert caught.value.reason == reason
