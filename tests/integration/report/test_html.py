"""The page of a review, in a browser: readable at each width, light and dark, and without a network or a leak."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bos_tools.cli.main import main
from harness.chromium import Page, opened
from harness.git import git
from harness.repositories import files, repository, write

GUARDED = "environment: prod\ngates:\n  prune: confirm\n"
SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n  - port: 80\n"
)
CONFIGURATION = "<script>document.title = 'run'</script>\nlong: " + "x" * 300 + "\nlast: {}\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  web.conf: |\n"
LISTED = "resources:\n- deployment.yaml\n- service.yaml\n- map.yaml\n"


def a_map(last: str) -> str:
    return MAP + "".join(f"    {line}\n" for line in CONFIGURATION.format(last).splitlines())


def made(folder: Path) -> Path:
    """Return the page of a change in three environments that blocks in one."""
    repo = repository(
        folder / "repo",
        {
            **files(["web"]), "overlays/prod/environment.yaml": GUARDED,
            "base/web/service.yaml": SERVICE, "base/web/map.yaml": a_map("old"), "base/web/kustomization.yaml": LISTED,
        },
    )  # fmt: skip
    git(repo, "checkout", "-q", "-b", "topic")
    write(
        repo, {"base/web/map.yaml": a_map("new"), "base/web/kustomization.yaml": LISTED.replace("- service.yaml\n", "")}
    )
    git(repo, "commit", "-qam", "Take the Service away")
    return repo


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("page")
    file = folder / "review.html"
    repo = made(folder)
    with pytest.MonkeyPatch.context() as patch, file.open("wb") as out:
        patch.setattr("bos_tools.cli.console.show", lambda full: [out.write(part) for _, part in full.parts])
        assert main(["--repo", str(repo), "review", "--output", "html"]) == 1
    with opened(file, folder / "profile") as shown:
        yield shown


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_reaches_over_the_edge_and_every_word_can_be_read(page: Page, width: int, scheme: str) -> None:
    picture = page.look(width, scheme)

    assert picture.startswith(b"\x89PNG")
    assert page.value("document.documentElement.scrollWidth") <= width
    assert page.value(CONTRAST) == []


CONTRAST = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const light = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (!/, 0\\)$|transparent/.test(colour)) return colour;
    }
    return "white";
  };
  const faint = [];
  for (const node of document.querySelectorAll("body *")) {
    if (![...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim()) || !node.checkVisibility()) continue;
    if (["STYLE", "SCRIPT"].includes(node.tagName)) continue;
    const [one, other] = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) faint.push(`${node.tagName} ${node.className} ${ratio.toFixed(2)}`);
  }
  return faint;
})()
"""
"""What is fainter than WCAG 2.2 lets text be: https://www.w3.org/TR/WCAG22/#contrast-minimum."""


def test_the_verdict_and_what_would_acknowledge_it_stand_on_the_page(page: Page) -> None:
    assert page.value("document.querySelector('.verdict').textContent") == "blocked"
    assert "Bos-Acknowledge: prod pruned" in page.value("document.querySelector('.blocker code').textContent")


def test_words_of_others_stay_words_and_the_page_asks_nobody(page: Page) -> None:
    assert page.value("document.title").startswith("blocked: ")
    assert page.value("[...document.querySelectorAll('script')].length") == 1
    assert page.value("performance.getEntriesByType('resource').length") == 0
    assert page.complaints == []


def test_its_policy_lets_no_other_script_run_and_nothing_be_sent(page: Page) -> None:
    page.value(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'})), 0"
    )
    sent = page.value("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')")

    assert page.value("window.ran === undefined")
    assert sent == "refused"
    assert len(page.complaints) >= 2
    assert all("Content Security Policy" in one for one in page.complaints)
    page.complaints.clear()


def test_a_search_and_an_environment_leave_what_fits(page: Page) -> None:
    count = "document.getElementById('count').textContent"
    assert page.value(count) == "2 changes"

    page.press("/")
    for letter in "web.conf":
        page.press(letter)
    assert page.value(count) == "1 change"
    page.value("document.getElementById('search').value = '', document.querySelector('[value=dev]').click()")
    assert page.value(count) == "2 changes"
    page.value("document.getElementById('search').blur(), document.querySelector('[name=env]').click()")


def test_keys_open_all_put_both_sides_beside_each_other_and_sort_by_environment(page: Page) -> None:
    page.press("e")
    assert page.value("[...document.querySelectorAll('.group h3')].map((each) => each.textContent)") == [
        "dev",
        "preprod",
        "prod",
    ]
    page.press("e")
    page.press("s")
    left, right = page.value(
        "[...document.querySelectorAll('.pair pre')].slice(0, 2).map((each) => each.getBoundingClientRect().top)"
    )
    assert left == right
    page.press("s")
    page.press("j")
    assert page.value("document.activeElement.tagName") == "SUMMARY"
