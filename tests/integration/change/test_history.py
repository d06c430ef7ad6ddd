"""What `history` says is so: a merge that decides, a clone that is shallow, a name that changed, a limit."""

import json
from pathlib import Path

import pytest

from bos_tools.change.history import Step, history
from bos_tools.cli.main import main
from harness.git import git
from harness.repositories import files, repository, unit, write

WEB = "overlays/dev/web/kustomization.yaml"


def pin(root: Path, tag: str, *, path: str = WEB, service: str = "web", note: str = "") -> str:
    """Commit a version by hand, and return the commit."""
    write(root, {path: unit(service, tag, extra=note)})
    git(root, "commit", "-qam", f"Pin {tag}")
    return head(root)


def head(root: Path) -> str:
    return git(root, "rev-parse", "HEAD").strip()


def steps(root: Path, service: str = "web", env: str | None = "dev", limit: int = 20) -> list[Step]:
    return history(root, service, env, limit)


def said(root: Path, **how: object) -> list[tuple[str | None, str | None]]:
    return [(step.old, step.new) for step in steps(root, **how)]  # type: ignore[arg-type]


def both_sides(root: Path) -> None:
    """Let two branches say something else, and begin to merge them."""
    git(root, "switch", "-qc", "theirs")
    pin(root, "v1.1.0")
    git(root, "switch", "-q", "main")
    pin(root, "v1.2.0")
    git(root, "merge", "-q", "theirs", check=False)


def test_a_merge_that_takes_neither_side_is_what_set_the_version(work):
    both_sides(work)
    write(work, {WEB: unit("web", "v1.3.0")})
    git(work, "commit", "-qam", "Merge by hand")

    newest, *older = steps(work)

    assert (newest.commit.sha, newest.old, newest.new) == (head(work), "v1.2.0", "v1.3.0")
    assert [step.is_merge for step in (newest, *older)] == [True, False, False]
    assert [(step.old, step.new) for step in older] == [("v1.0.0", "v1.2.0"), (None, "v1.0.0")]


@pytest.mark.parametrize(("side", "tag"), [("--ours", "v1.2.0"), ("--theirs", "v1.1.0")])
def test_a_merge_that_takes_one_side_leaves_it_to_who_set_it_there(work, side, tag):
    both_sides(work)
    git(work, "checkout", side, WEB)
    write(work, {WEB: (work / WEB).read_bytes() + b"# decided\n"})
    git(work, "commit", "-qam", "Merge by hand")

    newest, *older = steps(work)

    assert (newest.commit.subject, newest.new) == (f"Pin {tag}", tag)
    assert [(step.old, step.new) for step in older] == [(None, "v1.0.0")]


def test_a_merge_without_any_conflict_that_changes_the_pin_is_named(work, capsys):
    git(work, "switch", "-qc", "other")
    write(work, {"base/note.txt": "x"})
    git(work, "add", "-A")
    git(work, "commit", "-qm", "Note")
    git(work, "switch", "-q", "main")
    write(work, {"base/more.txt": "x"})
    git(work, "add", "-A")
    git(work, "commit", "-qm", "More")
    git(work, "merge", "-q", "--no-commit", "other")
    write(work, {WEB: unit("web", "v6.6.6")})
    git(work, "commit", "-qam", "Merge branch 'other'")

    newest = steps(work)[0]

    assert (newest.commit.sha, newest.old, newest.new) == (head(work), "v1.0.0", "v6.6.6")
    assert newest.is_merge
    assert main(["--repo", str(work), "history", "web", "--env", "dev"]) == 0
    assert "Test, in a merge" in capsys.readouterr().out


def test_versions_follow_each_other_whatever_the_clocks_say(work, monkeypatch):
    for number, date in enumerate(("2031-01-01", "2021-01-01", "2026-01-01"), 1):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{date}T00:00:00Z")
        pin(work, f"v1.{number}.0")

    assert said(work) == [("v1.2.0", "v1.3.0"), ("v1.1.0", "v1.2.0"), ("v1.0.0", "v1.1.0"), (None, "v1.0.0")]


def test_a_limit_counts_what_is_shown(work):
    for number in range(1, 4):
        pin(work, f"v1.{number}.0")
        for noise in range(8):
            pin(work, f"v1.{number}.0", note=f"# {noise}\n")

    assert said(work, limit=3) == [("v1.2.0", "v1.3.0"), ("v1.1.0", "v1.2.0"), ("v1.0.0", "v1.1.0")]


def test_all_environments_of_a_commit_stand_together(work):
    for number in (1, 2):
        for env in ("dev", "preprod", "prod"):
            write(work, {f"overlays/{env}/web/kustomization.yaml": unit("web", f"v1.{number}.0")})
        git(work, "commit", "-qam", f"Pin {number}")

    found = [(step.env, step.new) for step in steps(work, env=None, limit=6)]

    assert found == [(env, tag) for tag in ("v1.2.0", "v1.1.0") for env in ("dev", "preprod", "prod")]


def test_a_pin_that_goes_and_comes_is_told(work):
    write(work, {WEB: "resources:\n- ../../../base/web\n"})
    git(work, "commit", "-qam", "Without")
    pin(work, "v2.0.0")

    assert said(work) == [(None, "v2.0.0"), ("v1.0.0", None), (None, "v1.0.0")]


