"""How often a volume has grown: by its size on the line that the next growth lands on, whoever wrote it and however."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bos_tools.change.ground import now, of_commit, of_work_tree
from bos_tools.cli.main import main
from bos_tools.doors.git import Git
from bos_tools.doors.remote import Branch
from harness.git import clone, git, remote
from harness.repositories import repository, write
from harness.volumes import FOR_ALL, claim, contents, growth, patch

GROWTH = growth()
SPENT = "web-data has grown too often: 4 of 4 growths in 24 h are used"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A remote with volumes whose class allows four growths a day."""
    made = contents()
    made["overlays/dev/environment.yaml"] = GROWTH
    return remote(repository(tmp_path / "first", made), tmp_path / "origin.git")


def grow(work: Path, size: str, *words: str) -> int:
    return main(["--repo", str(work), "pvc", "grow", "web-data", size, "--no-live", *(words or ("--push",))])


def landed(bare: Path) -> list[str]:
    return git(bare, "log", "--format=%(trailers:key=Bos-To,valueonly,separator=%x20)", "main").split()[::-1]


def test_a_stale_clone_can_not_push_a_fifth_growth(tmp_path, bare, capsys):
    fresh, stale = clone(bare, tmp_path / "fresh"), clone(bare, tmp_path / "stale")
    for size in ("6Gi", "7Gi", "8Gi", "9Gi"):
        assert grow(fresh, size) == 0
        git(fresh, "pull", "-q")
    capsys.readouterr()

    assert grow(stale, "10Gi") == 1

    assert SPENT in capsys.readouterr().err
    assert landed(bare) == ["6Gi", "7Gi", "8Gi", "9Gi"]


def test_a_clone_that_never_pulls_can_not_push_a_fifth_growth_of_its_own(tmp_path, bare, capsys):
    work = clone(bare, tmp_path / "work")

    codes = [grow(work, "+1Gi") for _ in range(6)]

    assert codes == [0, 0, 0, 0, 1, 1]
    assert SPENT in capsys.readouterr().err
    assert landed(bare) == ["6Gi", "7Gi", "8Gi", "9Gi"]


def test_a_lost_race_against_the_last_growth_of_the_budget_is_refused(tmp_path, bare, capsys, monkeypatch):
    ours, theirs = clone(bare, tmp_path / "ours"), clone(bare, tmp_path / "theirs")
    for size in ("6Gi", "7Gi", "8Gi"):
        assert grow(ours, size) == 0
    git(ours, "pull", "-q")
    push, tries = Branch.push, []

    def late(branch: Branch, sha: str, **options: str) -> None:
        tries.append(sha)
        if len(tries) == 1:
            assert grow(theirs, "9Gi") == 0
            capsys.readouterr()
        push(branch, sha, **options)

    monkeypatch.setattr(Branch, "push", late)

    assert grow(ours, "10Gi") == 1

    assert SPENT in capsys.readouterr().err
    assert landed(bare) == ["6Gi", "7Gi", "8Gi", "9Gi"]


@pytest.mark.parametrize("date", ["2001-01-01T00:00:00Z", "@1 +0000"])
def test_a_lying_clock_does_not_evade_the_budget(tmp_path, bare, capsys, monkeypatch, date):
    monkeypatch.setenv("GIT_COMMITTER_DATE", date)
    work = clone(bare, tmp_path / "work")

    codes = [grow(work, "+1Gi") for _ in range(6)]

    assert codes == [0, 0, 0, 0, 1, 1]
    assert SPENT in capsys.readouterr().err


SIZE = "overlays/dev/web/web-data.yaml"


def sized(work: Path, size: str, *words: str, said: str = "Room") -> str:
    """Give web-data a size by hand, in a commit that says nothing of it, and return the commit."""
    write(work, {SIZE: patch("web-data", size)})
    git(work, "commit", "-q", "-a", "-m", said, *words)
    return git(work, "rev-parse", "HEAD").strip()


def growths(work: Path, at: datetime, *, hours: float = 24, ground=None) -> list[tuple[str, str]]:
    found = (ground or of_work_tree(work, at)).growths("dev", "web", at - timedelta(hours=hours))
    assert {one.volume for one in found} <= {"dev/web/web-data"}
    return [(one.old, one.new) for one in found]


