"""web-init as rendered for prod, in the two shells that images have, through the faults that it is there for."""

import os
import random
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from harness.servers import PATH, needs

ASSETS = 20


@pytest.fixture(params=["dash", "busybox"])
def shell(request, tmp_path) -> dict[str, str]:
    """An environment of one shell: Debian's, or BusyBox and nothing else, as in an image built on Alpine."""
    if request.param == "dash":
        return {"PATH": PATH, "SHELL": needs("dash")}
    applets = tmp_path / "applets"
    applets.mkdir()
    subprocess.run([needs("busybox"), "--install", "-s", applets], check=True)
    (applets / "flock").symlink_to(needs("flock"))  # Alpine's BusyBox has it, Debian's is built without
    return {"PATH": str(applets), "SHELL": str(applets / "sh")}


class Volume:
    """The claim, and runs of web-init over it."""

    def __init__(self, script: Path, folder: Path, shell: dict[str, str]) -> None:
        self.script, self.path, self.shell = script, folder, shell
        self.path.mkdir(exist_ok=True)

    def start(self, image: Path, *, prefix: str = "", **env: str) -> subprocess.Popen[str]:
        given = {**self.shell, "SOURCE": str(image), "TARGET": str(self.path), **env}
        return subprocess.Popen(
            [self.shell["SHELL"], "-c", f'{prefix} . "$0"', self.script] if prefix else [self.shell["SHELL"], self.script],
            env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip

    def run(self, image: Path, code: int = 0, **env: str) -> str:
        process = self.start(image, **env)
        said, _ = process.communicate(timeout=300)
        assert process.returncode == code, said
        return said

    def served(self, link: str = "current") -> str:
        """Return the version that is served; all its files must be there and of that version."""
        tree = (self.path / link).resolve()
        files = [path for path in tree.rglob("*") if path.is_file() and path.name != "VERSION"]
        (version,) = {path.read_text().split()[0] for path in files}
        assert len(files) == ASSETS + 1
        return version

    @property
    def sentinel(self) -> str:
        return (self.path / ".initialized").read_text()

    @property
    def releases(self) -> set[str]:
        return {path.name.rpartition("-")[0] for path in (self.path / "releases").iterdir()}

    @property
    def leavings(self) -> list[Path]:
        return list(self.path.glob(".tmp.*"))


@pytest.fixture
def volume(shell, config, tmp_path) -> Volume:
    script = tmp_path / "web-init.sh"
    script.write_text(config("overlays/prod/web", "web-init")["web-init.sh"])
    return Volume(script, tmp_path / "volume", shell)


@pytest.fixture
def image(tmp_path):
    """Return a function that makes an image of a version, with assets that take some milliseconds to copy."""

    def make(version: str, size: int = 0) -> Path:
        source = tmp_path / "images" / version
        (source / "assets").mkdir(parents=True)
        (source / "index.html").write_text(version)
        (source / "VERSION").write_text(f"{version}\n")
        for number in range(ASSETS):
            (source / "assets" / f"{number}.js").write_text(f"{version} {number} " + "x" * (size // ASSETS))
        return source

    return make


def test_a_version_is_unpacked_once_and_a_roll_back_serves_the_old_assets(volume, image):
    one, two = image("one"), image("two")

    assert "unpacked: one-" in volume.run(one)
    first = (volume.path / "current").resolve()
    assert volume.sentinel == f"{first.name}\n"
    before = first.stat().st_mtime_ns
    assert "already unpacked: one-" in volume.run(one)
    assert (first.stat().st_mtime_ns, volume.served()) == (before, "one")
    volume.run(two)
    assert (volume.served(), volume.served("previous")) == ("two", "one")
    assert volume.sentinel.startswith("two-")
    assert "unpacked before: one-" in volume.run(one)
    assert (volume.served(), volume.served("previous")) == ("one", "two")
    assert volume.sentinel == f"{first.name}\n"


def test_content_that_changed_under_one_version_is_a_new_release(volume, image):
    source = image("one")
    volume.run(source)
    (source / "index.html").write_text("one again")

    volume.run(source)

    assert (volume.path / "current/index.html").read_text() == "one again"


def test_a_number_of_releases_stays_and_the_two_in_use_are_among_them(volume, image):
    for version in ("one", "two", "three", "four", "five"):
        volume.run(image(version), KEEP="3")

    assert volume.releases == {"five", "four", "three"}
    volume.run(image("six"), KEEP="2")
    assert volume.releases == {"six", "five"}
    assert (volume.served(), volume.served("previous")) == ("six", "five")


def test_an_image_without_an_entry_page_and_a_number_too_small_are_refused(volume, image, tmp_path):
    (tmp_path / "empty").mkdir()
    volume.run(image("one"))

    assert "no entry page" in volume.run(tmp_path / "empty", code=1)
    assert "KEEP must be 2 or more" in volume.run(image("two"), code=1, KEEP="1")
    assert volume.served() == "one"


def test_a_damaged_release_is_replaced_when_it_is_used_again(volume, image):
    one = image("one")
    volume.run(one)
    (volume.path / "current/assets/7.js").unlink()
    volume.run(image("two"))

    assert "replacing a damaged release" in volume.run(one)

    assert volume.served() == "one"


def test_a_kill_at_any_moment_leaves_one_whole_version_and_the_next_run_completes(volume, image):
    chance = random.Random(7)
    images = [image(f"v{number}") for number in range(51)]
    start = time.monotonic()
    volume.run(images[0])
    takes = time.monotonic() - start
    was, moments = "v0", set()
    for number, source in enumerate(images[1:], 1):
        process = volume.start(source)
        time.sleep(chance.uniform(0, takes))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        moments.add((process.returncode, volume.served()))
        assert volume.served() in (was, f"v{number}")
        assert volume.served("previous") if number > 1 else True
        volume.run(source)
        assert (volume.served(), volume.sentinel.split("-")[0]) == (f"v{number}", f"v{number}")
        assert volume.leavings == []
        was = f"v{number}"

    assert len({code for code, _ in moments} & {-signal.SIGKILL}) == 1  # else nothing was killed
    assert len(volume.releases) <= 3


@pytest.mark.parametrize("locks", [True, False])
def test_runs_at_once_serve_nothing_but_whole_versions(volume, image, tmp_path, locks):
    prefix = "" if locks else "flock() { return 1; };"  # as on a share whose server has no locks
    volume.run(image("v0"))
    stop, seen = threading.Event(), []

    def reader() -> None:
        while not stop.wait(0.002):
            seen.append(volume.served())

    watch = threading.Thread(target=reader)
    watch.start()
    try:
        for number in range(1, 13):
            new = image(f"v{number}")
            old = tmp_path / "images" / f"v{number - 1}"
            runs = [volume.start(source, prefix=prefix) for source in (new, new, old, new)]
            said = [process.communicate(timeout=300)[0] for process in runs]
            assert [process.returncode for process in runs] == [0] * 4, said
            assert any("without a lock" in text for text in said) is not locks
            assert volume.served() in (f"v{number}", f"v{number - 1}")
            volume.run(new)
            assert volume.served() == f"v{number}"
    finally:
        stop.set()
        watch.join()
    assert len(set(seen)) > 1
    assert volume.leavings == []


def test_a_file_that_may_not_grow_leaves_the_old_version_served(volume, image):
    volume.run(image("one"))
    large = image("two", size=ASSETS * 4096)

    process = volume.start(large, prefix="ulimit -f 1;")
    process.communicate(timeout=300)

    assert process.returncode != 0
    assert (volume.served(), volume.sentinel.split("-")[0]) == ("one", "one")
    volume.run(large)
    assert (volume.served(), volume.leavings) == ("two", [])


@pytest.fixture
def small(volume):
    """The volume as a file system of one megabyte."""
    subprocess.run([needs("mount"), "-t", "tmpfs", "-o", "size=1m", "tmpfs", volume.path], check=True)
    yield volume
    subprocess.run([needs("umount"), "-l", volume.path], check=True)


mounts = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts; the test before plays it for everybody")


@mounts
def test_a_full_disk_leaves_the_old_version_served(small, image):
    small.run(image("one", size=60_000))

    small.run(image("two", size=1_500_000), code=1)

    assert (small.served(), small.leavings) == ("one", [])
    small.run(image("three", size=60_000))
    assert small.served() == "three"


@mounts
def test_a_claim_with_room_for_the_kept_number_of_releases_is_enough(small, image):
    for version in ("one", "two", "three", "four", "five"):
        small.run(image(version, size=200_000))

    assert small.releases == {"five", "four", "three"}
    assert (
        shutil.disk_usage(small.path).free < shutil.disk_usage(small.path).used / 3 * 2
    )  # no fourth would have fitted