def test_a_renamed_file_keeps_its_past(work):
    pin(work, "v1.1.0")
    git(work, "mv", WEB, WEB.replace(".yaml", ".yml"))
    git(work, "commit", "-qm", "Rename")
    pin(work, "v1.2.0", path=WEB.replace(".yaml", ".yml"))

    assert said(work) == [("v1.1.0", "v1.2.0"), ("v1.0.0", "v1.1.0"), (None, "v1.0.0")]


def test_a_renamed_service_keeps_its_past_under_the_name_that_it_had(work):
    pin(work, "v1.1.0")
    for env in ("dev", "preprod", "prod"):
        git(work, "mv", f"overlays/{env}/web", f"overlays/{env}/site")
    git(work, "mv", "base/web", "base/site")
    write(
        work,
        {"overlays/dev/site/kustomization.yaml": unit("site", "v1.1.0").replace("/site\n  newTag", "/web\n  newTag")},
    )
    git(work, "commit", "-qam", "Rename")
    pin(work, "v1.2.0", path="overlays/dev/site/kustomization.yaml", service="site")

    found = [(step.image, step.old, step.new) for step in steps(work, "site")]

    assert found == [("site", "v1.1.0", "v1.2.0"), ("web", "v1.0.0", "v1.1.0"), ("web", None, "v1.0.0")]


def test_a_renamed_environment_keeps_its_past(work):
    pin(work, "v1.1.0")
    git(work, "mv", "overlays/dev", "overlays/test")
    write(work, {"pyproject.toml": (work / "pyproject.toml").read_text().replace('"dev"', '"test"')})
    git(work, "commit", "-qam", "Rename")
    pin(work, "v1.2.0", path=WEB.replace("dev", "test"))

    found = [(step.env, step.old, step.new) for step in steps(work, env="test")]

    assert found == [("test", "v1.1.0", "v1.2.0"), ("dev", "v1.0.0", "v1.1.0"), ("dev", None, "v1.0.0")]


def test_a_copied_environment_begins_with_its_copy(tmp_path):
    work = repository(
        tmp_path / "work",
        files(["web"], ["dev"]) | {"pyproject.toml": '[tool.bos-tools]\nenvironments = ["dev", "prod"]\n'},
    )
    write(
        work,
        {
            f"overlays/prod/{name}": text
            for name, text in (("web/kustomization.yaml", unit("web")), ("kustomization.yaml", "resources:\n- web\n"))
        },
    )
    git(work, "add", "-A")
    git(work, "commit", "-qm", "Copy")

    assert [(step.commit.subject, step.new) for step in steps(work, env="prod")] == [("Copy", "v1.0.0")]


def shallow(work: Path, depth: int) -> Path:
    target = work.parent / f"depth-{depth}"
    git(work.parent, "clone", "-q", f"--depth={depth}", f"file://{work}", str(target))
    return target


def test_a_shallow_clone_blames_nobody_for_what_it_can_not_know(work, capsys):
    pin(work, "v1.1.0")
    git(work, "commit", "-q", "--allow-empty", "-m", "Bystander")
    there = shallow(work, 1)

    code = main(["--repo", str(there), "history", "web", "--env", "dev"])

    out, err = capsys.readouterr()
    assert (code, out) == (4, "")
    assert "the history of this clone ends at" in err
    assert "hint: git fetch --unshallow\n" in err
    git(there, "fetch", "-q", "--unshallow")
    assert said(there) == [("v1.0.0", "v1.1.0"), (None, "v1.0.0")]


def test_a_shallow_clone_tells_as_much_as_it_knows(work, capsys):
    for tag in ("v1.1.0", "v1.2.0", "v1.3.0"):
        pin(work, tag)
    there = shallow(work, 3)

    assert said(there, limit=2) == [("v1.2.0", "v1.3.0"), ("v1.1.0", "v1.2.0")]
    assert main(["--repo", str(there), "history", "web", "--env", "dev", "--output", "json"]) == 4

    error = json.loads(capsys.readouterr().out)["error"]
    assert error["reason"] == "shallow"
    assert "--limit 2" in error["hint"]


def test_a_pin_that_came_within_a_shallow_clone_is_known(work):
    git(work, "rm", "-qr", "overlays/dev/web")
    git(work, "commit", "-qm", "Without")
    git(work, "commit", "-q", "--allow-empty", "-m", "Between")
    write(work, {WEB: unit("web", "v2.0.0")})
    git(work, "add", "-A")
    git(work, "commit", "-qm", "Again")

    assert said(shallow(work, 2)) == [(None, "v2.0.0")]


def test_a_branch_without_a_commit_has_no_history(tmp_path):
    write(tmp_path, files(["web"]))
    git(tmp_path, "init", "-q", "-b", "main")

    assert steps(tmp_path) == []


@pytest.mark.parametrize("words", [["diff", "HEAD~1..HEAD"], ["check", "--env", "dev", "--against", "HEAD~1"]])
def test_a_revision_that_a_shallow_clone_lacks_is_told_with_the_way_to_it(work, capsys, words):
    pin(work, "v1.1.0")

    assert main(["--repo", str(shallow(work, 1)), *words]) == 4

    assert "hint: fetch more of the history: git fetch --unshallow" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["diff", "nowhere"], ["check", "--env", "dev", "--against", "nowhere"]])
def test_a_revision_that_is_none_is_a_mistake_of_words_and_no_finding(work, capsys, words):
    assert main(["--repo", str(work), *words]) == 2

    assert "no such revision: 'nowhere'" in capsys.readouterr().err
