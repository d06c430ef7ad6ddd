"""What Git holds is asked for its size before it is read, and its history is read within bounds."""

from pathlib import Path

import pytest

from bos_tools.doors import objects
from bos_tools.doors.files import READ_LIMIT
from bos_tools.doors.git import Git
from bos_tools.errors import RepositoryError
from harness.git import git
from harness.repositories import repository


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return repository(tmp_path / "work", {"large": b"\0" * (READ_LIMIT + 1), "full": b"\0" * READ_LIMIT, "small": "x"})


def test_a_blob_that_is_larger_than_any_file_is_named_and_not_read(work: Path) -> None:
    door = Git(work)
    revision = door.at(door.resolve("HEAD"))

    with pytest.raises(RepositoryError, match=f"larger than {READ_LIMIT} bytes") as told:
        revision.read("large")

    assert told.value.reason == "too-large"
    assert revision.read("full") == b"\0" * READ_LIMIT
    assert revision.read("small") == b"x"
    assert door.file("HEAD", "gone") is None
    door.close()


def test_a_history_that_says_too_much_is_told_and_the_next_question_is_answered(work: Path, monkeypatch) -> None:
    (work / "message").write_text("x\n" * 40_000)
    git(work, "commit", "-q", "--allow-empty", "-F", "message")
    door = Git(work)
    monkeypatch.setattr(objects, "LARGEST", 64 * 1024)

    with pytest.raises(RepositoryError, match="git says more than 0 MiB of this repository's files or history"):
        door.log("HEAD")

    assert len(door.line("HEAD")) == 2
    door.close()
