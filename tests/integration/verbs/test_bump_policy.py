"""What a service's policy of versions means for a bump: what it takes, what moves, and the words of a step back."""

import json
from typing import Any

import pytest

from bos_tools.cli.main import main
from harness.repositories import deployment, files, unit, write

MAIN = "{scheme: pattern, pattern: 'main-{number}'}"
CASES = {
    "a step on its own line": (MAIN, "main-57", "main-58", 0, "", ""),
    "a short number of a build": ("{scheme: build}", '"7"', "8", 0, "", ""),
    "a build after a commit's id": ("{scheme: build}", "deadbee", "58", 0, "", ""),
    "a later candidate": ("{scheme: semver, preReleases: true}", "v1.0.0-rc.1", "v1.0.0-rc.2", 0, "", ""),
    "an older build": ("{scheme: build}", '"58"', "57", 1, "downgrade", "web in dev is of a later build already: 58"),
    "an older date": ("{scheme: calendar}", "2026-08-21", "2026-08-20", 1, "downgrade", "web in dev is of a later date already: 2026-08-21"),
    "an older number of a pattern": (MAIN, "main-58", "main-57", 1, "downgrade", "web in dev is further along `main-{number}` already: main-58"),
    "a version cut short": ("{scheme: semver}", "v1.0.0", "v1.1", 1, "floating-tag", "a moving tag is not a version: v1.1"),
    "a month": ("{scheme: calendar}", "2026.8.21", "2026.9", 1, "floating-tag", "a moving tag is not a version: 2026.9"),
    "the branch itself": (MAIN, "main-57", "main", 1, "floating-tag", "a moving tag is not a version: main"),
    "another line": (MAIN, "main-57", "dev-58", 1, "not-of-scheme", "web in dev has versions by `main-{number}`, and this is none: dev-58: it is otherwise written"),
    "a candidate": ("{scheme: semver}", "v1.0.0", "v1.1.0-rc.1", 1, "not-of-scheme", "web in dev has versions by semver, and this is none: v1.1.0-rc.1: it comes before a release"),
    "another variant": ("{scheme: semver, variant: alpine}", "8.0.0-alpine", "8.0.1", 1, "not-of-scheme", "web in dev has versions by semver, and this is none: 8.0.1: its variant is not alpine"),
    "builds that differ in commits": ("{scheme: build}", "57-abc1234", "57-def5678", 1, "not-comparable",
        "no telling which is newer for web in dev: 57-abc1234 or 57-def5678: they differ in their commits alone, which have no order"),
}  # fmt: skip


def bump(root, capsys, *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["--repo", str(root), "bump", *words, "--dry-run", "--output", "json"])
    return code, json.loads(capsys.readouterr().out).get("error", {"reason": "", "message": ""})


@pytest.mark.parametrize("what", CASES)
def test_a_bump_keeps_to_the_policy_of_its_service(what, tmp_path, capsys):
    policy, pinned, asked, code, reason, message = CASES[what]
    made = files(["web"], ["dev"]) | {"base/web/plan.yaml": f"versions: {policy}\n"}
    root = write(tmp_path, made | {"overlays/dev/web/kustomization.yaml": unit("web", pinned)})

    got, error = bump(root, capsys, "web", asked)

    assert (got, error["reason"], error["message"]) == (code, reason, message)


def test_the_environment_decides_where_it_has_a_word(tmp_path, capsys):
    made = files(["web"]) | {"base/web/plan.yaml": "versions: {scheme: semver, preReleases: true}\n"}
    made["overlays/prod/environment.yaml"] = "versions:\n  web: {scheme: semver}\n"
    root = write(tmp_path, made)

    assert bump(root, capsys, "web", "v1.1.0-rc.1")[0] == 0
    assert bump(root, capsys, "web", "v1.1.0-rc.1", "--env", "prod")[1]["reason"] == "not-of-scheme"


def test_a_policy_is_of_the_services_own_image(tmp_path, capsys):
    made = files(["web"], ["dev"]) | {"base/web/plan.yaml": "versions: {scheme: calendar}\n"}
    made["base/web/deployment.yaml"] = deployment("web", ["web", "helper"])
    made["overlays/dev/web/kustomization.yaml"] = unit("web", "2026-08-21", "- name: helper\n  newTag: v3.0.0\n")
    root = write(tmp_path, made)

    assert bump(root, capsys, "web", "v3.0.1", "--image", "helper")[0] == 0
    assert bump(root, capsys, "web", "v3.0.1")[1]["reason"] == "not-of-scheme"
    assert bump(root, capsys, "web", "v3.0.1", "--image", "web")[1]["reason"] == "not-of-scheme"


@pytest.mark.parametrize(
    ("pinned", "asked", "reason"),
    [
        ("18.6", "18.7", ""),
        ("18.6", "19.0", "major-change"),
        ("18.6-trixie", "19.0", "major-change"),
        ("18.6-trixie", "18.7", "variant-change"),
        ("18.6", "18.5", "downgrade"),
    ],
)
def test_a_data_services_major_is_the_one_that_its_pattern_names(pinned, asked, reason, tmp_path, capsys):
    plan = "dataService: true\nversions: {scheme: pattern, pattern: '{major}.{minor}'}\n"
    made = files(["postgres"], ["dev"]) | {"base/postgres/plan.yaml": plan}
    root = write(tmp_path, made | {"overlays/dev/postgres/kustomization.yaml": unit("postgres", f'"{pinned}"')})

    assert bump(root, capsys, "postgres", asked)[1]["reason"] == reason


def test_a_data_service_of_dates_has_no_major(tmp_path, capsys):
    made = files(["redis"], ["dev"]) | {"base/redis/plan.yaml": "dataService: true\nversions: {scheme: calendar}\n"}
    root = write(tmp_path, made | {"overlays/dev/redis/kustomization.yaml": unit("redis", "2025-12-31")})

    assert bump(root, capsys, "redis", "2026-01-01")[0] == 0


def test_a_policy_that_is_none_is_told_at_its_line(tmp_path, capsys):
    plan = "dataService: false\nversions:\n  scheme: pattern\n"
    root = write(tmp_path, files(["web"], ["dev"]) | {"base/web/plan.yaml": plan})

    code, error = bump(root, capsys, "web", "v1.0.1")

    assert (code, error["reason"], error["path"], error["line"]) == (4, "malformed-plan", "base/web/plan.yaml", 2)
    assert "`scheme: pattern` and a `pattern` go together" in error["message"]


def test_words_in_the_wrong_order_are_put_right(tmp_path, capsys):
    root = write(tmp_path, files(["web"], ["dev"]))

    code, error = bump(root, capsys, "v1.0.1", "web")

    assert (code, error["message"], error["hint"]) == (
        2,
        "the service comes first: v1.0.1 is none",
        "bos-tools bump web v1.0.1",
    )
