"""Which forge a remote is on, whose token it gets, and what each refusal of a forge says."""

from collections.abc import Mapping
from typing import Any, ClassVar

import httpx2
import pytest

from bos_tools.doors.forges.api import Token
from bos_tools.doors.forges.find import FORGES, address, forge_of, token
from bos_tools.doors.forges.gitea import Gitea
from bos_tools.doors.forges.github import GitHub
from bos_tools.doors.forges.gitlab import GitLab
from bos_tools.errors import BosError, OutsideError, RepositoryError, Usage
from harness.forges import REMOTE, TOKEN, Drift, Pretend

VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN", "BOS_FORGE_TOKEN", "BOS_FORGE", "BOS_FORGE_URL")
KINDS = ["github", "gitlab", "gitea"]


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for variable in (*VARIABLES, "GIT_SSL_CAINFO"):  # nobody is asked over TLS, so no authority need be read
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def naps(monkeypatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr("bos_tools.doors.http.time.sleep", taken.append)
    return taken


@pytest.fixture(params=KINDS)
def pretend(request, monkeypatch) -> Pretend:
    monkeypatch.setenv("BOS_FORGE_TOKEN", TOKEN)
    return Pretend(request.param)


def client(pretend: Pretend):
    return forge_of(REMOTE[pretend.kind], transport=pretend.transport)


@pytest.mark.parametrize(
    ("url", "web", "path"),
    [
        ("https://github.com/team/gitops.git", "https://github.com", "team/gitops"),
        ("https://me:secret@github.com/team/gitops", "https://github.com", "team/gitops"),
        ("git@github.com:team/gitops.git", "https://github.com", "team/gitops"),
        ("github.com:team/gitops/", "https://github.com", "team/gitops"),
        ("ssh://git@ssh.github.com:443/team/gitops.git", "https://github.com", "team/gitops"),
        ("ssh://git@git.example.com:2222/a/b/c.git", "https://git.example.com", "a/b/c"),
        ("http://127.0.0.1:3000/team/gitops.git", "http://127.0.0.1:3000", "team/gitops"),
        ("https://[::1]:3000/team/gitops.git", "https://[::1]:3000", "team/gitops"),
        ("git@[::1]:team/gitops.git", "https://[::1]", "team/gitops"),
    ],
)
def test_a_remote_says_where_its_repository_is(url, web, path):
    found = address(url)

    assert (found.web, found.path) == (web, path)


@pytest.mark.parametrize(
    "url",
    ["/srv/git/gitops.git", "../origin.git", "file:///srv/team/gitops.git", "https://github.com/team", "origin", ""],
)
def test_a_remote_that_is_on_no_forge_is_told(url):
    with pytest.raises(RepositoryError, match="no repository on a forge") as told:
        address(url)

    assert told.value.reason == "no-forge"


@pytest.mark.parametrize("url", ["https://bot:ca/nary@git.example.com/team/x", "https://bot:canary@[git/team/x"])
def test_an_address_that_none_can_be_is_told_without_its_password(url):
    with pytest.raises(RepositoryError) as told:
        address(url)

    assert told.value.reason == "no-forge"
    assert "nary" not in str(told.value)


def test_another_address_can_be_told_with_its_folder(monkeypatch):
    monkeypatch.setenv("BOS_FORGE_URL", "https://git.example.com:8443/forge/")

    assert address("ssh://git@10.0.0.1:2222/team/gitops.git").web == "https://git.example.com:8443/forge"
    assert address("https://git.example.com:8443/forge/team/gitops.git").path == "team/gitops"
    monkeypatch.setenv("BOS_FORGE_URL", "https://me:secret@git.example.com")
    with pytest.raises(Usage) as told:
        address("git@github.com:team/gitops.git")
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("kind", "path", "answer"),
    [
        (Gitea, "/api/v1/version", httpx2.Response(200, json={"version": "1.26.0"})),
        (GitLab, "/api/v4/version", httpx2.Response(401, json={"message": "401 Unauthorized"})),
        (GitLab, "/api/v4/version", httpx2.Response(200, json={"version": "18.0", "revision": "abc"})),
        (GitHub, "/api/v3/meta", httpx2.Response(200, json={"installed_version": "3.18.0"})),
    ],
)
def test_an_unknown_host_is_asked_and_sees_no_token_before_it_has_said_what_it_is(kind, path, answer, monkeypatch):
    monkeypatch.setenv("BOS_FORGE_TOKEN", TOKEN)
    seen: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return answer if request.url.path == path else httpx2.Response(404)

    made = forge_of("https://git.example.com/team/gitops.git", transport=httpx2.MockTransport(handle))

    assert type(made) is kind
    assert all("authorization" not in request.headers for request in seen)


