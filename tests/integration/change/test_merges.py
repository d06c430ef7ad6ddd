"""A merge that nobody has ended is called one, with its files, and nothing is committed into it."""

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.git import Git
from harness.git import git
from harness.repositories import unit, write

WEB = "overlays/dev/web/kustomization.yaml"


@pytest.fixture
def torn(work):
    """A work tree in the middle of a merge of two versions of web."""
    for branch, version in (("theirs", "v1.1.0"), ("main", "v1.2.0")):
        git(work, "switch", "-q", *(["-c"] if branch == "theirs" else []), branch)
        write(work, {WEB: unit("web", version)})
        git(work, "commit", "-qam", version)
    git(work, "merge", "-q", "theirs", check=False)
    return work


def refusal(work, capsys, *words: str) -> tuple[int, list[str]]:
    code = main(["--repo", str(work), *words])
    return code, capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    "words", [["bump", "web", "v1.3.0"], ["bump", "web", "v1.3.0", "--commit"], ["render", "web", "--env", "dev"]]
)
def test_a_file_with_both_sides_in_it_is_named_at_its_line(torn, capsys, words):
    code, said = refusal(torn, capsys, *words)

    assert code == 4
    assert said == [
        f"bos-tools: {WEB}:10: an unresolved merge: both sides are still in the file",
        f"hint: keep what is right, take the markers out, then: git add {WEB}",
    ]


def test_check_finds_both_sides_and_goes_on(torn, capsys):
    assert main(["--repo", str(torn), "check", "--env", "dev"]) == 1

    assert f"{WEB}:10: [K9] an unresolved merge" in capsys.readouterr().out


def test_a_commit_while_files_wait_to_be_settled_names_them(torn, capsys):
    write(torn, {WEB: unit("web", "v1.2.0")})  # settled in the file, and not in the index

    code, said = refusal(torn, capsys, "bump", "web", "v1.3.0", "--commit")

    assert (code, said[0]) == (1, f"bos-tools: an unresolved merge: {WEB}")
    assert "git merge --abort" in said[1]
    assert (torn / WEB).read_text() == unit("web", "v1.2.0")


def test_a_commit_in_a_settled_merge_waits_for_its_end(torn, capsys):
    git(torn, "checkout", "--ours", WEB)
    git(torn, "add", WEB)

    code, said = refusal(torn, capsys, "bump", "backend", "v1.0.1", "--commit")

    assert (code, said[0]) == (1, "bos-tools: a merge is under way")
    assert git(torn, "diff", "--name-only") == ""


def test_a_push_has_nothing_to_do_with_a_merge_here(torn, tmp_path, capsys):
    git(torn, "clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    git(torn, "remote", "add", "origin", str(tmp_path / "bare.git"))

    assert main(["--repo", str(torn), "bump", "web", "v1.3.0", "--push"]) == 0


def test_without_a_merge_there_is_none(work):
    assert Git(work).merging() is None
