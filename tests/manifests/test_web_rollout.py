"""A release of web as its readers see it: nginx serves the volume while web-init puts one release after the other into it."""

import re
import threading
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from harness.servers import needs, run
from harness.waiting import eventually
from harness.web_pods import Web

ASSETS = 20


def image(folder: Path, number: int) -> Path:
    """Make the image of a release: its page names its assets, whose names have a hash."""
    names = [f"assets/{part}-{number:04x}c0de.js" for part in range(ASSETS)]
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(f"release {number}\n" + "\n".join(names))
    for name in names:
        (folder / name).write_text(f"release {number}")
    return folder


@pytest.fixture
def web(config, tmp_path):
    (tmp_path / "srv").mkdir()
    with closing(Web(tmp_path / "nginx", config("overlays/prod/web", "web-nginx"), tmp_path / "srv")) as made:
        yield made.start()


def test_a_reader_gets_a_page_with_all_its_assets_before_during_and_after_each_release(web, config, tmp_path):
    script = tmp_path / "web-init.sh"
    script.write_text(config("overlays/prod/web", "web-init")["web-init.sh"])

    def release(number: int) -> None:
        source = image(tmp_path / "images" / str(number), number)
        done = run(needs("dash"), str(script), SOURCE=str(source), TARGET=str(web.volume))
        assert done.returncode == 0, done.stdout

    release(0)
    seen, broken, stop = [], [], threading.Event()

    def reader() -> None:
        while not stop.is_set():
            page = web.get("/").body.decode()
            first = page.partition("\n")[0]
            for name in re.findall(r"assets/\S+", page):
                asset = web.get(f"/{name}")
                if (asset.status, asset.body.decode()) != (200, first):
                    broken.append((first, name, asset.status))
            seen.append(first)

    def has_read(pages: int) -> bool:
        return len(seen) >= pages

    readers = [threading.Thread(target=reader) for _ in range(3)]
    for one in readers:
        one.start()
    for number in range(1, 9):
        so_far = len(seen)
        release(number)
        eventually(partial(has_read, so_far + 6), "pages are read")  # a roll-out takes longer than a page
    stop.set()
    for one in readers:
        one.join()

    assert broken == []
    assert {"release 0", "release 8"} <= set(seen) | {web.get("/").body.decode().partition("\n")[0]}
    assert len(set(seen)) >= 5