def test_a_host_that_is_none_of_them_is_told_and_may_be_named(monkeypatch):
    monkeypatch.setenv("BOS_FORGE_TOKEN", TOKEN)
    nothing = httpx2.MockTransport(lambda request: httpx2.Response(404, text="no"))

    with pytest.raises(RepositoryError, match=r"no telling which forge this is: https://git\.example\.com"):
        forge_of("git@git.example.com:team/gitops.git", transport=nothing)
    monkeypatch.setenv("BOS_FORGE", "gitlab")
    assert type(forge_of("git@git.example.com:team/gitops.git", transport=nothing)) is GitLab
    monkeypatch.setenv("BOS_FORGE", "bitbucket")
    with pytest.raises(Usage, match="no such forge: 'bitbucket'"):
        forge_of("git@git.example.com:team/gitops.git", transport=nothing)


def test_each_forge_gets_its_own_token_and_no_other(monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "hub")
    monkeypatch.setenv("GITLAB_TOKEN", " lab\n")

    assert (token(GitHub).text, token(GitLab).text) == ("hub", "lab")
    with pytest.raises(OutsideError, match="Gitea needs a token") as told:
        token(Gitea)
    assert "GITEA_TOKEN" in told.value.hint
    monkeypatch.setenv("BOS_FORGE_TOKEN", "any")
    assert {token(forge).text for forge in FORGES} == {"any"}


def test_a_token_that_is_none_is_told_without_its_text(monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "two secret\nwords")

    with pytest.raises(OutsideError, match="GITHUB_TOKEN holds something that is no token") as told:
        token(GitHub)

    assert "secret" not in repr(told.value) + told.value.hint
    assert "secret" not in repr(Token("GITHUB_TOKEN", "secret"))


@pytest.mark.parametrize(
    ("answer", "reason", "says"),
    [
        (httpx2.Response(401, json={"message": "Bad credentials"}), "unauthorized", "does not take the token of BOS_FORGE_TOKEN"),
        (httpx2.Response(403, json={"message": "Resource not accessible"}), "forbidden", "does not let this token do that"),
        (httpx2.Response(404, json={"message": "Not Found"}), "not-found", "no such repository, or the token may not see it"),
        (httpx2.Response(422, json={"message": "Validation Failed"}), "http-failed", "answered 422: Validation Failed"),
        (httpx2.Response(500, text="oops"), "http-failed", "answered 500: oops"),
        (httpx2.Response(403, json={"message": "You have exceeded a secondary rate limit"}), "rate-limited", "left alone for a minute"),
        (httpx2.Response(429, headers={"retry-after": "3600"}), "rate-limited", "left alone for 3600 s"),
        (httpx2.Response(200, text="<html>"), "bad-answer", "answered a web page"),
        (httpx2.Response(200, json={"a": 1}), "bad-answer", "no pull request"),
        (httpx2.ReadError("reset"), "unreachable", "can't be reached"),
    ],
)  # fmt: skip
def test_each_refusal_of_a_forge_is_one_sentence_with_the_code_for_outside(pretend, answer, reason, says, naps):
    pretend.faults = [answer] * 20
    forge = client(pretend)

    with pytest.raises(OutsideError, match=says) as told:
        forge.open("bos-tools/dev/bump-web", "main", "title", "body")

    assert (told.value.reason, told.value.exit_code) == (reason, 5)
    assert TOKEN not in str(told.value) + told.value.hint
    assert len(pretend.seen) == 1


def test_github_is_left_alone_until_its_budget_begins_anew(monkeypatch, naps):
    monkeypatch.setenv("BOS_FORGE_TOKEN", TOKEN)
    monkeypatch.setattr("bos_tools.doors.http.time.time", lambda: 1_000.0)
    pretend = Pretend("github")
    budget = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1042"}
    pretend.faults = [httpx2.Response(403, json={"message": "API rate limit exceeded"}, headers=budget)]

    assert client(pretend).find("bos-tools/", "main") == []
    assert naps == [42.0]
    pretend.faults = [httpx2.Response(403, json={"message": "rate"}, headers={**budget, "x-ratelimit-reset": "9999"})]
    with pytest.raises(OutsideError, match="left alone for 8999 s"):
        client(pretend).find("bos-tools/", "main")


