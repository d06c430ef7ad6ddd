"""A project's own rules: they judge where they are asked for, and are not even read as code where they are not."""

import json
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from harness.faults import make

LABELLED = '''\
"""What this project asks of its Services."""

from bos_tools.review.registry import rule


@rule("X1", title="Every Service says who owns it", remedy="label it `owner`", source="base/README.md")
def owned(env):
    """Somebody must be asked."""
    for service in env.of("Service"):
        if service.get("metadata", "labels", "owner") is None:
            yield env.at(service, f"nobody owns {service.object.name}", ("metadata", "labels"))


RULES = [owned]
'''
HOSTILE = "import pathlib\npathlib.Path('{}').write_text('ran')\nRULES = []\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("BOS_OWN_RULES", raising=False)
    return make(tmp_path / "repo")


def bring(root: Path, text: str, path: str = "tests/rules.py", more: str = "") -> None:
    (root / path).parent.mkdir(exist_ok=True, parents=True)
    (root / path).write_text(text)
    with (root / "pyproject.toml").open("a") as settings:
        settings.write(f'rules = ["{path}"]\n{more}')


def check(root: Path, *words: str) -> int:
    return main(["--repo", str(root), "check", "--env", "dev", *words])


def test_a_rule_of_the_project_judges_and_explains_itself_where_it_is_asked_for(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(root, LABELLED)

    assert check(root, "--own-rules", "--output", "json") == 1

    said = json.loads(capsys.readouterr().out)
    assert {(one["rule"], one["path"], one["line"]) for one in said["findings"]} == {
        ("X1", "base/web/service.yaml", 5), ("X1", "base/backend/service.yaml", 3),
        ("X1", "base/redis/service.yaml", 3), ("X1", "base/postgres/service.yaml", 3),
    }  # fmt: skip
    assert said["own_rules"] == {"files": ["tests/rules.py"], "ran": True}
    assert check(root, "--own-rules", "--explain", "x1") == 0
    assert "Somebody must be asked." in capsys.readouterr().out


def test_the_variable_asks_for_them_as_the_option_does(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(root, LABELLED)
    monkeypatch.setenv("BOS_OWN_RULES", "1")

    assert check(root) == 1
    assert "[X1] nobody owns web" in capsys.readouterr().out


@pytest.mark.parametrize("switch", ["", 'own-rules = true\nown_rules = true\nBOS_OWN_RULES = "1"\n'])
def test_a_stranger_s_commit_runs_nothing_whatever_it_says(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], switch: str
) -> None:
    mark = tmp_path / "mark"
    bring(root, HOSTILE.format(mark), "evil.py", switch)
    (root / "conftest.py").write_text(HOSTILE.format(mark))
    (root / ".env").write_text("BOS_OWN_RULES=1\n")

    assert check(root, "--output", "json") == 0

    out, err = capsys.readouterr()
    assert json.loads(out)["own_rules"] == {"files": ["evil.py"], "ran": False}
    assert "not run, because they are code of this repository: evil.py" in err
    assert not mark.exists()
    assert check(root, "--own-rules") == 0
    assert mark.exists()  # so that its absence told something


def test_what_a_stranger_names_is_no_way_out_of_the_repository(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "outside.py").write_text(LABELLED)
    text = (root / "pyproject.toml").read_text()
    (root / "link.py").symlink_to(tmp_path / "outside.py")

    for path in ("../outside.py", str(tmp_path / "outside.py"), "link.py", "base/../../outside.py", "absent.py"):
        (root / "pyproject.toml").write_text(f'{text}rules = ["{path}"]\n')
        assert check(root, "--own-rules") == 4, path
        assert "X1" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("def f(:\n", "tests/rules.py:1", "it does not run: SyntaxError"),
        ("\n\nimport nothing_of_that_name\n", "tests/rules.py:3", "ModuleNotFoundError"),
        ("x = 1\n", "tests/rules.py", "it has no list `RULES` of rules"),
        (LABELLED.replace('"X1"', '"P9"'), "tests/rules.py", "a rule has this id already: P9"),
        (LABELLED.replace('env.of("Service")', "env.off"), "tests/rules.py:9", "the rule X1 falls over"),
    ],
)
def test_a_broken_file_of_rules_is_the_repository_s_fault_with_its_line(
    root: Path, capsys: pytest.CaptureFixture[str], text: str, place: str, said: str
) -> None:
    bring(root, text)

    assert check(root, "--own-rules") == 4

    err = capsys.readouterr().err
    assert f"{place}: " in err
    assert said in err


def test_a_list_of_files_that_is_none_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (root / "pyproject.toml").open("a") as settings:
        settings.write("rules = 7\n")

    assert check(root) == 4
    assert "`rules` is a list of files" in capsys.readouterr().err
