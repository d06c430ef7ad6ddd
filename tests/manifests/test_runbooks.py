"""What the runbooks tell a person to type at night: it exists, it is about prod, and what it applies is valid."""

import re
from typing import Any

import pytest
import yaml

from bos_tools.cli.main import main
from harness import ROOT
from harness.schemas import faults, rendered

FOLDER = ROOT / ".github/runbooks"
BOOKS = sorted(FOLDER.glob("*.md"))
GROUPS = {"argocd", "pvc", "sandbox", "secrets"}


def commands(text: str) -> list[list[str]]:
    """Return what a page says of bos-tools: in backticks, or after a prompt, up to a pipe or a redirection."""
    found = re.findall(r"`(bos-tools [^`]+)`|^ *\$ (bos-tools .+)$", text, re.MULTILINE)
    return [re.split(r" [|>\\]", one or other)[0].split()[1:] for one, other in found]


SAID = [(book.name, words) for book in BOOKS for words in commands(book.read_text())]


@pytest.mark.parametrize(
    ("book", "words"), SAID, ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_a_command_of_a_runbook_exists_with_its_options_and_names_its_environment(book, words, capsys):
    end = 2 if words[0] in GROUPS else 1

    assert main([*words[:end], "--help"]) == 0, book
    told = capsys.readouterr().out
    for option in (word for word in words if word.startswith("--")):
        assert option in told, (book, option)
    if "default: the first" in " ".join(told.split()):  # which is dev
        assert "--env" in words, book


def test_the_runbooks_say_enough_for_this_to_be_a_test():
    assert {" ".join(words[:2]) for _, words in SAID} >= {"pvc grow", "pvc verify", "argocd wait", "secrets missing"}


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_a_link_of_a_runbook_leads_somewhere(book):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", book.read_text()):
        assert (FOLDER / target).exists(), target


def blocks(book: str) -> list[dict[str, Any]]:
    text = (FOLDER / book).read_text()
    found = re.findall(r"```yaml\n(.*?)```|<<'END'\n(.*?)^ *END$", text, re.DOTALL | re.MULTILINE)
    return [yaml.safe_load(one or other) for one, other in found]


def test_a_restore_is_a_cluster_that_the_operator_takes_and_archives_into_a_folder_of_its_own():
    said, backup = blocks("restore.md")
    cluster = next(made for made in rendered("prod") if made.kind == "Cluster")
    shipped = cluster.data["spec"]
    lost = said["spec"]["externalClusters"][0]
    [before], [after] = shipped["plugins"], said["spec"]["plugins"]
    shipped.update(said["spec"])

    assert faults(cluster) == []
    assert list(shipped["bootstrap"]) == ["recovery"]
    assert shipped["bootstrap"]["recovery"]["source"] == lost["name"]
    assert lost["plugin"]["name"] == before["name"]
    assert lost["plugin"]["parameters"] == {**before["parameters"], "serverName": cluster.name}
    assert {**after, "parameters": {}} == {**before, "parameters": {}}
    assert after["parameters"].pop("serverName") != cluster.name
    assert after["parameters"] == before["parameters"]
    scheduled = next(made for made in rendered("prod") if made.kind == "ScheduledBackup").data["spec"]
    assert {key: scheduled[key] for key in backup["spec"]} == backup["spec"]


def test_what_a_pause_patches_is_the_root_that_argo_cd_has_and_an_application_below_it():
    text = (FOLDER / "pause-sync.md").read_text()
    [_, root] = yaml.safe_load_all((ROOT / "overlays/prod/argocd/root.yaml").read_text())
    below = {made.name for made in rendered("overlays/prod/argocd") if made.kind == "Application"}

    first, second = re.findall(r"patch application (\S+) ", text)
    assert first == root["metadata"]["name"]
    assert first not in below  # nobody heals the root
    assert root["spec"]["syncPolicy"]["automated"]["selfHeal"] is True
    assert second in below
