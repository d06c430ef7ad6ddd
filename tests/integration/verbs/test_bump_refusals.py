"""What `bump` refuses: an exit code of 1, 2 or 4, one clear sentence, and nothing changed."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bos_tools.cli.main import main
from bos_tools.doors.private import cache_folder
from harness.cases import cases
from harness.repositories import DIGEST, OTHER_DIGEST, deployment, files, unit, write

UNIT = "overlays/dev/web/kustomization.yaml"
GATES = "gates:\n  digest: required\n  undigested:\n  - web:v1.0.0\n"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    contents = files()
    contents["overlays/dev/postgres/kustomization.yaml"] = unit("postgres", '"17.5"')
    contents["overlays/preprod/postgres/kustomization.yaml"] = unit("postgres", "17.5-trixie")
    contents["overlays/prod/environment.yaml"] = GATES
    contents["base/backend/deployment.yaml"] = deployment("backend", ["api", "side"])
    pins = "- name: api\n  newTag: v1.0.0\n- name: side\n  newTag: v1.0.0\n"
    contents["overlays/dev/backend/kustomization.yaml"] = unit("backend", entry=pins)
    return write(tmp_path / "repo", contents)


REFUSED = {
    "a moving tag": (["web", "latest"], 1, "floating-tag"),
    "a moving tag in capitals": (["web", "MAIN"], 1, "floating-tag"),
    "a bare major": (["web", "v2"], 1, "floating-tag"),
    "a tag with build metadata": (["web", "v1.0.0+build"], 2, "bad-tag"),
    "a tag with a space": (["web", "bad tag"], 2, "bad-tag"),
    "a tag of 129 characters": (["web", "a" * 129], 2, "bad-tag"),
    "an empty tag": (["web", ""], 2, "bad-tag"),
    "an empty tag in a pair": (["web="], 2, "bad-tag"),
    "a tag that looks like an option": (["web", "--", "-v1"], 2, "bad-tag"),
    "an option that does not exist": (["web", "--latest"], 2, "usage"),
    "an unknown service": (["wbe", "v1.0.1"], 2, "unknown-service"),
    "no service": (["", "v1.0.1"], 2, "unknown-service"),
    "a path as a service": (["../web", "v1.0.1"], 2, "unknown-service"),
    "a folder below as a service": (["web/x", "v1.0.1"], 2, "unknown-service"),
    "an absolute path as a service": (["/etc", "v1.0.1"], 2, "unknown-service"),
    "the environment's component as a service": (["env", "v1.0.1"], 2, "unknown-service"),
    "an encoded path as a service": (["%2e%2e", "v1.0.1"], 2, "unknown-service"),
    "a very long service": (["w" * 5000, "v1.0.1"], 2, "unknown-service"),
    "a service in another script": (["网", "v1.0.1"], 2, "unknown-service"),
    "an unknown environment": (["web", "v1.0.1", "--env", "test"], 2, "unknown-environment"),
    "a path as an environment": (["web", "v1.0.1", "--env", "../dev"], 2, "unknown-environment"),
    "a downgrade": (["web", "v0.9.0"], 1, "downgrade"),
    "a pre-release of what is there": (["web", "v1.0.0-rc.1"], 1, "downgrade"),
    "a version without an order": (["web", "abc1234"], 1, "not-comparable"),
    "a major change of a data service": (["postgres", "18.1"], 1, "major-change"),
    "a variant change of a data service": (["postgres", "17.6-alpine", "--env", "preprod"], 1, "variant-change"),
    "the same service twice": (["web=v1.0.1", "web=v1.0.2"], 2, "named-twice"),
    "several images and none named": (["backend", "v1.0.1"], 2, "which-image"),
    "an image that the service has not": (["backend", "v1.0.1", "--image", "nope"], 4, "unknown-image"),
    "an image that is a path": (["web", "v1.0.1", "--image", "../x"], 4, "unknown-image"),
    "no digest where one is needed": (["web", "v1.0.1", "--env", "prod"], 1, "digest-required"),
    "a digest that is none": (["web", "v1.0.1", "--digest", "sha256:12"], 2, "bad-digest"),
    "an empty digest": (["web", "v1.0.1", "--digest", ""], 2, "bad-digest"),
    "two digests": (["web", f"v1.0.1@{DIGEST}", "--digest", OTHER_DIGEST], 2, "bad-digest"),
    "one digest for two services": (["web=v1.0.1", "postgres=17.6", "--digest", DIGEST], 2, "usage"),
    "a service alone": (["web"], 2, "usage"),
    "three words": (["web", "v1.0.1", "more"], 2, "usage"),
    "nothing": ([], 2, "usage"),
    "commit and push at once": (["web", "v1.0.1", "--commit", "--push"], 2, "usage"),
    "a good one and a bad one": (["postgres=17.6", "web=v0.1.0"], 1, "downgrade"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_its_reason_and_nothing_changes(repo, capsys, untouched, what):
    import json

    words, expected, reason = REFUSED[what]
    before = untouched(repo)

    code = main(["--repo", str(repo), "bump", "--output", "json", *words])

    out, err = capsys.readouterr()
    said = json.loads(out)["error"]
    assert (code, said["reason"]) == (expected, reason), err
    assert said["exit_code"] == code
    assert err.startswith("bos-tools: ")
    assert len(err.splitlines()) <= 2
    assert untouched(repo) == before


ALLOWED = {
    "a downgrade on purpose": ["web", "v0.9.0", "--allow-downgrade"],
    "a major change on purpose": ["postgres", "18.1", "--allow-major"],
    "a variant on purpose": ["postgres", "17.6-alpine", "--env", "preprod", "--allow-major"],
    "the named image of several": ["backend", "v1.0.1", "--image", "side"],
    "a digest where one is needed": ["web", "v1.0.1", "--env", "prod", "--digest", DIGEST],
    "a digest in the version": ["web", f"v1.0.1@{DIGEST}", "--env", "prod"],
    "several services": ["web=v1.0.1", "postgres=17.6"],
}


@pytest.mark.parametrize("what", ALLOWED)
def test_what_is_said_on_purpose_is_done(repo, capsys, what):
    assert main(["--repo", str(repo), "bump", *ALLOWED[what]]) == 0

    assert "proved in the render" in capsys.readouterr().out


def test_a_digest_goes_with_the_version_that_it_belonged_to(repo, capsys):
    entry = f"- name: web\n  newName: registry.example.com/web\n  newTag: v1.0.0\n  digest: {DIGEST}\n"
    write(repo, {UNIT: unit("web", entry=entry)})

    assert main(["--repo", str(repo), "bump", "web", "v1.0.1"]) == 0
    assert "digest" not in (repo / UNIT).read_text()

    assert main(["--repo", str(repo), "bump", "web", "v1.0.2", "--digest", OTHER_DIGEST]) == 0
    assert (repo / UNIT).read_text() == unit("web", entry=entry).replace("v1.0.0", "v1.0.2").replace(
        DIGEST, OTHER_DIGEST
    )


@pytest.mark.parametrize(
    ("what", "data"),
    {
        "broken YAML": b"images: [\n",
        "UTF-16": "images: []\n".encode("utf-16"),
        "not UTF-8": b"# caf\xe9\nimages: []\n",
        "a control character": b"images: []\n# \x01\n",
        "a python tag": b"a: !!python/object/apply:os.system ['true']\n",
        "an empty file": b"",
        "a list": b"- a\n",
        "a huge file": b"# x\n" * 2_000_000,
    }.items(),
)
def test_a_file_that_is_no_kustomization_is_refused_with_its_path(repo, capsys, untouched, what, data):
    (repo / UNIT).write_bytes(data)
    before = untouched(repo)

    assert main(["--repo", str(repo), "bump", "web", "v1.0.1"]) == 4

    assert f"bos-tools: {UNIT}" in capsys.readouterr().err
    assert untouched(repo) == before


def test_a_pipe_in_place_of_a_file_is_refused_and_does_not_hang(repo, capsys):
    (repo / UNIT).unlink()
    os.mkfifo(repo / UNIT)

    assert main(["--repo", str(repo), "bump", "web", "v1.0.1"]) == 4

    assert "not a regular file" in capsys.readouterr().err


def test_a_link_that_leaves_the_repository_is_refused(repo, capsys, tmp_path):
    outside = tmp_path / "outside.yaml"
    (repo / UNIT).rename(outside)
    (repo / UNIT).symlink_to(outside)
    before = outside.read_bytes()

    assert main(["--repo", str(repo), "bump", "web", "v1.0.1"]) == 4

    assert "leaves the repository" in capsys.readouterr().err
    assert outside.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["", "[tool.bos-tools", "[tool.other]\n", "[tool.bos-tools]\nenvironments = 3\n", "[tool.bos-tools]\nenvironments = []\n",
             "[tool.bos-tools]\nenvironments = ['../x']\n", "tool = 3\n", "tool = {bos-tools = 3}\n"],
)  # fmt: skip
def test_settings_that_are_none_make_no_repository(repo, capsys, text):
    (repo / "pyproject.toml").write_text(text)

    assert main(["--repo", str(repo), "bump", "web", "v1.0.1"]) == 4

    assert "Traceback" not in capsys.readouterr().err


def test_a_bug_is_one_sentence_with_exit_code_3_and_a_traceback_only_when_asked(repo, capsys, monkeypatch):
    from bos_tools.change import pipeline

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a made-up bug")

    monkeypatch.setattr(pipeline, "edit_work_tree", broken)

    assert main(["--repo", str(repo), "bump", "web", "v1.0.1"]) == 3
    quiet = capsys.readouterr().err
    assert main(["--verbose", "--repo", str(repo), "bump", "web", "v1.0.1"]) == 3
    loud = capsys.readouterr().err

    assert "a made-up bug" in quiet
    assert f"hint: report it with {cache_folder() / 'crash.log'}" in quiet
    assert "Traceback" not in quiet
    assert "Traceback" in loud


def test_an_interrupt_is_exit_code_130(repo, capsys, monkeypatch):
    from bos_tools.change import pipeline

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "edit_work_tree", interrupted)

    assert main(["--repo", str(repo), "bump", "web", "v1.0.1"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


WORDS = st.sampled_from(
    "bump status render diff history check doctor web backend web=v1.0.1 v1.0.1 latest --env dev prod nope --image --digest --dry-run "
    "--output json text --commit --repo . -- - --limit 0 x = == a=b=c --help HEAD..HEAD .. --explain P1 \x00 ü".split(
        " "
    )
)


@settings(cases(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORDS | st.text(max_size=8), max_size=6))
def test_no_command_line_is_a_bug(repo, capsys, untouched, words):
    before = untouched(repo)

    code = main(["--repo", str(repo), *words, "--dry-run"] if "bump" in words else ["--repo", str(repo), *words])

    capsys.readouterr()
    assert code in (0, 1, 2, 4, 5)
    assert untouched(repo) == before