def test_certificates_that_are_none_are_told(monkeypatch, tmp_path):
    monkeypatch.setenv("BOS_FORGE_TOKEN", TOKEN)
    (tmp_path / "broken.pem").write_text("none")
    for name in ("missing.pem", "broken.pem"):
        monkeypatch.setenv("GIT_SSL_CAINFO", str(tmp_path / name))
        with pytest.raises(OutsideError, match=f"can't be read: .*{name}"):
            forge_of("https://github.com/team/gitops").find("bos-tools/", "main")


def test_a_busy_forge_is_asked_again(pretend, naps):
    pretend.faults = [httpx2.Response(503), httpx2.Response(429, headers={"retry-after": "7"})]

    made = client(pretend).open("bos-tools/dev/bump-web", "main", "title", "body")

    assert made.number == 1
    assert naps[-1] == 7.0


def test_every_call_is_as_the_contract_has_it(pretend):
    forge = client(pretend)

    made = forge.open("bos-tools/dev/bump-backend+web", "main", "title", "body")
    forge.update(made.number, "another", "text")
    forge.comment(made.number, "a word")

    (found,) = forge.find("bos-tools/dev/", "main")
    assert (found.number, found.branch, found.title, found.body) == (
        1,
        "bos-tools/dev/bump-backend+web",
        "another",
        "text",
    )
    assert pretend.comments == [(1, "a word")]
    forge.close(made.number)
    assert forge.find("bos-tools/dev/", "main") == []
    assert forge.link("abc", "overlays/dev/x y").endswith("/abc/overlays/dev/x%20y")


@pytest.mark.parametrize("field", ["title", "head", "source_branch"])
def test_a_field_that_the_contract_does_not_have_is_a_drift(field):
    known = {"github": {"title", "head"}, "gitlab": {"title", "source_branch"}, "gitea": {"title", "head"}}
    for kind in KINDS:
        contract = Pretend(kind).contract
        root = "/projects/x/merge_requests" if kind == "gitlab" else "/repos/a/b/pulls"
        _, operation, values = contract.operation("POST", root)
        body = dict.fromkeys((*known[kind], "target_branch" if kind == "gitlab" else "base"), "x")
        contract.check_request(operation, values, {}, body)
        for wrong in ({**body, "titel": "x"}, {**body, field: 7}):
            with pytest.raises(Drift):
                contract.check_request(operation, values, {}, wrong)


def test_a_forge_that_answers_another_shape_is_no_bug_of_ours(pretend):
    pretend.faults = [httpx2.Response(200, json=[{"strange": 1}])]

    with pytest.raises(BosError) as told:
        client(pretend).find("bos-tools/", "main")

    assert told.value.reason == "bad-answer"


class Bitbucket(Gitea):
    """A forge that nobody has written yet: all that is known of it stands in its class."""

    word = "bitbucket"
    name = "Bitbucket"
    hosts: ClassVar[Mapping[str, str]] = {"bitbucket.org": "bitbucket.org", "altssh.bitbucket.org": "bitbucket.org"}
    tokens = ("BITBUCKET_TOKEN",)
    probe = "/whoami"

    @staticmethod
    def base(web: str) -> str:
        return f"{web}/rest/2.0"

    @staticmethod
    def recognises(status: int, said: Any) -> bool:
        return bool(status == 200 and said == {"forge": "bitbucket"})


@pytest.mark.parametrize(
    ("remote", "told", "asked"),
    [
        ("ssh://git@altssh.bitbucket.org:443/team/gitops.git", "", "bitbucket.org"),
        ("https://bits.example.com/team/gitops", "bitbucket", "bits.example.com"),
        ("https://bits.example.com/team/gitops", "", "bits.example.com"),
    ],
    ids=["by its host", "as told", "by what it answers"],
)
def test_a_forge_more_is_one_class_and_one_entry(monkeypatch, remote, told, asked):
    monkeypatch.setattr("bos_tools.doors.forges.find.FORGES", (*FORGES, Bitbucket))
    monkeypatch.setenv("BITBUCKET_TOKEN", TOKEN)
    monkeypatch.setenv("BOS_FORGE", told)
    seen: list[httpx2.URL] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url)
        return httpx2.Response(200, json={"forge": "bitbucket"} if request.url.path == "/rest/2.0/whoami" else [])

    forge = forge_of(remote, transport=httpx2.MockTransport(answer))

    assert type(forge).__name__ == "Bitbucket"
    assert forge.find("bos-tools/", "main") == []
    assert {url.host for url in seen} == {asked}
    assert seen[-1].path == "/rest/2.0/repos/team/gitops/pulls"
