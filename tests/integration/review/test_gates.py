"""`check --against`: what may change between two commits, each rule of a change at the file and line of what it refuses."""

import json
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.review.engine import judge, of
from bos_tools.review.findings import Finding
from bos_tools.review.registry import Scope
from bos_tools.tree.layout import Tree
from bos_tools.tree.source import Edited
from harness.faults import make
from harness.faulty.growth import BUMP, CHANGES, DATABASE, UPLOADS, Change, edited
from harness.git import git

GATES = [rule.id for rule in of(Scope.change)]


def judged(root: Path, files: dict[str, bytes]) -> list[Finding]:
    """Return what is refused of a change of some files of prod."""
    return judge(Tree(WorkTree(root)), Tree(Edited(WorkTree(root), files)), Renderer(), "prod")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_refused_at_the_file_and_line_of_what_is_wrong(good: Path, change: Change) -> None:
    files = edited(good, *change.edits)

    places = [(one.path, one.line) for one in judged(good, files) if one.rule == change.rule]

    text = files[change.file].decode()
    lines = [number for number, line in enumerate(text.splitlines(), 1) if change.at in line]
    assert [line for path, line in places if path == change.file and line in lines], places


def test_every_rule_of_a_change_has_a_case_that_breaks_it() -> None:
    assert {change.rule for change in CHANGES.values()} == set(GATES) - {"G5"}  # which is about what was there before


def test_growths_alone_pass_in_several_services_and_with_a_bump_of_another_environment(good: Path) -> None:
    dev = ("overlays/dev/web/kustomization.yaml", "v1.0.0", "v1.0.1")

    assert judged(good, edited(good, (DATABASE, "60Gi", "70Gi"), (UPLOADS, "5Gi", "6Gi"), dev)) == []


def test_the_same_size_in_other_words_is_no_change(good: Path) -> None:
    assert judged(good, edited(good, (DATABASE, "60Gi", "61440Mi"), BUMP)) == []


def test_one_more_replica_comes_with_its_declared_claim(good: Path) -> None:
    claim = (good / "base/redis-ha/pvc-2.yaml").read_bytes().replace(b"redis-2", b"redis-3")
    listed = edited(good, ("base/redis-ha/kustomization.yaml", "- pvc-2.yaml\n", "- pvc-2.yaml\n- pvc-3.yaml\n"))

    assert judged(good, {"base/redis-ha/pvc-3.yaml": claim, **listed}) == []


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The good repository with one commit."""
    root = make(tmp_path / "repo")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Start")
    return root


def edit(root: Path, *edits: tuple[str, str, str]) -> None:
    for path, data in edited(root, *edits).items():
        (root / path).write_bytes(data)


def against(root: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """Return what the rules of a change find between main and the work tree in prod."""
    code = main(["--repo", str(root), "check", "--env", "prod", "--against", "main", "--output", "json"])
    found = json.loads(capsys.readouterr().out)["findings"]
    assert code == (1 if found else 0)
    return [one for one in found if one["rule"] in GATES]


def test_the_revert_of_a_growth_is_a_shrink(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["pvc", "grow", "postgres", "70Gi", "--env", "prod", "--no-live", "--commit"]
    assert main(["--repo", str(clone), *words]) == 0
    git(clone, "switch", "-qc", "back")
    git(clone, "revert", "--no-edit", "HEAD")
    capsys.readouterr()

    found = against(clone, capsys)

    assert [(one["rule"], one["path"]) for one in found] == [("G1", DATABASE)]
    assert "would shrink: 70Gi to 60Gi" in str(found[0]["message"])


TAKES_BACK = "Grow\n\nBos-Volume: prod/postgres/postgres-data\nBos-From: {}\nBos-To: {}\nBos-Recover: ControllerResizeInfeasible\n"


def takes_back(root: Path, old: str, new: str, *, says: str = "") -> None:
    """Commit a smaller size as the way out of a growth that the storage can't give."""
    edit(root, (DATABASE, old, new))
    git(root, "commit", "-qam", TAKES_BACK.format(old, says or new))


def grown(root: Path, old: str, new: str) -> None:
    edit(root, (DATABASE, old, new))
    git(root, "commit", "-qam", f"Grow to {new}")


def rules(root: Path, capsys: pytest.CaptureFixture[str]) -> list[object]:
    return [one["rule"] for one in against(root, capsys)]


def review(root: Path, capsys: pytest.CaptureFixture[str]) -> list[object]:
    """Return what stops the branch in a review."""
    main(["--repo", str(root), "review", "--base", "main", "--env", "prod", "--output", "json"])
    found: list[object] = json.loads(capsys.readouterr().out)["blockers"]
    return found


