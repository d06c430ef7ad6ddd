"""The contract of `bos-tools status`."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from bos_tools.verbs.status import Status as Found


class Image(TypedDict):
    """An image that a service runs."""

    name: str
    version: str
    digest: str | None
    differs: bool
    """From the environment before."""


class Claim(TypedDict):
    """A claim of a service."""

    name: str
    size: str
    differs: bool


class Service(TypedDict):
    """A service in one environment."""

    service: str
    env: str
    images: list[Image]
    claims: list[Claim]


class Broken(TypedDict):
    """What can't be read."""

    path: str
    line: int | None
    message: str


class Status(TypedDict):
    """The state of environments, in promotion order."""

    environments: list[str]
    services: list[Service]
    broken: list[Broken]


def document(status: "Found") -> Status:
    """Return the contract of a state."""
    services: dict[tuple[str, str], Service] = {}
    for value in status.state.values:
        new: Service = {"service": value.service, "env": value.env, "images": [], "claims": []}
        entry = services.setdefault((value.service, value.env), new)
        if value.field == "image":
            image: Image = {
                "name": value.name, "version": value.value, "digest": value.digest, "differs": value.differs
            }  # fmt: skip
            entry["images"].append(image)
        else:
            entry["claims"].append({"name": value.name, "size": value.value, "differs": value.differs})
    broken: list[Broken] = [
        {"path": error.path, "line": error.line or None, "message": error.message} for error in status.state.broken
    ]
    return {"environments": list(status.environments), "services": list(services.values()), "broken": broken}
