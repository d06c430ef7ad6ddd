"""What an environment says of itself: one typed object, with errors at the file and the line."""

import json
from typing import Any

import msgspec
import pytest

from bos_tools.doors.files import WorkTree
from bos_tools.errors import RepositoryError
from bos_tools.tree import typed
from bos_tools.tree.environment import Environment, Gates
from bos_tools.tree.layout import Tree, plan_file
from bos_tools.tree.nodes import plain_data
from bos_tools.tree.schemas import SCHEMAS, text
from bos_tools.tree.service_plan import ServicePlan
from harness import ROOT
from harness.repositories import write

FILE = "overlays/dev/environment.yaml"
SAID = """\
environment: dev
access: nodeport
nodes:
- role: worker
  count: 2
  cpu: 8
  memory: 16Gi
growth:
  threshold: 80
  leadTime: 7d
  horizon: 30d
  targetFill: 70
  classes:
    block:
      step: 50Gi
      budget:
        count: 4
        hours: 24
gates:
  digest: required
  prune: confirm
  undigested:
  - web:v1.0.0
"""


PLANNED = """\
workload:
  kind: Deployment
  ports: [80]
  requests: {cpu: 100m, memory: 64Mi}
  limits: {cpu: 100m, memory: 64Mi}
  claims:
    web-data: {min: 2Gi, max: 7Gi, holds: pages, data: reproducible}
dataService: true
secrets:
  web-auth:
    keys:
      password:
        what: a password
        made: '{random:32}'
        holds: '[a-z]+'
"""


def read(tmp_path, said: str) -> Environment:
    return Tree(WorkTree(write(tmp_path, {FILE: said}))).environment("dev")


def test_it_is_read_whole_and_nothing_changes_it(tmp_path):
    found = read(tmp_path, SAID)

    assert found.gates == Gates(digest="required", prune="confirm", undigested=frozenset({"web:v1.0.0"}))
    assert (found.gates.needs_digest, found.gates.holds_pruning) == (True, True)
    workers = found.group("worker")
    assert workers is not None
    assert (workers.count, found.group("database")) == (2, None)
    assert found.growth is not None
    assert found.growth.classes["block"].step_bytes == 50 * 2**30
    parts: tuple[Any, ...] = (found, found.gates, found.growth)
    for part in parts:
        with pytest.raises(AttributeError):
            part.digest = "optional"


def test_an_environment_without_a_file_demands_nothing(tmp_path):
    assert Tree(WorkTree(tmp_path)).environment("dev") == Environment()


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ("digest: required", "digest: requird", "digest:", "`gates.digest`: "),
        ("prune: confirm", "prunes: confirm", "gates:", "`gates`: "),
        ("gates:", "gate:", "environment:", "'gate' was unexpected"),
        ("access: nodeport", "access: nodeprot", "access:", "`access`: "),
        ("count: 2", "count: many", "count: many", "`nodes[0].count`: "),
        ("threshold: 80", "threshold: 0.8", "threshold:", "`growth.threshold`: "),
        ("threshold: 80", "threshold: 0", "threshold:", "`growth.threshold`: "),
        ("leadTime: 7d", "leadTime: 7", "leadTime:", "`growth.leadTime`: "),
        ("step: 50Gi", "step: 50G", "step:", "`growth.classes.block.step`: "),
        ("count: 4", "count: 0", "count: 0", "`growth.classes.block.budget.count`: "),
        ("  horizon: 30d\n", "", "growth:", '"horizon" is a required property'),
        ("      budget:", "      budgets:", "block:", "`growth.classes.block`: "),
        ("    block:\n", "    - block:\n", "classes:", "`growth.classes`: "),
        ("targetFill: 70", "targetFill: 90", "growth:", "`growth`: a growth would be due again at once"),
        ("horizon: 30d", "horizon: 3d", "growth:", "`growth`: a growth would be due again at once"),
    ],
)
def test_what_no_environment_says_is_refused_at_its_file_and_line(tmp_path, old, new, at, said):
    assert old in SAID
    changed = SAID.replace(old, new, 1)

    with pytest.raises(RepositoryError) as refused:
        read(tmp_path, changed)

    line = next(number for number, line in enumerate(changed.splitlines(), 1) if at in line)
    assert (refused.value.reason, refused.value.path, refused.value.line) == ("malformed-environment", FILE, line)
    assert said in refused.value.message


@pytest.mark.parametrize("path", SCHEMAS)
def test_the_schema_of_a_typed_file_is_what_its_types_generate(path):
    assert (ROOT / path).read_text() == text(path), "run `make schemas`"


def test_an_editor_finds_the_schema_of_each_environment():
    for file in (ROOT / "overlays").glob("*/environment.yaml"):
        first = file.read_text().splitlines()[0]
        assert first == "# yaml-language-server: $schema=../environment.schema.json", file
        assert (file.parent / first.partition("=")[2]).is_file()


def test_the_schema_and_the_type_know_the_same_words():
    schema = json.loads(text("overlays/environment.schema.json"))

    known = {field.encode_name for field in msgspec.structs.fields(Environment)}

    assert set(schema["$defs"]["Environment"]["properties"]) == known
    assert set(schema["required"]) < known


def test_an_editor_finds_the_schema_of_each_plan_and_it_holds():
    tree = Tree(WorkTree(ROOT))
    for name in tree.plans():
        document = tree.document(plan_file(name))
        assert document is not None
        assert document.text.startswith("# yaml-language-server: $schema=../plan.schema.json\n"), name
        assert typed.faults(plain_data(document.single()), ServicePlan) == []
    assert (ROOT / "base/plan.schema.json").is_file()


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ("kind: Deployment", "kind: Deploymnt", "kind:", "`workload.kind`: "),
        ("max: 7Gi", "max: 7G", "web-data", "`workload.claims.web-data.max`: "),
        ("max: 7Gi, ", "", "web-data", "a range has a min and a max"),
        ("max: 7Gi", "max: 1Gi", "web-data", "a range has a min and a max"),
        ("holds: '[a-z]+'", "holds: '[a-z'", "holds: '", "`holds` is no regular expression"),
        ("ports: [80]", "ports: [0]", "ports:", "`workload.ports[0]`: "),
        ("dataService: true", "dataService: yes please", "dataService:", "`dataService`: "),
    ],
)
def test_what_no_plan_says_is_refused_at_its_file_and_line(tmp_path, old, new, at, said):
    assert old in PLANNED
    changed = PLANNED.replace(old, new, 1)

    with pytest.raises(RepositoryError) as refused:
        Tree(WorkTree(write(tmp_path, {"base/web/plan.yaml": changed}))).plan("web")

    lines = [number for number, line in enumerate(changed.splitlines(), 1) if at in line]
    assert (refused.value.reason, refused.value.path) == ("malformed-plan", "base/web/plan.yaml")
    assert said in refused.value.message
    assert refused.value.line in lines or "range" in said or "regular" in said


def test_a_secret_has_one_owner(tmp_path):
    write(tmp_path, {"base/web/plan.yaml": PLANNED, "base/api/plan.yaml": PLANNED})

    with pytest.raises(RepositoryError, match="two services own this Secret: web-auth"):
        Tree(WorkTree(tmp_path)).contract()


def test_a_guard_that_moved_is_not_lost_in_silence(tmp_path):
    write(tmp_path, {"pyproject.toml": '[tool.bos-tools]\nenvironments = ["dev"]\ndata-services = ["postgres"]\n'})

    with pytest.raises(RepositoryError, match="`data-services`") as refused:
        _ = Tree(WorkTree(tmp_path)).settings

    assert "plan.yaml" in refused.value.hint
