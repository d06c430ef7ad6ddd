"""What the stories of pull requests stand on."""

import pytest

from forges import TOKEN
from proposals import Place


@pytest.fixture
def forge_token(monkeypatch) -> None:
    """A token for any forge, and no pause between tries."""
    for variable in ("GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN", "BOS_FORGE", "BOS_FORGE_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("BOS_FORGE_TOKEN", TOKEN)
    monkeypatch.setattr("bos_tools.doors.http.time.sleep", lambda _: None)


@pytest.fixture(params=["github", "gitlab", "gitea"])
def place(request, tmp_path, forge_token) -> Place:
    """A place on each forge in turn."""
    return Place(tmp_path, request.param)


@pytest.fixture
def hub(tmp_path, forge_token) -> Place:
    """A place on one forge, for what has nothing to do with which."""
    return Place(tmp_path, "github")
