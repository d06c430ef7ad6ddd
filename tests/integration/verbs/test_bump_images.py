"""Which image a bump means when a service has several, and several of one service in one change."""

import json

import pytest

from bos_tools.cli.main import main
from harness.repositories import DIGEST, deployment, files, unit, write

WEB = "overlays/dev/web/kustomization.yaml"


@pytest.fixture
def repo(tmp_path):
    """A service `web` with a helper, a service `queue` whose image is behind a registry, and one without a namesake."""
    made = files(["queue", "tsdb", "web"], ["dev"])
    made["base/web/deployment.yaml"] = deployment("web", ["web", "helper"])
    made[WEB] = unit("web", extra="- name: helper\n  newTag: v3.0.0\n")
    made["base/queue/deployment.yaml"] = deployment("queue", ["example.com/team/queue", "helper"])
    made["overlays/dev/queue/kustomization.yaml"] = unit("queue", entry="- name: helper\n  newTag: v3.0.0\n")
    made["base/tsdb/deployment.yaml"] = deployment("tsdb", ["influx", "helper"])
    made["overlays/dev/tsdb/kustomization.yaml"] = unit("tsdb").partition("images:")[0]
    return write(tmp_path / "repo", made)


def bump(repo, capsys, *words: str) -> tuple[int, dict[str, object]]:
    code = main(["--repo", str(repo), "bump", *words, "--dry-run", "--output", "json"])
    return code, json.loads(capsys.readouterr().out)


def images(document) -> dict[str, str]:
    return {
        effect["field"].split("[")[1].split("]")[0]: effect["new"].rpartition("/")[2] for effect in document["effects"]
    }


@pytest.mark.parametrize(
    ("words", "new"),
    [
        (["web", "v1.0.1"], {"web": "web:v1.0.1"}),
        (["queue", "v1.0.1"], {"queue": "queue:v1.0.1"}),
        (["web", "v3.0.1", "--image", "helper"], {"side-1": "helper:v3.0.1"}),
        (["web=v3.0.1", "--image", "helper"], {"side-1": "helper:v3.0.1"}),
        (["web", "v1.0.1", "--image", "helper=v3.0.1"], {"web": "web:v1.0.1", "side-1": "helper:v3.0.1"}),
        (["web", "--image", "web=v1.0.1", "--image", "helper=v3.0.1"], {"web": "web:v1.0.1", "side-1": "helper:v3.0.1"}),
        (["web", "--image", "helper=v3.0.1"], {"side-1": "helper:v3.0.1"}),
        (["web", "v4.0.0", "--image", "helper", "--image", "web"], {"web": "web:v4.0.0", "side-1": "helper:v4.0.0"}),
        (["web", "v9.0.0", "--image", "helper", "--image", "web=v1.0.1"], {"web": "web:v1.0.1", "side-1": "helper:v9.0.0"}),
        (["web", "--image", f"helper=v3.0.1@{DIGEST}"], {"side-1": f"helper:v3.0.1@{DIGEST}"}),
        (["web", "--image", "helper=v3.0.1", "--digest", DIGEST], {"side-1": f"helper:v3.0.1@{DIGEST}"}),
    ],
)  # fmt: skip
def test_the_services_own_image_is_meant_and_others_are_named(words, new, repo, capsys):
    code, document = bump(repo, capsys, *words)

    assert (code, images(document)) == (0, new)


@pytest.mark.parametrize(
    ("words", "code", "reason", "hint"),
    [
        (["tsdb", "v1.0.1"], 2, "which-image", "say --image with one of helper, influx"),
        (["web", "--image", "helpr=v3.0.1"], 4, "unknown-image", "one of helper, web"),
        (["web", "--image", "helper"], 2, "usage", "bos-tools bump backend v1.0.1"),
        (["web", "--image", "helper="], 2, "bad-tag", "name one, such as v1.0.1"),
        (["web", "v1.0.1", "--image", "web=v1.0.2", "--image", "web=v1.0.3"], 2, "named-twice", None),
        (["web", "v1.0.1", "--image", "web=v1.0.2"], 2, "named-twice", None),
        (["web=v1.0.1", "queue=v1.0.1", "--image", "helper=v3.0.1"], 2, "usage", "give each of the services a command"),
        (["web", "v1.0.1", "--image", "helper=v3.0.1", "--digest", DIGEST], 2, "usage", "write its version as VERSION@sha256:…"),
    ],
)  # fmt: skip
def test_words_that_leave_the_image_open_are_asked_back(words, code, reason, hint, repo, capsys):
    got, document = bump(repo, capsys, *words)
    error = document["error"]

    assert isinstance(error, dict)
    assert (got, error["reason"], error["hint"]) == (code, reason, hint)


def test_the_hint_for_a_digest_names_the_image_that_was_given(repo, capsys):
    write(repo, {"overlays/dev/environment.yaml": "gates:\n  digest: required\n"})

    _, document = bump(repo, capsys, "web", "v3.0.1", "--image", "helper")
    error = document["error"]

    assert isinstance(error, dict)
    assert error["hint"] == "bos-tools bump web v3.0.1 --image helper --env dev --digest sha256:…"


def test_one_commit_names_each_image_that_it_pins(repo, capsys):
    assert main(["--repo", str(repo), "bump", "web", "v1.0.1", "--image", "helper=v3.0.1"]) == 0

    assert (repo / WEB).read_text() == unit("web", "v1.0.1", extra="- name: helper\n  newTag: v3.0.1\n")