@pytest.fixture
def volumes(tmp_path: Path) -> Path:
    return repository(tmp_path / "volumes", contents())


def test_hand_edits_whose_dates_lie_do_not_evade_it_either(tmp_path, bare, capsys, monkeypatch):
    work = clone(bare, tmp_path / "work")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z")
    for size in ("6Gi", "7Gi", "8Gi", "9Gi"):
        sized(work, size)
    git(work, "push", "-q")
    monkeypatch.delenv("GIT_COMMITTER_DATE")

    assert grow(work, "10Gi") == 1
    assert SPENT in capsys.readouterr().err


def test_words_alone_are_no_growth(tmp_path, bare):
    work = clone(bare, tmp_path / "work")
    for size in ("6Gi", "7Gi", "8Gi", "9Gi"):
        git(work, "commit", "-q", "--allow-empty", "-m", f"Grow\n\nBos-Volume: dev/web/web-data\nBos-To: {size}")
    git(work, "push", "-q")

    assert grow(work, "10Gi") == 0


@pytest.mark.parametrize("way", ["squash", "merge", "rebase", "foxtrot"])
def test_a_growth_counts_however_it_was_merged(tmp_path, bare, capsys, way):
    """A forge's squash keeps the title alone; a pull that merges puts what others landed behind the second parent."""
    work, other = clone(bare, tmp_path / "work"), clone(bare, tmp_path / "other")
    for number, size in enumerate(("6Gi", "7Gi", "8Gi", "9Gi")):
        if way == "foxtrot":
            sized(work, size)
            continue
        git(work, "switch", "-qc", f"topic-{number}")
        assert grow(work, size, "--commit") == 0
        git(work, "switch", "-q", "main")
        how = {"squash": ["--squash"], "merge": ["--no-ff"], "rebase": ["--ff-only"]}[way]
        git(work, "merge", "-q", *how, f"topic-{number}")
        if way == "squash":
            git(work, "commit", "-q", "-m", "Grow web-data (#1)")
    git(work, "push", "-q")
    if way == "foxtrot":
        git(other, "commit", "-q", "--allow-empty", "-m", "Mine")
        git(other, "pull", "-q", "--no-rebase", "--no-edit")
        git(other, "push", "-q")

    assert grow(clone(bare, tmp_path / "fresh"), "10Gi") == 1

    assert SPENT in capsys.readouterr().err


def test_what_a_merge_only_brings_is_not_counted_twice(volumes):
    git(volumes, "switch", "-qc", "topic")
    sized(volumes, "6Gi")
    git(volumes, "switch", "-q", "main")
    git(volumes, "commit", "-q", "--allow-empty", "-m", "Other")
    git(volumes, "merge", "-q", "--no-ff", "-m", "Merge", "topic")

    assert growths(volumes, now()) == [("5Gi", "6Gi")]


def test_a_size_is_followed_where_it_is_written_next_and_through_commits_that_can_not_be_read(volumes):
    """The base says it, then the overlay; between them the unit is broken."""
    listing = volumes / "overlays/dev/web/kustomization.yaml"
    whole = listing.read_text()
    listing.write_text(whole.replace("- path: web-data.yaml", "- path: gone.yaml"))
    git(volumes, "commit", "-q", "-a", "-m", "Break")
    sized(volumes, "6Gi")
    listing.write_text(whole.replace("web-data.yaml", "room.yaml"))
    (volumes / SIZE).rename(volumes / "overlays/dev/web/room.yaml")
    git(volumes, "add", "-A")
    git(volumes, "commit", "-q", "-m", "Mend")
    write(volumes, {"overlays/dev/redis/claims.yaml": FOR_ALL.replace("5Gi", "9Gi")})
    git(volumes, "commit", "-q", "-a", "-m", "Another's")

    assert growths(volumes, now()) == [("5Gi", "6Gi")]


def test_a_new_volume_has_not_grown(work):
    write(work, {"base/web/claim.yaml": claim("web-data"), "base/web/kustomization.yaml": "resources:\n- deployment.yaml\n- claim.yaml\n"})  # fmt: skip
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "New")

    assert growths(work, now()) == []


