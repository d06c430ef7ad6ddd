"""Argo CD's API: thin, one method a call, always with the project, or a missing application looks forbidden."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from bos_tools.doors.argocd.faults import SILENT, StaleVersion, code, may_retry, told, translated
from bos_tools.doors.argocd.models import Application, Data, Managed, Resource, Windows
from bos_tools.doors.argocd.watch import Watch
from bos_tools.doors.failures import HttpFailed, Unreachable, WrongAnswer
from bos_tools.doors.http import PATIENCE, Server
from bos_tools.errors import OutsideError, conceal

if TYPE_CHECKING:
    from bos_tools.doors.http import Transport

Built = TypeVar("Built")
WHO = "Argo CD"
RENDER_TIMEOUT = 120.0
"""Seconds for a call that makes the repo server fetch and render."""
REFRESH_TIMEOUT = 30.0
"""Seconds for a look at Git: what it needs is kept, so the next one is faster; without a controller none ends."""
REACH = 15.0
"""Seconds to go on trying to connect: a wrong address should not look like a hang."""
ABSENT = (403, 404)
"""How a missing application or project is answered, by what the user may see."""


class ArgoCD:
    """One Argo CD, as one user sees it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.url = server.url

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        token: str | None = None,
        user: tuple[str, str] | None = None,
        ca_file: str | None = None,
        insecure: bool = False,
        transport: "Transport | None" = None,
        patience: float = PATIENCE,
        seconds: float | None = None,
    ) -> "ArgoCD":
        """Connect with a token, or log in with a name and a password; TLS is verified unless told otherwise.

        With `seconds` every call goes on for so long from now on, whatever fails meanwhile, and none after them.
        Raises OutsideError when Argo CD can't be reached or does not take the password.
        """

        def server(headers: dict[str, str], until: float | None = None) -> Server:
            verify: bool | str = False if insecure else ca_file or True
            reach = min(patience, REACH)
            return Server(
                WHO, url, headers=headers, verify=verify, transport=transport, patience=patience, reach=reach,
                is_json=True, until=until,
            )  # fmt: skip

        door = server({})
        if seconds is not None:
            door.last(seconds)
        if token is None and user is not None:
            with told(f"to log in as {user[0]}"):
                conceal(user[1])
                body = {"username": user[0], "password": user[1]}
                answer = door.call("POST", "/api/v1/session", json=body)
                token = shaped(url, lambda: str(answer.data["token"]))
            door.close()
        return cls(server({"Authorization": f"Bearer {token}"} if token else {}, door.until))

    def close(self) -> None:
        """Let go of the connections."""
        self._server.close()

    def interrupt(self) -> None:
        """End the stream that another thread reads."""
        self._server.interrupt()

    def _call(self, what: str, method: str, path: str, *, query: Data | None = None, body: Any = None) -> Any:
        with told(what):
            timeout = None if method == "GET" else RENDER_TIMEOUT
            return self._raw(method, path, query=query, body=body, timeout=timeout)

    def _raw(
        self,
        method: str,
        path: str,
        *,
        query: Data | None = None,
        body: Any = None,
        timeout: float | None = RENDER_TIMEOUT,
        waits: str = "",
    ) -> Any:
        asked = f"/api/v1/{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        return self._server.call(method, asked, json=body, retry=may_retry, timeout=timeout, what=waits).data

    def _shaped(self, build: Callable[[], Built]) -> Built:
        return shaped(self.url, build)

    def _absent_or(
        self, what: str, path: str, query: Data | None = None, *, timeout: float | None = None, waits: str = ""
    ) -> Any:
        """Return an answer, None where there is no such thing."""
        with told(what):
            try:
                return self._raw("GET", path, query=query, timeout=timeout, waits=waits)
            except HttpFailed as failed:
                if failed.status == 404:
                    return None
                raise

    # --- applications ---------------------------------------------------------------------------------

    def application(self, name: str, project: str) -> Application | None:
        """Return an application, None where there is none."""
        data = self._absent_or(f"about {name}", f"applications/{quote(name)}", {"project": project})
        return None if data is None else self._shaped(lambda: Application.model_validate(data))

    def refreshed(self, name: str, project: str) -> Application | None:
        """Return an application after Argo CD has looked at Git again, None where there is none.

        Raises OutsideError, `not-looked`, when it does not look.
        """
        what, query = f"to look at {name} again", {"project": project, "refresh": "normal"}
        try:
            data = self._absent_or(
                what, f"applications/{quote(name)}", query, timeout=REFRESH_TIMEOUT, waits="Argo CD to look at Git"
            )
        except Unreachable as lost:
            if lost.is_early:
                raise
            raise OutsideError(
                f"Argo CD was asked {what}, and did not: {lost.said}", reason="not-looked", hint=SILENT
            ) from lost
        return None if data is None else self._shaped(lambda: Application.model_validate(data))

    def is_hidden(self, name: str, project: str) -> bool:
        """Tell whether the user may not see an application, be it there or not."""
        try:
            self.application(name, project)
        except OutsideError as error:
            if error.reason == "forbidden":
                return True
            raise
        return False

    def watch(self, projects: Sequence[str], selector: str) -> Watch:
        """Return the events of some projects from now on; use it as a context."""
        return Watch(self, projects, selector)

    def applications(self, projects: Sequence[str], selector: str = "") -> list[Application]:
        """Return the applications of some projects that the user may see."""
        query = {"project": list(projects), **({"selector": selector} if selector else {})}
        data = self._call("to list applications", "GET", "applications", query=query)
        return self._shaped(lambda: Application.read(data))

    def owners(self) -> dict[str, str]:
        """Return the project of every application that the user may see, by name."""
        query = {"fields": "items.metadata.name,items.spec.project"}
        data = self._call("to list applications", "GET", "applications", query=query)
        return self._shaped(lambda: {one.name: one.project for one in Application.read(data)})

    def create(self, data: Data) -> None:
        """Create an application; Argo CD renders it and holds it against its project first."""
        name = data["metadata"]["name"]
        self._call(f"to create {name}", "POST", "applications", query={"validate": "true"}, body=data)

    def replace(self, data: Data) -> None:
        """Give an application this wish, these labels and annotations, and no others: `upsert` would leave old ones."""
        name, project = data["metadata"]["name"], data["spec"]["project"]
        query = {"validate": "true", "project": project}
        self._call(f"to change {name}", "PUT", f"applications/{quote(name)}", query=query, body=data)

    def delete(self, name: str, project: str, *, cascade: bool = False) -> None:
        """Delete an application; its workloads stay unless `cascade` is said."""
        query = {"project": project, "cascade": str(cascade).lower(), "propagationPolicy": "foreground"}
        if not cascade:
            del query["propagationPolicy"]
        # an empty body, for Argo CD takes no call without a content type
        self._call(f"to delete {name}", "DELETE", f"applications/{quote(name)}", query=query, body={})

    def terminate(self, name: str, project: str) -> None:
        """End a running sync; what it did stays, and what it waits to delete is not deleted."""
        path = f"applications/{quote(name)}/operation"
        self._call(f"to end the sync of {name}", "DELETE", path, query={"project": project}, body={})

    def sync(self, name: str, project: str, *, prune: bool = True) -> None:
        """Ask for a sync of what automatic sync would apply; waits for an operation that runs already."""
        body = {"name": name, "project": project, "prune": prune}
        self._call(f"to sync {name}", "POST", f"applications/{quote(name)}/sync", body=body)

    def approve(self, name: str, project: str, when: str) -> None:
        """Confirm what a sync wants to prune, at a time that is not before the sync."""
        patch = json.dumps({"metadata": {"annotations": {"argocd.argoproj.io/deletion-approved": when}}})
        body = {"name": name, "project": project, "patch": patch, "patchType": "merge"}
        self._call(f"to confirm the pruning of {name}", "PATCH", f"applications/{quote(name)}", body=body)

    def managed(self, name: str, project: str) -> list[Managed]:
        """Return every object of an application, as Git wants it and as it is."""
        path = f"applications/{quote(name)}/managed-resources"
        data = self._call(f"what {name} manages", "GET", path, query={"project": project})
        return self._shaped(lambda: Managed.read(data))

    def nodes(self, name: str, project: str) -> list[Resource]:
        """Return the tree of an application, flat: its objects and what they made, with the health of each."""
        path = f"applications/{quote(name)}/resource-tree"
        data = self._call(f"for the tree of {name}", "GET", path, query={"project": project})
        return self._shaped(lambda: [Resource.model_validate(one) for one in (data or {}).get("nodes") or []])

    def windows(self, name: str, project: str) -> Windows:
        """Return what the project's windows allow now; Argo CD's own `canSync` speaks of people alone."""
        path = f"applications/{quote(name)}/syncwindows"
        data = self._call(f"for the sync windows of {name}", "GET", path, query={"project": project})
        return self._shaped(lambda: Windows.model_validate(data or {}))

    @contextmanager
    def stream(self, projects: Sequence[str], selector: str, version: str = "") -> Iterator[Iterator[Data]]:
        """Lend the events of applications, from a version on: `{"type", "application"}`.

        Raises OutsideError for an error inside of the stream, StaleVersion when the version is too old to go on from.
        """
        query = {"project": list(projects), "selector": selector, **({"resourceVersion": version} if version else {})}
        with self._server.lines(f"/api/v1/stream/applications?{urlencode(query, doseq=True)}") as lines:
            yield map(_event, filter(str.strip, lines))

    # --- projects, repositories, settings ---------------------------------------------------------------

    def project(self, name: str) -> Data | None:
        """Return a project, None where there is none."""
        data: Data | None = self._absent_or(f"about the project {name}", f"projects/{quote(name)}")
        return data

    def create_project(self, data: Data) -> None:
        """Create a project."""
        what = f"to create the project {data['metadata']['name']}"
        self._call(what, "POST", "projects", body={"project": data})

    def replace_project(self, data: Data) -> None:
        """Replace a project that was read before; raises OutsideError, `conflict`, when it has changed since."""
        name = data["metadata"]["name"]
        path = f"/api/v1/projects/{quote(name)}"
        with told(f"to change the project {name}"):
            self._server.call("PUT", path, json={"project": data})  # the same bytes would conflict again

    def create_token(self, project: str, role: str, seconds: int) -> str:
        """Return a new token of a project's role; 0 seconds stand for ever."""
        path = f"projects/{quote(project)}/roles/{quote(role)}/token"
        body = {"project": project, "role": role, "expiresIn": seconds}
        data = self._call(f"for a token of {project}", "POST", path, body=body)
        token = self._shaped(lambda: str(data["token"]))
        conceal(token)
        return token

    def add_repository(self, data: Data) -> None:
        """Tell Argo CD a repository and its credentials, in place of those that it had."""
        self._call(f"to add {data['repo']}", "POST", "repositories", query={"upsert": "true"}, body=data)

    def settings(self) -> Data:
        """Return Argo CD's settings, as far as everybody may see them."""
        data = self._call("for its settings", "GET", "settings")
        return self._shaped(lambda: dict(data))


