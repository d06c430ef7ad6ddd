"""Gitea as the forge: one process with SQLite, an administrator `bot` and a token."""

import os
import re

from bos_tools.doors import process
from bos_tools.errors import CommandFailed, OutsideError
from bos_tools.sandbox.box import Box
from bos_tools.sandbox.modules import GITEA
from bos_tools.sandbox.ports import LOOPBACK
from bos_tools.sandbox.processes import Program

BOT = "bot"
SETTINGS = """\
RUN_MODE = prod
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = {host}
HTTP_PORT = {port}
ROOT_URL = http://{host}:{port}/
STATIC_ROOT_PATH = {static}
OFFLINE_MODE = true
DISABLE_SSH = true
[database]
DB_TYPE = sqlite3
PATH = {data}/gitea.db
[repository]
DEFAULT_BRANCH = main
[security]
INSTALL_LOCK = true
[service]
DISABLE_REGISTRATION = true
[webhook]
ALLOWED_HOST_LIST = loopback
[oauth2]
ENABLED = false
[log]
LEVEL = warn
"""


def program(box: Box) -> Program:
    """Return Gitea."""
    argv = (*_command(box), "web")
    return Program("gitea", argv, f"http://{box.address('gitea')}/api/healthz", _env(box))


def _command(box: Box) -> tuple[str, ...]:
    return (str(box.binaries.program(GITEA, "gitea")), "--config", box.path("gitea", "app.ini"))


def _env(box: Box) -> dict[str, str]:
    return {"GITEA_WORK_DIR": box.path("gitea"), "GITEA_CUSTOM": box.path("gitea", "custom")}


def start(box: Box) -> None:
    """Bring Gitea up, and make the bot and its token the first time."""
    _configure(box)
    box.ensure(program(box))
    if "forge" not in box.state.done:
        if not box.state.gitea_password:
            found = re.search(r"random password is '(.*)'", _create(box))
            if found is None:
                raise OutsideError("Gitea of the sandbox names no password", reason="sandbox-process")
            box.state.gitea_password = found[1]
            box.state.save(box.folder)
        words = ("generate-access-token", "--username", BOT, "--token-name", f"sandbox-{os.urandom(3).hex()}")
        box.state.gitea_token = _admin(box, *words, "--scopes", "all", "--raw").split()[-1]
        box.done("forge")


def _create(box: Box) -> str:
    words = (
        "create", "--username", BOT, "--email", f"{BOT}@example.com", "--admin",
        "--random-password", "--random-password-length", "24", "--must-change-password=false",
    )  # fmt: skip
    try:
        return _admin(box, *words)
    except CommandFailed as failed:
        if "already exists" not in failed.stderr:
            raise
    _admin(box, "delete", "--username", BOT, "--purge")  # made by a run that was killed before it put the password down
    return _admin(box, *words)


def _configure(box: Box) -> None:
    folder = box.folder / "gitea"
    folder.mkdir(exist_ok=True, mode=0o700)
    file = folder / "app.ini"
    text = SETTINGS.format(
        host=LOOPBACK, port=box.port("gitea"), static=box.binaries.entry(GITEA) / "source", data=folder
    )
    if file.exists():  # Gitea has added secrets of its own: only the port may have changed
        had = re.sub(r"(?m)^(HTTP_PORT = ).*$", rf"\g<1>{box.port('gitea')}", file.read_text())
        text = re.sub(r"(?m)^(ROOT_URL = ).*$", rf"\g<1>http://{box.address('gitea')}/", had)
    file.write_text(text)


def _admin(box: Box, *words: str) -> str:
    # Gitea writes Git's global settings: never those of the user, nor what a test points them at.
    env = {**_env(box), "HOME": box.path("home"), "GIT_CONFIG_GLOBAL": box.path("home", ".gitconfig")}
    return process.run([*_command(box), "admin", "user", *words], env=env).stdout.decode()