def dated(work: Path, monkeypatch, when: datetime, *words: str) -> str:
    """Run git at a moment, and return the newest commit."""
    with monkeypatch.context() as patched:
        patched.setenv("GIT_COMMITTER_DATE", when.isoformat())
        git(work, *words)
    return git(work, "rev-parse", "HEAD").strip()


def test_a_growth_of_a_branch_counts_from_its_merge_on_and_is_listed_once(volumes, monkeypatch):
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)
    empty = ("commit", "-q", "--allow-empty", "-m")
    git(volumes, "switch", "-qc", "topic")
    write(volumes, {SIZE: patch("web-data", "6Gi")})
    grown = dated(volumes, monkeypatch, at - timedelta(days=3), "commit", "-qam", "Room")
    git(volumes, "switch", "-q", "main")
    dated(volumes, monkeypatch, at - timedelta(days=2), *empty, "Other")
    dated(volumes, monkeypatch, at - timedelta(hours=5), "merge", "-q", "--no-ff", "-m", "Merge", "topic")
    dated(volumes, monkeypatch, at - timedelta(hours=1), *empty, "Later")

    [found] = of_work_tree(volumes, at).growths("dev", "web", at - timedelta(days=1))

    assert (found.commit, found.at, found.new) == (grown, at - timedelta(hours=5), "6Gi")


def test_a_growth_that_is_only_proposed_is_in_no_budget(volumes):
    git(volumes, "switch", "-qc", "topic")
    sized(volumes, "6Gi")
    door = Git(volumes)
    ground = of_commit(door.at(door.resolve("main")), now())

    proposed = ground.proposed(of_commit(door.at(door.resolve("topic")), now()).tree)

    assert growths(volumes, ground.at, ground=proposed) == []


def test_a_replay_knows_nothing_of_what_came_later(volumes, monkeypatch):
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)
    for hours in (30, 3, 1):
        write(volumes, {SIZE: patch("web-data", f"{100 - hours}Gi")})
        dated(volumes, monkeypatch, at - timedelta(hours=hours), "commit", "-qam", "Room")
    two = at - timedelta(hours=2)

    replay, ahead = of_work_tree(volumes, two, is_replay=True), of_work_tree(volumes, two)

    assert growths(volumes, two, hours=22, ground=replay) == [("70Gi", "97Gi")]
    assert growths(volumes, two, hours=22, ground=ahead) == [("97Gi", "99Gi"), ("70Gi", "97Gi")]
    assert max(one.at for one in ahead.growths("dev", "web", two - timedelta(days=1))) == ahead.at


def test_a_shallow_clone_that_lacks_what_a_merge_brought_says_so(tmp_path, bare, capsys):
    work = clone(bare, tmp_path / "work")
    git(work, "switch", "-qc", "topic")
    sized(work, "6Gi")
    git(work, "switch", "-q", "main")
    for number in range(3):
        git(work, "commit", "-q", "--allow-empty", "-m", f"Other {number}")
    git(work, "merge", "-q", "--no-ff", "-m", "Merge", "topic")
    git(work, "push", "-q")
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{bare}", "shallow")

    assert grow(tmp_path / "shallow", "10Gi") == 1

    assert "history of this clone ends before" in capsys.readouterr().err


def test_a_shallow_clone_says_what_it_can_not_know_and_how_it_comes_to_know_it(tmp_path, bare, capsys):
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{bare}", "shallow")
    work = clone(bare, tmp_path / "work")
    for size in ("6Gi", "7Gi", "8Gi", "9Gi"):
        assert grow(work, size) == 0
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{bare}", "later")
    capsys.readouterr()

    assert grow(tmp_path / "later", "10Gi") == 1

    said = capsys.readouterr().err
    assert "history of this clone ends before" in said
    [hint] = [line.partition("hint: ")[2] for line in said.splitlines() if "hint: " in line]
    git(tmp_path / "later", *hint.split()[1:])
    assert grow(tmp_path / "later", "10Gi") == 1
    assert SPENT in capsys.readouterr().err
