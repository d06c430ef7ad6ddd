"""`check --against`: what may change between two commits, each gate with mutations that it refuses at file and line."""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.files import WorkTree
from bos_tools.doors.git import Git
from bos_tools.render.kustomize import Renderer
from bos_tools.review.engine import explain, judge, of
from bos_tools.review.registry import Scope
from bos_tools.tree.layout import Tree
from harness import ROOT
from harness.git import git

GATES = [rule.id for rule in of(Scope.change)]
POSTGRES = "overlays/preprod/postgres/postgres-data.yaml"
REDIS = "overlays/prod/redis"


class Mutation(NamedTuple):
    """An edit of some files, and the line (by its text, after the edit) that the finding must name."""

    gate: str
    edits: tuple[tuple[str, str, str], ...]
    file: str
    at: str


SET_SIZE = "storage: 1Gi"
MUTATIONS = {
    "a claim": Mutation("G1", ((POSTGRES, "40Gi", "30Gi"),), POSTGRES, "30Gi"),
    "a claim in another unit": Mutation("G1", ((POSTGRES, "40Gi", "40959Mi"),), POSTGRES, "40959Mi"),
    "a database": Mutation("G1", (("overlays/prod/postgres/postgres-data.yaml", "60Gi", "50Gi"),), "overlays/prod/postgres/postgres-data.yaml", "50Gi"),
    "a template": Mutation("G1", ((f"{REDIS}/redis-data.yaml", "1Gi", "512Mi"),), f"{REDIS}/redis-data.yaml", "- op"),
    "a class": Mutation("G2", (("base/tdengine/pvc.yaml", "buildingos-block", "buildingos-shared"),), "base/tdengine/pvc.yaml", "storageClassName"),
    "access modes": Mutation("G2", (("base/components/rwx/claims.yaml", "[ReadWriteMany]", "[ReadWriteMany, ReadWriteOnce]"),), "base/components/rwx/claims.yaml", "- op"),
    "a growth with a bump": Mutation("G3", ((POSTGRES, "40Gi", "50Gi"), ("overlays/preprod/web/kustomization.yaml", "v1.0.0", "v1.0.1")), POSTGRES, "50Gi"),
    "a growth with a label": Mutation("G3", ((POSTGRES, "40Gi", "50Gi"), ("base/grafana/service.yaml", "labels:\n", "labels:\n    x: y\n")), POSTGRES, "50Gi"),
    "a template more": Mutation("G4", (("base/redis-ha/statefulset.yaml", "  volumeClaimTemplates:\n", "  volumeClaimTemplates:\n  - metadata:\n      name: more\n    spec:\n      accessModes: [ReadWriteOnce]\n      resources:\n        requests:\n          storage: 1Gi\n"),), "base/redis-ha/statefulset.yaml", "volumeClaimTemplates:"),
    "a template's class": Mutation("G4", (("base/redis-ha/statefulset.yaml", "storageClassName: buildingos-block", "storageClassName: other"),), "base/redis-ha/statefulset.yaml", "volumeClaimTemplates:"),
}  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("gates") / "repo"
    target.mkdir()
    for name in ("base", "overlays"):
        shutil.copytree(ROOT / name, target / name)
    shutil.copy(ROOT / "pyproject.toml", target)
    git(target, "init", "-q", "-b", "main")
    git(target, "add", "-A")
    git(target, "commit", "-qm", "Start")
    return target


@pytest.fixture
def clean(copy: Path):
    """The copy, as its first commit has it."""
    first = git(copy, "rev-list", "--max-parents=0", "HEAD").strip()
    git(copy, "reset", "-q", "--hard", first)
    git(copy, "clean", "-fdq")
    yield copy
    git(copy, "switch", "-q", "-f", "main")
    git(copy, "reset", "-q", "--hard", first)


def edit(root: Path, *edits: tuple[str, str, str]) -> None:
    for file, old, new in edits:
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new, 1))


