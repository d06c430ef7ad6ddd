"""No read follows a link out of the repository, or into Git's own folder, whichever command reads."""

import json
import os
import shutil
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.files import READ_LIMIT, WorkTree
from bos_tools.errors import RepositoryError
from harness import ROOT
from harness.git import git
from harness.repositories import files, unit, write

CANARY = "glpat-canary-canary-canary"
UNIT = "overlays/dev/web/kustomization.yaml"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = write(tmp_path / "repo", files())
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.yaml").write_text(f"token: {CANARY}\n")
    return root


@pytest.mark.parametrize("target", ["../../../../outside/secret.yaml", "/proc/self/environ", "../../../.git/config"])
def test_a_link_in_a_closure_is_refused(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setenv("BOS_ARGOCD_TOKEN", CANARY)
    git(repository, "init", "-q")
    git(repository, "config", "remote.origin.url", f"https://bot:{CANARY}@git.example.com/x")
    (repository / "overlays/dev/web/e.txt").symlink_to(target)
    write(repository, {UNIT: unit("web", extra="configMapGenerator:\n- {name: e, files: [e.txt]}\n")})

    codes = [main(["--repo", str(repository), *words]) for words in (["render", "web"], ["bump", "web", "v1.0.1"])]

    out, err = capsys.readouterr()
    assert codes == [4, 4]
    assert CANARY not in out + err
    assert "a link that leaves the repository" in err


@pytest.mark.parametrize("folder", ["overlays/dev/web/more", "base/web/more"])
def test_a_link_to_a_folder_is_followed_neither_by_a_walk_nor_by_a_render(
    repository: Path, capsys: pytest.CaptureFixture[str], folder: str
) -> None:
    (repository / folder).symlink_to("../../../overlays/prod" if folder.startswith("overlays") else "..")

    code = main(["--repo", str(repository), "check", "--output", "json"])

    assert code in (0, 1)
    assert "more/" not in capsys.readouterr().out


def test_a_component_that_is_a_link_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """kustomize takes `..` of the folder that the link names, and we took it of the link."""
    (repository / "base/real").mkdir()
    (repository / "base/real/kustomization.yaml").write_text("kind: Component\nresources: []\nnamespace: evil\n")
    (repository / "overlays/dev/linked").symlink_to("../../base/real")
    write(repository, {UNIT: unit("web").replace("../env\n", "../env\n- ../linked\n")})

    code = main(["--repo", str(repository), "bump", "web", "v1.0.1", "--output", "json"])

    assert (code, json.loads(capsys.readouterr().out)["error"]["reason"]) == (4, "link-outside")


def test_an_environment_that_is_a_link_out_is_named_and_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "repo"
    shutil.copytree(
        ROOT, root, ignore=shutil.ignore_patterns(".git", ".venv", "tools", "tests", "node_modules"), symlinks=True
    )
    (tmp_path / "credentials").write_text(f"https://bot:{CANARY}@git.example.com\n")
    (root / "overlays/dev/environment.yaml").unlink()
    (root / "overlays/dev/environment.yaml").symlink_to(tmp_path / "credentials")

    code = main(["--repo", str(root), "check", "--env", "dev"])

    out, err = capsys.readouterr()
    assert code == 1
    assert CANARY not in out + err
    assert "environment.yaml" in out


def test_a_value_that_a_schema_refuses_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "repo"
    shutil.copytree(
        ROOT, root, ignore=shutil.ignore_patterns(".git", ".venv", "tools", "tests", "node_modules"), symlinks=True
    )
    (root / "overlays/dev/environment.yaml").write_text(f"platform: {CANARY}\nhost: [{CANARY}]\n")

    code = main(["--repo", str(root), "check", "--env", "dev"])

    out, err = capsys.readouterr()
    assert code == 1
    assert "[L3]" in out
    assert CANARY not in out + err


def test_a_runbook_that_is_a_link_out_is_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "repo"
    shutil.copytree(
        ROOT, root, ignore=shutil.ignore_patterns(".git", ".venv", "tools", "tests", "node_modules"), symlinks=True
    )
    (tmp_path / "secret").write_text(CANARY)
    runbook = root / ".github/runbooks/shrink-a-claim.md"
    runbook.unlink()
    runbook.symlink_to(tmp_path / "secret")

    code = main(["--repo", str(root), "pvc", "runbook", "postgres-data", "--env", "prod"])

    out, err = capsys.readouterr()
    assert code == 4
    assert CANARY not in out + err


def test_a_link_inside_the_repository_is_read(repository: Path) -> None:
    (repository / "overlays/dev/web/again.yaml").symlink_to("kustomization.yaml")
    (repository / "linked").symlink_to("overlays/dev")
    tree = WorkTree(repository)

    assert tree.read("overlays/dev/web/again.yaml") == tree.read(UNIT)
    assert tree.read("linked/web/kustomization.yaml") == tree.read(UNIT)
    assert tree.names("linked/web") == tree.names("overlays/dev/web")
    assert tree.real("linked/web/again.yaml") == UNIT


@pytest.mark.parametrize(
    "path", ["../outside/secret.yaml", "a/../../outside/secret.yaml", ".git/config", "x/.GIT/config"]
)
def test_no_path_leads_out(repository: Path, path: str) -> None:
    git(repository, "init", "-q")
    (repository / "a").mkdir()
    (repository / "x").symlink_to(".")

    with pytest.raises(RepositoryError):
        WorkTree(repository).read(path)
    with pytest.raises(RepositoryError):
        WorkTree(repository).names(path.rpartition("/")[0])


def test_a_file_of_too_many_bytes_is_named_and_not_read(repository: Path) -> None:
    with open(repository / "big", "wb") as file:
        file.truncate(READ_LIMIT + 1)

    with pytest.raises(RepositoryError, match="larger than") as caught:
        WorkTree(repository).read("big")

    assert caught.value.path == "big"


def test_a_pipe_holds_nobody_up(repository: Path) -> None:
    os.mkfifo(repository / "pipe")

    with pytest.raises(RepositoryError, match="not a regular file"):
        WorkTree(repository).read("pipe")


def test_a_commit_with_a_link_out_is_refused_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write(tmp_path / "repo", files())
    (root / "overlays/dev/web/e.txt").symlink_to("/proc/self/environ")
    write(root, {UNIT: unit("web", extra="configMapGenerator:\n- {name: e, files: [e.txt]}\n")})
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "x")

    (root / "overlays/dev/web/e.txt").unlink()
    (root / "overlays/dev/web/e.txt").write_text("")
    code = main(["--repo", str(root), "diff", "HEAD"])

    out, err = capsys.readouterr()
    assert code == 4
    assert "a link that leaves the repository" in err
    assert "PATH=" not in out + err
