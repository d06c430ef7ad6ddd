"""The environments, rendered whole."""

import json
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import images, objects
from bos_tools.storage.growth import growth
from bos_tools.storage.volumes import volumes
from bos_tools.tree.layout import Tree
from harness import ROOT

TREE = Tree(WorkTree(ROOT))
UNITS = TREE.units()
SERVICES = {"web", "backend", "postgres", "redis", "tdengine", "emqx", "grafana", "zlmediakit", "nodered"}


def render(folder: str):
    return objects(Renderer().one(TREE.graph, folder))


@pytest.mark.parametrize("env", TREE.settings.environments)
def test_an_environment_has_the_nine_services_and_its_platform(env):
    assert set(TREE.services(env)) >= SERVICES | {"platform"}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.folder)
def test_a_unit_renders_by_itself_into_its_own_namespace(unit):
    made = render(unit.folder)

    assert made
    spaces = {one.namespace for one in made if one.kind not in ("Namespace", "StorageClass", "PriorityClass")}
    assert spaces <= {"buildingos"}
    assert all("/" in image or ":" in image for one in made for _, image in images(one))


@pytest.mark.parametrize("env", TREE.settings.environments)
def test_the_aggregator_is_exactly_its_units(env):
    whole = sorted(one.id for one in render(f"overlays/{env}"))

    assert whole == sorted(one.id for unit in TREE.units(env) for one in render(unit.folder))
    assert len(whole) == len(set(whole))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.folder)
def test_a_unit_is_short_enough_to_read_whole(unit):
    lengths = {path.name: len(path.read_text().splitlines()) for path in (ROOT / unit.folder).iterdir()}

    assert "kustomization.yaml" in lengths
    assert {name for name, length in lengths.items() if length > 25} == set()


def test_nothing_stands_twice():
    """No two files of the bases, and none of one overlay, say the same."""
    for folder in ("base", *(f"overlays/{env}" for env in TREE.settings.environments)):
        seen: dict[bytes, Path] = {}
        for path in sorted(path for path in (ROOT / folder).rglob("*") if path.is_file()):
            assert path.read_bytes() not in seen, (path, seen.get(path.read_bytes()))
            seen[path.read_bytes()] = path


def test_every_file_of_a_base_holds_one_object_and_is_used():
    used = {path for unit in UNITS for path in TREE.graph.closure(unit.folder)}
    used |= TREE.graph.closure("base/argocd").keys()  # which Argo CD itself is given
    for env in TREE.settings.environments:
        used |= TREE.graph.closure(f"overlays/{env}/argocd").keys()
    used |= {f"base/{name}/plan.yaml" for name in TREE.plans()} | {"base/plan.schema.json"}
    # Traits that no environment uses yet; test_components.py renders them.
    off = tuple(
        f"base/components/{name}/" for name in ("emqx-cluster", "external-secrets", "tdengine-cluster", "web-emptydir")
    )

    files = {str(p.relative_to(ROOT)) for p in (ROOT / "base").rglob("*") if p.is_file() and p.suffix != ".md"}

    assert {path for path in files - used if not path.startswith(off)} == set()
    for path in files:
        if path.endswith(".yaml"):
            assert "\n---\n" not in (ROOT / path).read_text(), path


def test_every_component_has_a_line_in_their_readme():
    folders = {path.name for path in (ROOT / "base/components").iterdir() if path.is_dir()}
    readme = (ROOT / "base/components/README.md").read_text()

    assert {name for name in folders if f"| `{name}` |" not in readme} == set()


def test_preprod_and_prod_differ_in_pins_sizes_hosts_and_labels_alone():
    """A service that only prod runs twice has another base; only in its unit do the files differ as well."""

    def files(env: str) -> dict[str, str]:
        folder = ROOT / "overlays" / env
        return {
            str(p.relative_to(folder)): p.read_text()
            for p in folder.rglob("*.yaml")
            if p.name != "environment.yaml" and p.parent.name != "argocd"  # a command writes those from the rest
        }

    left, right = files("preprod"), files("prod")
    twice = {name for name in SERVICES if f"base/{name}-ha\n" in right[f"{name}/kustomization.yaml"]}

    assert twice <= {"postgres", "redis"}
    assert {path for path in left.keys() ^ right.keys() if path.partition("/")[0] not in twice} == set()
    for path in left.keys() & right.keys():
        changed = [
            line.strip()
            for line in set(right[path].splitlines()) - set(left[path].splitlines())
        ]  # fmt: skip
        words = ("newTag:", "digest:", "storage:", "value:", "buildingos.io/environment:")
        if path.partition("/")[0] not in twice:
            assert all(line.startswith(words) for line in changed), (path, changed)


@pytest.mark.parametrize("env", ["dev", "preprod", "prod"])
def test_the_rules_of_growth_have_limits_for_every_volume(env):
    rules = growth(TREE, env)

    kept = [volume for unit in TREE.units(env) for volume in volumes(TREE.graph, unit)]

    assert len(kept) >= 11
    for one in kept:
        assert rules.of(one.storage_class or "").step >= 2**30, one.id


@pytest.mark.parametrize("env", TREE.settings.environments)
def test_what_argo_cd_is_given_is_what_the_environment_comes_to(env, capsys):
    """A list of paths that lacks a base hides its changes, and an add-on that is not registered is not there."""
    assert main(["--repo", str(ROOT), "argocd", "register", "--env", env, "--dry-run", "--output", "json"]) == 0

    said = json.loads(capsys.readouterr().out)
    assert (said["changed"], said["edits"]) == (False, [])
