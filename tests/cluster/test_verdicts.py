"""What `argocd` says at night is true: each case of the field in the real Argo CD, in one environment of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from harness.git import git
from harness.hosted import Hosted
from harness.waiting import eventually

ENV = "verdicts"
SOON = 240
"""Seconds that tell an answer at once from one at the end of a wait, on a machine full of work too."""
CONFIGURATION = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
data: {{}}
"""


@pytest.fixture(scope="module")
def hosted(disturbed, tmp_path_factory):
    """Two services, registered."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("BOS_ARGOCD_USERNAME", "BOS_ARGOCD_PASSWORD"):
            patch.delenv(name, raising=False)
        patch.setenv("BOS_ARGOCD_SERVER", disturbed.argocd_url)
        patch.setenv("BOS_ARGOCD_TOKEN", disturbed.argocd_token)
        made = Hosted(disturbed, ENV, tmp_path_factory.mktemp(ENV), ["backend", "web"])
        said = made.argocd("register", "--push", "--apply", "--timeout", "900")
        assert said.code == 0, said.err
        git(made.work, "pull", "-q", "--ff-only")
        yield made
        made.heal()
        made.close()


@pytest.fixture
def world(hosted: Hosted) -> Iterator[Hosted]:
    """The environment, live at its head before a test."""
    said = hosted.argocd("wait", "--revision", "HEAD", "--timeout", "900")
    assert said.code == 0, said.err
    yield hosted
    hosted.heal()


@contextmanager
def soon(seconds: float, what: Callable[[], object]) -> Iterator[None]:
    """Do something in the background after some seconds."""
    timer = threading.Timer(seconds, what)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def bump(world: Hosted, version: str, service: str = "web") -> str:
    """Land a version, and return the commit."""
    said = world.run("bump", service, version, "--commit", "--allow-downgrade")
    assert said.code == 0, said.err
    git(world.work, "push", "-q", "origin", "main")
    return world.head()


@pytest.mark.parametrize("name", ["gitea", "argocd-repo-server", "argocd-application-controller", "argocd-server"])
def test_what_is_away_for_some_seconds_fails_no_wait(world: Hosted, name):
    """F3: the same command would have succeeded six seconds later."""
    version = {"gitea": "v1.1.1", "argocd-repo-server": "v1.1.2", "argocd-server": "v1.1.4"}.get(name, "v1.1.3")
    commit = bump(world, version)
    world.kill(name)

    with soon(6, world.heal):
        said = world.argocd("wait", "web", "--revision", "HEAD", "--timeout", "900")

    assert said.code == 0, said.err
    assert said.out == f"{ENV}-web is live at {commit[:12]}\n"
    assert world.image("web") == version


def test_a_controller_that_does_not_act_ends_no_wait_late_and_is_named(world: Hosted):
    """F13: `wait --timeout 20` took 120 s."""
    commit = bump(world, "v1.2.0")
    with world.paused("argocd-application-controller"):
        said = world.argocd("wait", "web", "--revision", "HEAD", "--timeout", "8")

    assert said.code == 5
    assert 8 <= said.seconds < 100
    assert f"not live at {commit[:12]} within 8 s: {ENV}-web (Argo CD has not looked at Git yet" in said.err


def test_argo_cd_told_to_look_away_is_told_at_once(world: Hosted):
    note = "argocd.argoproj.io/skip-reconcile"
    world.patch("application", f"{ENV}-web", {"metadata": {"annotations": {note: "true"}}})
    try:
        said = [world.argocd(*words) for words in (("wait", "web"), ("diff", "web"))]
        table = world.argocd("status").out
    finally:
        world.patch("application", f"{ENV}-web", {"metadata": {"annotations": {note: None}}})

    assert [one.code for one in said] == [1, 1]
    assert max(one.seconds for one in said) < SOON
    assert "Argo CD is told to look away" in table


def test_a_unit_that_does_not_render_is_final_and_never_looks_like_a_deletion(world: Hosted):
    """F2: `diff` told that Git wants every object deleted."""
    path = world.unit("web")
    world.edit({path: world.text(path).replace("resources:\n", "resources:\n- gone.yaml\n")})

    waited = world.argocd("wait", "web", "--revision", "HEAD", "--timeout", "900")
    compared = world.argocd("diff", "web")
    other = world.argocd("wait", "backend", "--revision", "HEAD", "--timeout", "900")
    world.revert()

    assert (waited.code, compared.code, other.code, compared.out) == (5, 5, 0, "")
    assert waited.seconds < SOON
    assert "gone.yaml" in waited.err
    assert "can't be compared" in compared.err
    assert "bos-tools check" in waited.err


def test_the_fix_is_not_judged_by_the_retries_of_the_commit_before_it(world: Hosted):
    """F4: a revert waited for was called failed with the refusal of the commit before."""
    world.box.box.ask("create", "quota", "tight", "--hard=count/configmaps=1", "--namespace", ENV)
    path = f"overlays/{ENV}/web/kustomization.yaml"
    old = world.text(path)
    world.edit({
        path: old.replace("resources:\n", "resources:\n- more.yaml\n"),
        f"overlays/{ENV}/web/more.yaml": CONFIGURATION.format(name="one") + "---\n" + CONFIGURATION.format(name="two"),
    })  # fmt: skip
    refused = world.argocd("wait", "web", "--revision", "HEAD", "--timeout", "120")
    fixed = world.revert()

    said = world.argocd("wait", "web", "--revision", "HEAD", "--timeout", "900")
    world.box.box.ask("delete", "quota", "tight", "--namespace", ENV)

    assert refused.code == 5, refused.err
    assert "exceeded quota" in refused.err
    assert (said.code, said.out) == (0, f"{ENV}-web is live at {fixed[:12]}\n"), said.err


def test_somebody_elses_commit_on_top_is_ours_too(world: Hosted):
    """F5: this clone lacked the commit that Argo CD named."""
    theirs = world.clone("theirs")
    bump(world, "v1.3.0", "backend")
    git(theirs, "pull", "-q")
    assert world.run("bump", "web", "v1.3.1", "--push", work=theirs).code == 0

    said = world.argocd("wait", "backend", "--revision", "HEAD", "--timeout", "900")
    git(world.work, "pull", "-q", "--ff-only")

    assert said.code == 0, said.err
    assert "fetching main of origin" in said.err


def test_a_commit_that_nobody_pushed_is_told_at_once(world: Hosted):
    git(world.work, "commit", "-q", "--allow-empty", "-m", "x")
    said = world.argocd("wait", "backend", "--revision", "HEAD")
    git(world.work, "reset", "-q", "--hard", "HEAD~1")

    assert said.code == 1
    assert "nobody pushed" in said.err
    assert said.seconds < SOON


def test_a_broken_root_is_no_green_environment(world: Hosted):
    """F6: ten services were live, and the root could not apply what the commit said."""
    path = f"overlays/{ENV}/argocd/applications.yaml"
    world.edit(
        {
            path: world.text(path).replace(
                "    path: overlays/verdicts/web", '    path: overlays/verdicts/web\n    directory: "yes"'
            )
        }
    )

    waited = world.argocd("wait", "--revision", "HEAD", "--timeout", "60")
    table = world.argocd("status")
    world.revert()
    mended = world.argocd("wait", "--revision", "HEAD", "--timeout", "900")

    assert waited.code == 5
    assert f"{ENV} at" in waited.err
    row = next(line for line in table.out.splitlines() if line.startswith("root"))
    assert "OutOfSync" in row
    assert mended.code == 0, mended.err


def test_a_pause_is_told(world: Hosted):
    """F14: only `OutOfSync` was said, for five minutes."""
    paused = {"spec": {"syncPolicy": {"automated": {"enabled": False}}}}
    going = {"spec": {"syncPolicy": {"automated": {"enabled": True}}}}
    world.patch("application", ENV, paused)
    world.patch("application", f"{ENV}-web", paused)
    bump(world, "v1.4.0")
    waited = world.argocd("wait", "web", "--revision", "HEAD")
    table = world.argocd("status").out
    by_hand = world.argocd("sync", "web", "--timeout", "900")
    world.patch("application", ENV, going)
    back = world.argocd("wait", "--revision", "HEAD", "--timeout", "900")

    assert waited.code == 1
    assert "automatic sync is paused" in waited.err
    assert sum("automatic sync is paused" in line for line in table.splitlines()) == 2
    assert (by_hand.code, back.code) == (0, 0), by_hand.err + back.err
    assert "automatic sync is paused" not in world.argocd("status").out


def test_a_token_and_every_kind_of_registration_end_in_already_so(world: Hosted, tmp_path):
    """F15 and F16: each later run wrote again, and took longer."""
    assert world.argocd("token", "--to", str(tmp_path / "token")).code == 0
    for words in ((), ("--skip-platform",), ()):
        first = world.argocd("register", "--apply", "--timeout", "900", *words)
        second = world.argocd("register", "--apply", "--timeout", "900", "--output", "json", *words)

        assert (first.code, second.code) == (0, 0), first.err + second.err
        assert '"changed"' not in second.out.replace('"changed": false', "")
        assert second.seconds < SOON
    eventually(lambda: world.app(ENV)["status"]["sync"]["status"] == "Synced", "the root is as Git wants it")
