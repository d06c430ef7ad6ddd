"""The database that an operator runs: the settings of the plain one, a pin that a bump reaches, a name that stays."""

import dataclasses
import json
import re
import shutil
from collections.abc import Iterator
from copy import deepcopy as copy_of
from pathlib import Path
from typing import Any

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import images, objects
from bos_tools.review.reading import environments
from bos_tools.review.rendered import Rendered
from bos_tools.review.schema import wrong
from bos_tools.review.table import RULES
from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Tree
from harness import ROOT

TREE = Tree(WorkTree(ROOT))
FIXED = {"listen_addresses", "shared_preload_libraries"}
"""What of ours the operator sets itself and refuses from others (CloudNativePG 1.30, pkg/postgres/configuration.go)."""
DIGEST = "sha256:" + "0123456789abcdef" * 4


def render(folder: str) -> dict[tuple[str, str], Object]:
    return {(one.kind, one.name): one for one in objects(Renderer().one(TREE.graph, folder))}


PROD = render("overlays/prod/postgres")
SPEC = PROD["Cluster", "postgres"].data["spec"]


def settings() -> dict[str, str]:
    lines = re.findall(r"^(\w+) *= *(.+)$", (ROOT / "base/postgres/postgresql.conf").read_text(), re.MULTILINE)
    return {key: value.strip("'") for key, value in lines}


def test_both_databases_have_the_same_settings_but_for_what_the_operator_forbids():
    given = SPEC["postgresql"]["parameters"]
    plain = settings()

    assert plain.keys() >= FIXED
    assert {k: v for k, v in plain.items() if k not in FIXED} == {
        k: v for k, v in given.items() if not k.startswith("pg_stat_statements.")
    }
    # A setting of the library is what makes the operator load it.
    assert plain["shared_preload_libraries"] == "pg_stat_statements"
    assert any(key.startswith("pg_stat_statements.") for key in given)


def test_both_databases_are_made_alike():
    plain = render("overlays/preprod/postgres")["StatefulSet", "postgres"].data["spec"]["template"]["spec"]
    env = {one["name"]: one["value"] for one in plain["containers"][0]["env"]}
    made = SPEC["bootstrap"]["initdb"]

    assert (made["database"], made["owner"]) == (env["POSTGRES_DB"], env["POSTGRES_USER"])
    assert env["POSTGRES_INITDB_ARGS"].split() == [
        "--data-checksums", f"--encoding={made['encoding']}", f"--locale-provider={made['localeProvider']}", f"--locale={made['locale']}",
    ]  # fmt: skip
    assert made["dataChecksums"] is True
    assert made["builtinLocale"] == made["locale"]


def test_grafana_reads_and_changes_nothing_in_both():
    said = "\n".join(SPEC["bootstrap"]["initdb"]["postInitSQL"])
    script = (ROOT / "base/postgres/grafana-reader.sh").read_text()

    for line in re.findall(r"^ALTER ROLE .*(?=;)", script, re.MULTILINE):
        assert line in said
    role = SPEC["managed"]["roles"][0]
    assert (role["name"], role["inRoles"], role["login"]) == ("grafana", ["pg_read_all_data"], True)
    assert "GRANT pg_read_all_data TO grafana;" in script


def test_the_backup_goes_where_the_overlay_says_by_the_store_that_the_cluster_names():
    store = PROD["ObjectStore", "postgres"].data["spec"]["configuration"]
    plugin = SPEC["plugins"][0]
    backup = PROD["ScheduledBackup", "postgres"].data["spec"]

    assert store["destinationPath"].startswith("s3://buildingos-prod-")
    assert plugin["parameters"]["barmanObjectName"] == "postgres"
    assert plugin["isWALArchiver"] is True
    assert backup["pluginConfiguration"]["name"] == plugin["name"]
    assert backup["cluster"]["name"] == "postgres"
    assert len(backup["schedule"].split()) == 6


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("base", "overlays"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_a_bump_changes_one_line_and_the_proof_sees_it_in_the_operators_field(copy: Path, capsys):
    file = copy / "overlays/prod/postgres/kustomization.yaml"
    before = file.read_text()
    old = next(images(PROD["Cluster", "postgres"]))[1].partition(":")[2]
    new = re.sub(r"\.(\d+)-", lambda found: f".{int(found[1]) + 1}-", old, count=1)

    code = main(["--repo", str(copy), "bump", "postgres", new, "--env", "prod", "--digest", DIGEST])

    out, err = capsys.readouterr()
    assert code == 0, err
    assert "Cluster.postgresql.cnpg.io buildingos/postgres  spec.imageName" in out + err
    changed = [line.strip() for line in file.read_text().splitlines() if line not in before.splitlines()]
    assert changed == [f'newTag: "{new}"', f"digest: {DIGEST}"]
    assert len(before.splitlines()) + 1 == len(file.read_text().splitlines())


def test_a_bump_to_the_plain_image_s_variant_is_refused(copy: Path, capsys):
    code = main(["--repo", str(copy), "bump", "postgres", "18.7", "--env", "prod", "--digest", DIGEST])

    assert code == 1
    assert "by `{major}.{minor}-minimal-trixie`, and this is none: 18.7" in capsys.readouterr().err


SHAPES: tuple[Any, ...] = (5, None, [{}], {"a": 1})


def test_no_shape_of_the_cluster_makes_the_rules_fall_over():
    """Whatever stands where, it is a finding: kustomize builds a number where a list belongs."""
    [here] = environments(TREE, Renderer(), ["prod"])
    index = next(i for i, one in enumerate(here.objects) if one.object.kind == "Cluster")
    made = here.objects[index]
    tried = 0
    for path in paths(made.data["spec"]):
        for value in SHAPES:
            data = copy_of(made.data)
            inner = data["spec"]
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
            one = dataclasses.replace(made.object, data=data)
            if not any(fault.is_misshapen for fault in wrong([one])[0]):
                objects_ = [*here.objects]
                objects_[index] = Rendered(made.unit, one)
                for rule in ("P12", "L5"):
                    list(RULES[rule].judge(dataclasses.replace(here, objects=objects_)))
                tried += 1
    assert tried > 20


def paths(data: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        yield (*before, key)
        yield from paths(value, (*before, key))


def test_status_shows_the_size_of_the_operators_claims_beside_the_plain_ones(capsys):
    assert main(["--repo", str(ROOT), "status", "--output", "json"]) == 0

    said = json.loads(capsys.readouterr().out)["services"]
    sizes = {one["env"]: one["claims"] for one in said if one["service"] == "postgres"}
    assert list(sizes) == list(TREE.settings.environments)
    assert [claim["name"] for claims in sizes.values() for claim in claims] == ["postgres-data"] * len(sizes)
    assert sizes["prod"][0]["size"] == SPEC["storage"]["size"]
