"""The history of a pin on graphs of commits of any shape."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from bos_tools.change.history import Step, history
from bos_tools.change.pins import pins_at
from bos_tools.doors.git import Git
from harness.cases import cases
from harness.git import git
from harness.repositories import unit, write

WEB = "overlays/dev/web/kustomization.yaml"


def head(root: Path) -> str:
    return git(root, "rev-parse", "HEAD").strip()


def steps(root: Path, service: str = "web", env: str | None = "dev", limit: int = 20) -> list[Step]:
    return history(root, service, env, limit)


@st.composite
def graphs(draw: st.DrawFn) -> list[tuple[tuple[int, ...], str, bool]]:
    """Draw commits, each with those that it stands on, the version that it pins, and whether it changes another line."""
    made: list[tuple[tuple[int, ...], str, bool]] = []
    for number in range(draw(st.integers(1, 12))):
        parents = (
            draw(st.lists(st.integers(max(0, number - 4), number - 1), min_size=1, max_size=3, unique=True))
            if number
            else []
        )
        made.append((tuple(parents), draw(st.sampled_from(["v1", "v2", "v3", ""])), draw(st.booleans())))
    return made


def imported(root: Path, made: list[tuple[tuple[int, ...], str, bool]]) -> None:
    """Write commits of one file at once; the newest is main."""
    lines = []
    for number, (parents, tag, noise) in enumerate(made, 1):
        text = unit("web", tag, extra=f"# {number}\n" if noise else "") if tag else "resources: []\n"
        lines += [
            "commit refs/heads/main",
            f"mark :{number}",
            f"committer T <t@example.com> {1_700_000_000 + number % 3} +0000",
            "data 1",
            "x",
        ]
        lines += [f"{'merge' if index else 'from'} :{parent + 1}" for index, parent in enumerate(parents)]
        lines += ["deleteall", f"M 100644 inline {WEB}", f"data {len(text)}", text]
    git(root, "init", "-q", "-b", "main")
    subprocess.run(["git", "fast-import", "--quiet", "--force"], cwd=root, input="\n".join(lines).encode(), check=True)
    git(root, "reset", "-q", "--hard", "main")


@given(graphs())
@cases(200)
def test_the_steps_of_any_history_lead_to_what_stands_there_and_each_is_its_commits_own(made):
    with TemporaryDirectory() as folder:
        root = write(Path(folder), {"pyproject.toml": '[tool.bos-tools]\nenvironments = ["dev"]\n'})
        imported(root, made)
        found = steps(root, limit=99)
        door = Git(root)
        pins = {sha: pins_at(door, sha, [WEB]).get("web") for sha in git(root, "rev-list", "main").split()}
        door.close()

        assert found == [] or found[0].new == pins[head(root)]
        assert found != [] or pins[head(root)] is None
        assert [step.old for step in found[:-1]] == [step.new for step in found[1:]]
        for step in found:
            assert pins[step.commit.sha] == step.new
            real = git(root, "rev-list", "--parents", "-1", step.commit.sha).split()[1:]
            assert step.new not in [pins[parent] for parent in real]
