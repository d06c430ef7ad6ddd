"""Words of a stranger do nothing wherever they stand: on a terminal, in a log, in a document."""

import json
import re
import unicodedata
from pathlib import Path

import pytest

from bos_tools.cli.call import Report
from bos_tools.cli.main import main
from bos_tools.errors import CommandFailed
from harness.git import git
from harness.repositories import repository, unit, write
from harness.volumes import contents

EVIL = "\x1b[2J\x07\u202e\u200b\x9b1m\r::error::x ##[error]y"
LINES = f"v1\n::error file=a::{EVIL}\n  ::set-output name=a::b"
QUOTED = json.dumps(LINES)
"""As YAML reads it, too."""


def acts(text: str) -> list[str]:
    """Return what a terminal, a reader or a runner would do something about."""
    unseen = [repr(c) for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") and c not in "\n\t"]
    lines = [line for line in text.split("\n") if line.lstrip().startswith("::") or "##[" in line]
    return unseen + lines


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which whatever may be free text is evil."""
    root = repository(tmp_path / "work")
    name = EVIL.replace("/", "")
    monkeypatch.setenv("GIT_AUTHOR_NAME", name.replace("\r", " "))
    write(
        root,
        {
            "overlays/dev/web/kustomization.yaml": unit("web", QUOTED),
            f"overlays/dev/web/{name}.yaml": f"kind: {QUOTED}\n",
            "overlays/dev/backend/kustomization.yaml": unit("backend", extra=f"patches:\n- path: {QUOTED}\n"),
            "overlays/dev/postgres/kustomization.yaml": unit("postgres", extra=f"commonLabels:\n  a: {QUOTED}\n"),
            "overlays/dev/environment.yaml": f"environment: {QUOTED}\nnodes: {QUOTED}\n{QUOTED}: 1\n",
            "base/web/plan.yaml": f"workload: {QUOTED}\n",
            "base/web/notes.txt": f"password: {EVIL}\n",
        },
    )
    git(root, "add", "-A")
    git(root, "commit", "-qm", f"Subject {EVIL}\n\nBos-Edit: {EVIL}")
    return root


JSON = ("--output", "json")
WORDS = [
    "status", "check", "check --env dev --against HEAD~1", "diff HEAD~1", "diff HEAD~1..HEAD", "history web", "render postgres",
    "bump web v1.0.1 --env dev --dry-run", "bump backend v1.0.1 --env dev --dry-run", "bump postgres v1.0.1 --env dev --dry-run",
    "pvc list", "review --base HEAD~1", "secrets list", "argocd register --env dev --dry-run", "argocd open --env dev", "doctor",
]  # fmt: skip


@pytest.mark.parametrize("words", [(*words.split(), *more) for words in WORDS for more in ((), JSON)], ids=" ".join)
def test_no_stranger_s_word_acts_wherever_it_stands(hostile, capsys, words):
    main(["--repo", str(hostile), "--verbose", *words])

    out, err = capsys.readouterr()
    manifests = words[0] == "render" and "json" not in words
    assert acts(err) == []
    assert manifests or acts(out) == []
    assert "a bug of bos-tools" not in err
    if "json" in words:
        json.loads(out)


@pytest.mark.parametrize(
    "words", [f"bump {EVIL} v1", f"bump web {LINES}", "history nope", "status --env %", "check --explain %", "diff %"]
)
def test_what_a_user_types_is_said_back_plainly(work, capsys, words):
    said = [word.replace("%", LINES) for word in words.split(" ")]
    assert main(["--repo", str(work), *said]) == 2

    assert acts(capsys.readouterr().err) == []


def test_what_a_hook_says_is_plain(work, capsys):
    hook = work / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\ncat >&2 <<'E'\n{LINES}\nE\nexit 1\n")
    hook.chmod(0o755)

    assert main(["--repo", str(work), "bump", "web", "v1.0.1", "--commit"]) == 5

    err = capsys.readouterr().err
    assert "x1b" in err
    assert acts(err) == []


@pytest.mark.parametrize("verbose", [[], ["--verbose"]])
def test_a_bug_that_quotes_a_stranger_is_plain(work, capsys, monkeypatch, verbose):
    def broken(*_: object) -> None:
        raise KeyError(LINES)

    monkeypatch.setattr("bos_tools.verbs.bump.run", broken)
    assert main(["--repo", str(work), *verbose, "bump", "web", "v1.0.1"]) == 3

    err = capsys.readouterr().err
    assert acts(err) == []
    [log] = re.findall(r"report it with (\S+);", err) or [None]
    assert log is None or acts(Path(log).read_text()) == []


def test_what_a_program_says_in_colour_is_told_without(capsys):
    error = CommandFailed(["git", "log"], 1, "\x1b[31mfatal\x1b[m: \x1b[1;33mno\x1b[0m\n")

    assert error.message == "git log failed: fatal: no"


def test_a_runbook_that_is_no_text_is_told_by_its_line(tmp_path, capsys):
    root = repository(tmp_path / "work", contents())
    write(root, {".github/runbooks/shrink-a-claim.md": b"# Shrink\n\xff\n"})

    assert main(["--repo", str(root), "pvc", "runbook", "web-data"]) == 4

    assert "shrink-a-claim.md:2: not UTF-8" in capsys.readouterr().err


def test_what_argo_cd_says_is_plain(argocd, run_argocd):
    app = argocd.apps["dev-backend"]
    app["status"]["conditions"] = [{"type": "SyncError", "message": LINES}]
    app["status"]["operationState"] = {"phase": "Failed", "message": LINES}

    for words in ("status", "history", "wait --timeout 1"):
        _, out, err = run_argocd(*words.split(), "--env", "dev")
        assert acts(out + err) == []


def test_a_letter_that_is_only_foreign_stays(work, capsys):
    write(work, {"overlays/dev/web/kustomization.yaml": unit("web", "'ü—日本'")})
    assert main(["--repo", str(work), "status", "--env", "dev"]) == 0

    assert "ü—日本" in capsys.readouterr().out


COMMAND = re.compile(r"::(error|warning|notice) file=[^,:]*,line=\d+,title=[^:]*::.*")


@pytest.mark.parametrize("form", [one for one in Report if one is not Report.json])
def test_a_review_in_any_form_holds_no_word_that_acts(hostile, capsys, form):
    main(["--repo", str(hostile), "review", "--base", "HEAD~1", "--output", form])

    out, err = capsys.readouterr()
    ours = [line for line in out.splitlines() if form is Report.github and COMMAND.fullmatch(line)]
    others = [line for line in out.split("\n") if line not in ours]
    assert acts(err) == []
    assert acts("\n".join(others)) == []
    assert [line for line in ours if re.search(r"[\r\x1b\x07\u202e]", line)] == []
    assert "a bug of bos-tools" not in err
