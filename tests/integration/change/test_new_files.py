"""Plans that add and remove files, and fields that are no image: proved, written, committed and pushed."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from bos_tools.change import pipeline
from bos_tools.errors import CommandFailed, Refused
from bos_tools.intents.ground import Ground
from bos_tools.intents.plan import FieldEffect, ObjectEffect, Plan, Resized
from bos_tools.tree.layout import Unit
from harness.git import clone, git, remote
from harness.repositories import repository

FOLDER = "overlays/dev/argocd"
UNIT = Unit("dev", "argocd")
MAP = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: new\n"
LIST = b"resources:\n- new.yaml\n"


@dataclass(frozen=True)
class Add:
    """Make a folder with one object."""

    kind: ClassVar[str] = "add"

    object: str = "ConfigMap new"

    def plan(self, ground: Ground) -> Plan:
        tree = ground.tree
        wanted = {f"{FOLDER}/kustomization.yaml": LIST, f"{FOLDER}/new.yaml": MAP}
        files = {
            path: (tree.source.read(path), data) for path, data in wanted.items() if tree.source.read(path) != data
        }
        return Plan(
            "Add",
            (),
            files,
            (ObjectEffect(UNIT, self.object, f"{FOLDER}/new.yaml"),),
            (Resized("dev/web/new", "1Gi", "2Gi", "x"),),
            tuple(wanted),
        )


@dataclass(frozen=True)
class Remove:
    """Take it away again."""

    kind: ClassVar[str] = "remove"

    def plan(self, ground: Ground) -> Plan:
        tree = ground.tree
        paths = [f"{FOLDER}/kustomization.yaml", f"{FOLDER}/new.yaml"]
        files = {path: (data, None) for path in paths if (data := tree.source.read(path)) is not None}
        return Plan("Remove", (), files, (ObjectEffect(UNIT, "ConfigMap new", paths[1]),))


@dataclass(frozen=True)
class Scale:
    """Set a field of web's Deployment by its base, or claim to."""

    kind: ClassVar[str] = "scale"

    value: str = "other"
    says: str = "other"

    def plan(self, ground: Ground) -> Plan:
        tree = ground.tree
        path = "base/web/deployment.yaml"
        old = tree.source.read(path) or b""
        new = old.replace(b"      app: web\n  template", f"      app: {self.value}\n  template".encode())
        effects = tuple(
            FieldEffect(Unit(env, "web"), "Deployment.apps buildingos/web", "spec.selector.matchLabels.app", "web",
                        self.says, path, 1)
            for env in tree.settings.environments
        )  # fmt: skip
        return Plan("Scale", (), {path: (old, new)}, effects)


def test_new_files_are_written_and_a_second_run_writes_nothing(work):
    first = pipeline.edit_work_tree(Add(), work)
    second = pipeline.edit_work_tree(Add(), work)

    assert (work / FOLDER / "new.yaml").read_bytes() == MAP
    assert (work / FOLDER / "new.yaml").stat().st_mode & 0o777 == 0o644
    assert {change.object for change in first.proof.changes} == {"ConfigMap new"}
    assert second.plan.files == {}


def test_new_files_are_committed_alone_and_say_why(work):
    (work / "mine").write_text("mine")
    git(work, "add", "mine")

    pipeline.edit_work_tree(Add(), work, commit=True)

    assert git(work, "show", "--name-only", "--format=%b", "HEAD").split() == [
        "Bos-Volume:", "dev/web/new", "Bos-From:", "1Gi", "Bos-To:", "2Gi", "Bos-Reason:", "x", f"{FOLDER}/kustomization.yaml", f"{FOLDER}/new.yaml",
    ]  # fmt: skip
    assert git(work, "status", "--porcelain") == "A  mine\n"


def test_files_that_a_run_without_commit_left_are_committed_by_the_next(work):
    pipeline.edit_work_tree(Add(), work)

    pipeline.edit_work_tree(Add(), work, commit=True)

    assert git(work, "status", "--porcelain") == ""


def test_removed_files_are_gone_with_their_folder(work):
    pipeline.edit_work_tree(Add(), work, commit=True)

    pipeline.edit_work_tree(Remove(), work, commit=True)

    assert not (work / FOLDER).exists()
    assert git(work, "status", "--porcelain") == ""


def test_a_hook_that_says_no_leaves_neither_files_nor_index_entries(work):
    hook = work / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)

    with pytest.raises(CommandFailed):
        pipeline.edit_work_tree(Add(), work, commit=True)

    assert git(work, "status", "--porcelain") == ""
    assert not (work / FOLDER).exists()


def test_new_and_removed_files_are_pushed_beside_the_work_tree(tmp_path):
    bare = remote(repository(tmp_path / "start"), tmp_path / "bare")
    work = clone(bare, tmp_path / "clone")

    pipeline.push(Add(), work, remote="origin", branch="main")
    after_add = git(bare, "ls-tree", "-r", "--name-only", "main").split()
    pipeline.push(Remove(), work, remote="origin", branch="main")

    assert f"{FOLDER}/new.yaml" in after_add
    assert f"{FOLDER}/new.yaml" not in git(bare, "ls-tree", "-r", "--name-only", "main").split()
    assert git(work, "status", "--porcelain") == ""


def test_an_object_that_nobody_declared_is_refused(work, untouched):
    before = untouched(work)

    with pytest.raises(Refused, match="the edit would also change ConfigMap new"):
        pipeline.edit_work_tree(Add("ConfigMap other"), work)

    assert untouched(work) == before


def test_a_field_that_changes_as_declared_in_every_environment_is_proved(work):
    outcome = pipeline.edit_work_tree(Scale(), work)

    assert {(c.field, c.old, c.new) for c in outcome.proof.changes} == {
        ("spec.selector.matchLabels.app", "web", "other")
    }
    assert len(outcome.proof.changes) == 3


@pytest.mark.parametrize("intent", [Scale(says="third"), Scale(value="web")], ids=["another value", "no change"])
def test_a_field_that_does_not_come_to_its_value_is_refused(work, untouched, intent):
    before = untouched(work)

    with pytest.raises(Refused):
        pipeline.edit_work_tree(intent, work)

    assert untouched(work) == before
