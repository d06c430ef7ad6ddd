"""An Argo CD for tests at the network's door: it keeps applications and projects, and fails as it is told."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx2

from harness import ROOT

COMMIT, OLDER = "a" * 40, "b" * 40
TIMES = ("2026-11-25T01:00:00Z", "2026-11-25T01:00:10Z", "2026-11-25T01:00:20Z")
ENVIRONMENT = """\
environment: dev
cluster: https://kubernetes.default.svc
namespace: buildingos
argocd:
  server: https://argocd.example.com
  namespace: argocd
  repoURL: https://git.example.com/bos.git
  revision: main
  project: buildingos-dev
"""
SHARED = {
    str(path.relative_to(ROOT)): path.read_text()
    for name in ("application", "prune-confirm")
    for path in sorted((ROOT / "base/components" / name).glob("*.yaml"))
}
"""The components that all Applications share, as this repository has them."""
CLOCK = count(60)
Answer = httpx2.Response | Exception
Fault = Callable[[httpx2.Request], Answer | None]


def error(status: int, message: str, code: int = 0, headers: dict[str, str] | None = None) -> httpx2.Response:
    """Return an answer as Argo CD words its errors."""
    body = {"error": message, "code": code, "message": message}
    return httpx2.Response(status, json=body, headers=headers)


def application(name: str = "dev-backend", project: str = "buildingos-dev", **status: Any) -> dict[str, Any]:
    """Return an application that is live, except for what is said otherwise."""
    operation = {
        "phase": "Succeeded", "message": "successfully synced", "startedAt": TIMES[0], "finishedAt": TIMES[1],
        "syncResult": {"revision": COMMIT, "resources": []},
    }  # fmt: skip
    return {
        "metadata": {"name": name, "namespace": "argocd", "resourceVersion": "7",
                     "labels": {"buildingos.io/environment": "dev"}},
        "spec": {
            "project": project, "unknown": {"kept": True}, "syncPolicy": {"automated": {"enabled": True}},
            "source": {
                "repoURL": "https://git.example.com/bos.git", "targetRevision": "main",
                "path": f"overlays/dev/{name.removeprefix('dev-')}",
            },
        },
        "status": {
            "sync": {"status": "Synced", "revision": COMMIT}, "health": {"status": "Healthy"},
            "operationState": operation, "reconciledAt": TIMES[2], **status,
        },
    }  # fmt: skip


def managed(name: str, live: Any = "same", wanted: Any = "same") -> dict[str, str]:
    """Return one object of an application, as it is and as Git wants it."""
    sides = {"liveState": live, "targetState": wanted, "normalizedLiveState": live, "predictedLiveState": wanted}
    return {"kind": "Service", "namespace": "buildingos", "name": name} | {
        side: json.dumps(None if value is None else {"spec": value}) for side, value in sides.items()
    }


def reconcile(app: dict[str, Any], **status: Any) -> None:
    """Give an application a newer state: Argo CD has looked at it again."""
    now = datetime(2026, 11, 25, tzinfo=UTC) + timedelta(minutes=next(CLOCK))
    app["metadata"]["resourceVersion"] = f"{now.timestamp():.0f}"
    app["status"].update(reconciledAt=now.isoformat(), **status)


class FakeArgo:
    """What answers; `seen` has each call as `METHOD path`."""

    def __init__(self, *apps: dict[str, Any]) -> None:
        self.apps = {app["metadata"]["name"]: app for app in apps}
        self.projects: dict[str, Any] = {}
        self.managed: list[dict[str, str]] = [managed("backend")]
        self.nodes: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self.seen: list[str] = []
        self.bodies: list[Any] = []
        self.refreshed: Callable[[dict[str, Any]], None] = lambda app: None
        self.windows: dict[str, Any] = {"canSync": True}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = str(request.url.raw_path.decode()).removeprefix("/api/v1/")
        self.seen.append(f"{request.method} {path}")
        self.bodies.append(json.loads(request.content) if request.content else None)
        for fault in self.faults:
            answer = fault(request)
            if isinstance(answer, Exception):
                raise answer
            if answer is not None:
                return answer
        return self._answer(request.method, path)

    def _answer(self, method: str, path: str) -> httpx2.Response:
        resource, _, query = path.partition("?")
        kind, _, rest = resource.partition("/")
        if kind == "stream":
            lines = [json.dumps({"result": {"type": "MODIFIED", "application": app}}) for app in self.apps.values()]
            return httpx2.Response(200, content="\n".join(lines).encode() + b"\n")
        if kind == "applications":
            return self._application(method, rest, query)
        if kind == "projects":
            return self._project(method, rest)
        return httpx2.Response(200, json={"token": "session-token"} if kind == "session" else {})

    def _application(self, method: str, rest: str, query: str) -> httpx2.Response:
        name, _, part = rest.partition("/")
        if method == "POST" and not rest:
            body = self.bodies[-1]
            name = body["metadata"]["name"]
            self.apps[name] = {**application(name), **body}
            return httpx2.Response(200, json=self.apps[name])
        if not name:
            return httpx2.Response(200, json={"items": list(self.apps.values()) or None})
        app = self.apps.get(name)
        if app is None or (f"project={app['spec']['project']}" not in query and method == "GET"):
            return error(404, f'applications.argoproj.io "{name}" not found', 5)
        if part:
            parts = {
                "managed-resources": {"items": self.managed}, "resource-tree": {"nodes": self.nodes},
                "syncwindows": self.windows,
            }  # fmt: skip
            return httpx2.Response(200, json=parts.get(part, {}))
        if method == "PUT":
            self.apps[name] = {**app, **self.bodies[-1]}
        elif method == "DELETE":
            del self.apps[name]
        elif "refresh=" in query:
            self.refreshed(app)
        return httpx2.Response(200, json=self.apps.get(name, {}))

    def _project(self, method: str, rest: str) -> httpx2.Response:
        if rest.endswith("/token"):
            return httpx2.Response(200, json={"token": "project-token"})
        if method in ("POST", "PUT"):
            project = self.bodies[-1]["project"]
            self.projects[project["metadata"]["name"]] = project
            return httpx2.Response(200, json=project)
        found = self.projects.get(rest)
        return error(404, "not found", 5) if found is None else httpx2.Response(200, json=found)


def once(path: str, answer: Answer) -> Fault:
    """Return a fault that hits the first call whose path matches, and no later one."""
    left = [answer]

    def fault(request: httpx2.Request) -> Answer | None:
        if left and re.search(path, f"{request.method} {request.url.raw_path.decode()}"):
            return left.pop()
        return None

    return fault


def always(path: str, make: Callable[[], Answer]) -> Fault:
    """Return a fault that hits every call whose path matches."""

    def fault(request: httpx2.Request) -> Answer | None:
        return make() if re.search(path, f"{request.method} {request.url.raw_path.decode()}") else None

    return fault