def shaped(url: str, build: Callable[[], Built]) -> Built:
    """Return what an answer means; raises WrongAnswer for one that has another shape."""
    try:
        return build()
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # pydantic's own is a ValueError
        raise WrongAnswer(WHO, url, "something else than Argo CD would") from error


def _event(line: str) -> Data:
    """Return one event; an error comes as a line inside of a good answer."""
    try:
        said = json.loads(line)
    except ValueError as error:
        raise OutsideError(f"Argo CD's stream broke in a line: {line[:80]}", reason="broken-stream") from error
    if not isinstance(said, dict):
        raise OutsideError(f"Argo CD's stream broke in a line: {line[:80]}", reason="broken-stream")
    result = said.get("result")
    if isinstance(result, dict):
        return result
    wrong = said.get("error")
    wrong = wrong if isinstance(wrong, dict) else {}
    message = str(wrong.get("message", "nothing"))
    grpc = wrong.get("grpc_code") or wrong.get("code") or 0
    status = wrong.get("http_code")
    status = status if isinstance(status, int) else {16: 401, 7: 403, 5: 404}.get(grpc, 503)
    if status == 410 or "too old" in message:
        raise StaleVersion
    failed = HttpFailed(WHO, status, message, wrong)
    raise failed if may_retry(failed) or code(failed) == 14 else translated("for a stream", failed)
