"""Several intents as one change."""

from pathlib import Path

import pytest

from bos_tools.change import pipeline
from bos_tools.change.ground import now, of_work_tree
from bos_tools.errors import Usage
from bos_tools.intents.bump import Bump, Request
from bos_tools.intents.together import Together
from harness.git import git
from harness.repositories import unit, write


def bump(service: str, version: str, image: str | None = None) -> Bump:
    return Bump("dev", (Request.read(service, version, digest=None, image=image),))


def test_intents_on_one_file_are_planned_one_after_the_other(work: Path):
    entry = "- name: web\n  newTag: v1.0.0\n- name: side\n  newTag: v1.0.0\n"
    write(
        work,
        {
            "overlays/dev/web/kustomization.yaml": unit("web", entry=entry),
            "base/web/deployment.yaml": (work / "base/web/deployment.yaml").read_text()
            + "      - name: side\n        image: side\n",
        },
    )
    git(work, "commit", "-qam", "Two images")

    outcome = pipeline.edit_work_tree(
        Together("Both", (bump("web", "v1.0.1", "web"), bump("web", "v1.0.2", "side"), bump("backend", "v2.0.0"))), work
    )

    text = (work / "overlays/dev/web/kustomization.yaml").read_text()
    assert "web\n  newTag: v1.0.1\n- name: side\n  newTag: v1.0.2" in text
    assert (outcome.plan.title, len(outcome.plan.files), len(outcome.proof.changes)) == ("Both", 2, 3)


def test_one_that_is_refused_stops_them_all(work: Path):
    both = Together("Both", (bump("web", "v1.0.1"), bump("nowhere", "v1.0.1")))

    with pytest.raises(Usage, match="unknown service: nowhere"):
        pipeline.edit_work_tree(both, work)

    assert git(work, "status", "--porcelain") == ""


def test_what_is_so_already_changes_no_file(work: Path):
    plan = Together("Both", (bump("web", "v1.0.0"), bump("backend", "v1.0.0"))).plan(of_work_tree(work, now()))

    assert (plan.files, plan.edits) == ({}, ())