def test_the_way_out_of_an_infeasible_growth_is_let_through(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grown(clone, "60Gi", "90Gi")
    git(clone, "switch", "-qc", "recovery")
    takes_back(clone, "90Gi", "70Gi")

    assert rules(clone, capsys) == []


def test_words_alone_let_no_claim_shrink(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a commit says of a way out is held by what it changed, and by what the base had before."""
    git(clone, "switch", "-qc", "never-grown")
    takes_back(clone, "60Gi", "50Gi")
    assert rules(clone, capsys) == ["G1"]

    git(clone, "switch", "-q", "main")
    grown(clone, "60Gi", "90Gi")
    for branch, old, new, says in (
        ("another-size", "90Gi", "70Gi", "71Gi"),
        ("not-above-the-growth", "90Gi", "60Gi", ""),
        ("below-the-growth", "90Gi", "50Gi", ""),
    ):
        git(clone, "switch", "-qC", branch, "main")
        takes_back(clone, old, new, says=says)
        assert rules(clone, capsys) == ["G1"], branch

        assert review(clone, capsys), branch

    git(clone, "switch", "-qC", "words-without-a-change", "main")
    git(clone, "commit", "-q", "--allow-empty", "-m", TAKES_BACK.format("90Gi", "70Gi"))
    grown(clone, "90Gi", "70Gi")
    assert rules(clone, capsys) == ["G1"]

    git(clone, "switch", "-qC", "a-growth-of-its-own", "main")
    grown(clone, "90Gi", "10Gi")
    grown(clone, "10Gi", "99Gi")
    takes_back(clone, "99Gi", "20Gi")
    assert rules(clone, capsys) == ["G1"]


def test_a_way_out_that_a_shallow_clone_can_not_verify_is_not_believed(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grown(clone, "60Gi", "90Gi")
    git(clone, "switch", "-qc", "recovery")
    takes_back(clone, "90Gi", "70Gi")
    git(clone.parent, "clone", "-q", "--depth=2", f"file://{clone}", "shallow")
    there = clone.parent / "shallow"
    git(there, "branch", "main", "HEAD~1")

    [found] = against(there, capsys)

    assert found["rule"] == "G1"
    assert str(found["message"]).endswith("is said by a commit, but not shown by this history")


BROKEN = "- path: gone.yaml\n"


def test_what_can_not_be_judged_does_not_pass(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A unit that did not render before may have had any size."""
    kustomization = clone / "overlays/prod/postgres/kustomization.yaml"
    whole = kustomization.read_bytes()
    kustomization.write_bytes(whole + BROKEN.encode())
    git(clone, "commit", "-qam", "Break")
    git(clone, "switch", "-qc", "mend-and-shrink")
    kustomization.write_bytes(whole)
    edit(clone, (DATABASE, "60Gi", "10Gi"))
    git(clone, "commit", "-qam", "Mend")

    [found] = against(clone, capsys)

    assert (found["rule"], found["path"]) == ("G5", "overlays/prod/postgres/kustomization.yaml")
    assert "postgres could not be rendered before the change: overlays/prod/postgres/" in str(found["message"])


def test_a_unit_that_did_not_render_and_is_renamed_is_not_judged_by_a_guess(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kustomization = clone / "overlays/prod/postgres/kustomization.yaml"
    whole = kustomization.read_bytes()
    kustomization.write_bytes(whole + BROKEN.encode())
    git(clone, "commit", "-qam", "Break")
    git(clone, "switch", "-qc", "rename-and-shrink")
    kustomization.write_bytes(whole)
    edit(clone, (DATABASE, "60Gi", "10Gi"))
    git(clone, "mv", "overlays/prod/postgres", "overlays/prod/database")

    found = [one for one in against(clone, capsys) if one["rule"] == "G5"]

    assert found
    assert "may have been there, for postgres could not be rendered before" in str(found[0]["message"])


def test_two_histories_without_a_common_commit_are_not_compared(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(clone, "switch", "-q", "--orphan", "other")
    git(clone, "commit", "-q", "--allow-empty", "-m", "Other")
    git(clone, "switch", "-q", "main")

    assert main(["--repo", str(clone), "check", "--env", "prod", "--against", "other"]) == 4
    assert "the two revisions have no common commit" in capsys.readouterr().err


def test_a_claim_that_nothing_could_read_before_is_not_judged_by_a_guess(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = (clone / UPLOADS).read_bytes()
    (clone / UPLOADS).write_bytes(whole.replace(b"resources:", b"resources: []\nx:"))
    git(clone, "commit", "-qam", "Break")
    git(clone, "switch", "-qc", "mend")
    (clone / UPLOADS).write_bytes(whole.replace(b"5Gi", b"1Gi"))
    git(clone, "commit", "-qam", "Mend")

    assert "G5" in rules(clone, capsys)


def test_an_environment_that_is_listed_no_more_is_judged_as_long_as_it_is_there(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(clone, "switch", "-qc", "drop")
    (clone / "pyproject.toml").write_text('[tool.bos-tools]\nenvironments = ["dev"]\n')
    edit(clone, (DATABASE, "60Gi", "10Gi"))

    main(["--repo", str(clone), "check", "--against", "main", "--output", "json"])

    assert ["G1", DATABASE] in [[one["rule"], one["path"]] for one in json.loads(capsys.readouterr().out)["findings"]]


def test_what_landed_on_the_base_since_is_not_blamed_on_the_branch(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(clone, "switch", "-qc", "feature")
    git(clone, "switch", "-q", "main")
    edit(clone, (DATABASE, "60Gi", "70Gi"))
    git(clone, "commit", "-qam", "Grow")
    git(clone, "switch", "-q", "feature")

    assert against(clone, capsys) == []