def judged(root: Path, capsys) -> list[dict[str, object]]:
    """Return what the gates find in preprod; the rules have tests of their own."""
    code = main(["--repo", str(root), "check", "--env", "preprod", "--against", "main", "--output", "json"])
    found = json.loads(capsys.readouterr().out)["findings"]
    assert code == (1 if found else 0)
    return [one for one in found if one["rule"] in GATES]


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_each_gate_refuses_at_the_file_and_line_of_the_change(clean: Path, mutation: Mutation):
    edit(clean, *mutation.edits)

    before, after = Tree(Git(clean).at("HEAD")), Tree(WorkTree(clean))
    env = "preprod" if "preprod" in mutation.file else "prod"
    found = [(one.path, one.line) for one in judge(before, after, Renderer(), env) if one.rule == mutation.gate]

    lines = [n for n, line in enumerate((clean / mutation.file).read_text().splitlines(), 1) if mutation.at in line]
    assert [line for path, line in found if path == mutation.file and line in lines], found


def test_every_gate_has_a_mutation_and_explains_itself(capsys):
    assert {mutation.gate for mutation in MUTATIONS.values()} == set(GATES)
    for identity in GATES:
        assert main(["check", "--explain", identity]) == 0
        assert capsys.readouterr().out.startswith(f"{identity}: {explain(identity).title}\n")


def test_growths_alone_pass_in_several_services_and_with_a_bump_of_another_environment(clean: Path, capsys):
    edit(
        clean,
        (POSTGRES, "40Gi", "50Gi"),
        ("overlays/preprod/zlmediakit/zlmediakit-data.yaml", "storage: 2", "storage: 3"),
        ("overlays/dev/web/kustomization.yaml", "v1.0.0", "v1.0.1"),
    )

    assert judged(clean, capsys) == []


def test_the_same_size_in_other_words_is_no_change(clean: Path, capsys):
    edit(clean, (POSTGRES, "40Gi", "40960Mi"), ("overlays/preprod/web/kustomization.yaml", "v1.0.0", "v1.0.1"))

    assert judged(clean, capsys) == []


def test_one_more_replica_comes_with_its_declared_claim(clean: Path):
    text = (clean / "base/redis-ha/pvc-2.yaml").read_text()
    (clean / "base/redis-ha/pvc-3.yaml").write_text(text.replace("redis-2", "redis-3"))
    edit(clean, ("base/redis-ha/kustomization.yaml", "- pvc-2.yaml\n", "- pvc-2.yaml\n- pvc-3.yaml\n"))

    assert judge(Tree(Git(clean).at("HEAD")), Tree(WorkTree(clean)), Renderer(), "prod") == []


def test_the_revert_of_a_growth_is_a_shrink(clean: Path, capsys):
    assert (
        main(["--repo", str(clean), "pvc", "grow", "postgres", "50Gi", "--env", "preprod", "--no-live", "--commit"])
        == 0
    )
    git(clean, "switch", "-qc", "back")
    git(clean, "revert", "--no-edit", "HEAD")
    capsys.readouterr()

    found = judged(clean, capsys)

    assert [(one["rule"], one["path"]) for one in found] == [("G1", POSTGRES)]
    assert "would shrink: 50Gi to 40Gi" in str(found[0]["message"])


def test_the_way_out_of_an_infeasible_growth_is_let_through_by_its_trailers_alone(clean: Path, capsys):
    git(clean, "switch", "-qc", "recovery")
    edit(clean, (POSTGRES, "40Gi", "30Gi"))
    text = "Grow\n\nBos-Volume: preprod/postgres/postgres-data\nBos-From: 40Gi\nBos-To: {}\nBos-Recover: ControllerResizeInfeasible\n"
    git(clean, "commit", "-qam", text.format("31Gi"))
    other = judged(clean, capsys)
    git(clean, "commit", "-q", "--amend", "-m", text.format("30Gi"))

    assert [one["rule"] for one in other] == ["G1"]
    assert judged(clean, capsys) == []


def test_what_landed_on_the_base_since_is_not_blamed_on_the_branch(clean: Path, capsys):
    git(clean, "switch", "-qc", "feature")
    git(clean, "switch", "-q", "main")
    edit(clean, (POSTGRES, "40Gi", "50Gi"))
    git(clean, "commit", "-qam", "Grow")
    git(clean, "switch", "-q", "feature")

    assert judged(clean, capsys) == []


def test_a_revision_that_is_none_is_refused(clean: Path, capsys):
    assert main(["--repo", str(clean), "check", "--against", "nowhere"]) == 1
    assert "no such revision: 'nowhere'" in capsys.readouterr().err
