"""Forges at the network door: their API as their OpenAPI descriptions have it, held in memory."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import jsonschema_rs

CONTRACTS = Path(__file__).parent / "contracts"
PREFIX = {"github": "", "gitlab": "/api/v4", "gitea": "/api/v1"}
REMOTE = {
    "github": "https://github.com/team/gitops.git",
    "gitlab": "git@gitlab.com:team/sub/gitops.git",
    "gitea": "ssh://git@codeberg.org/team/gitops.git",
}
TOKEN = "secret-of-a-forge"


class Drift(AssertionError):
    """Raised when a request or an answer is not as the contract has it."""


class Contract:
    """One forge's OpenAPI description."""

    def __init__(self, kind: str) -> None:
        self.paths = json.loads((CONTRACTS / f"{kind}.json").read_text())["paths"]

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any], dict[str, str]]:
        """Return the template, the operation and the values in the path."""
        for template, operations in self.paths.items():
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
            if (found := re.fullmatch(pattern, path)) and method.lower() in operations:
                return template, operations[method.lower()], found.groupdict()
        raise Drift(f"no such operation: {method} {path}")

    def check_request(
        self, operation: dict[str, Any], values: dict[str, str], query: dict[str, str], body: Any
    ) -> None:
        """Hold a request against its operation; what the operation does not name is a drift too."""
        known = {(p["in"], p["name"]): p for p in operation["parameters"]}
        for where, given in (("path", values), ("query", query)):
            for name, value in given.items():
                if (where, name) not in known:
                    raise Drift(f"no such parameter: {name}")
                schema = known[where, name]["schema"]
                typed = int(value) if value.isdigit() and "integer" in json.dumps(schema) else value
                _check(schema, typed, f"parameter {name}")
        if missing := {n for (w, n), p in known.items() if p["required"] and n not in {**values, **query}}:
            raise Drift(f"parameters missing: {missing}")
        if (body is not None) != ("requestBody" in operation):
            raise Drift("a body where none is taken, or none where one is")
        if body is not None:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            _check({**schema, "additionalProperties": False}, body, "body")

    def check_answer(self, operation: dict[str, Any], status: int, body: Any) -> None:
        """Hold an answer of ours against its operation."""
        if str(status) not in operation["responses"]:
            raise Drift(f"an answer that is not described: {status}")
        _check(operation["responses"][str(status)]["content"]["application/json"]["schema"], body, f"answer {status}")


def _check(schema: Any, value: Any, what: str) -> None:
    try:
        _validator(json.dumps(_nullable(schema))).validate(value)
    except jsonschema_rs.ValidationError as error:
        raise Drift(f"{what}: {error.message}") from error


@cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator(json.loads(schema))


def _nullable(schema: Any) -> Any:
    """Return OpenAPI 3.0's `nullable` in JSON Schema's words."""
    if isinstance(schema, list):
        return [_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _nullable(value) for key, value in schema.items() if key != "nullable"}
    return {**made, "type": [made["type"], "null"]} if schema.get("nullable") and "type" in made else made


class Pretend:
    """A forge with one repository; what it is asked and what it answers are held against its contract."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.contract = Contract(kind)
        self.pulls: list[dict[str, Any]] = []
        self.comments: list[tuple[int, str]] = []
        self.seen: list[tuple[str, str]] = []
        self.faults: list[httpx2.Response | Exception] = []
        """Answered first, one a request."""
        self.before_open: Any = None
        self.page_size: int | None = None

    @property
    def transport(self) -> httpx2.MockTransport:
        """Return what a client is given in place of a network."""
        return httpx2.MockTransport(self.handle)

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Return the requests that were no reading."""
        return [(method, path) for method, path in self.seen if method != "GET"]

    def open_now(self) -> list[dict[str, Any]]:
        """Return the open pull requests."""
        return [pull for pull in self.pulls if pull["open"]]

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        assert TOKEN in request.headers["authorization"]
        assert TOKEN not in str(request.url)
        path = request.url.raw_path.decode().partition("?")[0].removeprefix(PREFIX[self.kind])
        self.seen.append((request.method, path))
        body = json.loads(request.content) if request.content else None
        _, operation, values = self.contract.operation(request.method, path)
        query = dict(request.url.params)
        self.contract.check_request(operation, {name: unquote(value) for name, value in values.items()}, query, body)
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        status, answer, headers = self._answer(request.method, path, query, body, [*values.values()])
        self.contract.check_answer(operation, status, answer)
        return httpx2.Response(status, json=answer, headers=headers)

    def _answer(self, method: str, path: str, query: dict[str, str], body: Any, values: list[str]) -> Any:
        if method == "GET":
            return self._list(query)
        if path.endswith(("/comments", "/notes")):
            self.comments.append((int(values[-1]), body["body"]))
            return 201, {"id": 1, "body": body["body"], "html_url": "https://example.com/1"}, {}
        if method == "POST":
            return self._open(body)
        pull = self.pulls[int(values[-1]) - 1]
        pull["title"] = body.get("title", pull["title"])
        pull["body"] = body.get("body", body.get("description", pull["body"]))
        if body.get("state") == "closed" or body.get("state_event") == "close":
            pull["open"] = False
        return 201 if self.kind == "gitea" else 200, self._shown(pull), {}

    def _list(self, query: dict[str, str]) -> Any:
        base = query.get("base") or query.get("base_branch") or query.get("target_branch")
        found = [pull for pull in self.open_now() if pull["base"] == base]
        size = self.page_size or int(query.get("per_page") or query["limit"])
        page = int(query["page"])
        more = {"link": '<https://example.com/?page=2>; rel="next"'} if len(found) > page * size else {}
        return 200, [self._shown(pull) for pull in found[(page - 1) * size : page * size]], more

    def _open(self, body: Any) -> Any:
        if self.before_open:
            before, self.before_open = self.before_open, None
            before()
        head, base = body.get("head") or body["source_branch"], body.get("base") or body["target_branch"]
        if any(pull["head"] == head for pull in self.open_now()):
            said = {
                "github": {"message": "Validation Failed", "errors": [{"message": f"A pull request already exists for team:{head}."}]},
                "gitlab": {"message": ["Another open merge request already exists for this source branch: !1"]},
                "gitea": {"message": "pull request already exists for these targets"},
            }  # fmt: skip
            return 422 if self.kind == "github" else 409, said[self.kind], {}
        return 201, self._shown(self.add(head, base, body["title"], body.get("body") or body.get("description"))), {}

    def add(self, head: str, base: str, title: str, body: str | None, *, fork: bool = False) -> dict[str, Any]:
        """Open a pull request as if by hand."""
        body = body or "" if self.kind == "gitea" else body
        made = {
            "number": len(self.pulls) + 1,
            "head": head,
            "base": base,
            "title": title,
            "body": body,
            "open": True,
            "fork": fork,
        }
        self.pulls.append(made)
        return made

    def _shown(self, pull: dict[str, Any]) -> dict[str, Any]:
        number, state = pull["number"], "open" if pull["open"] else "closed"
        url = f"https://example.com/team/gitops/pulls/{number}"
        if self.kind == "gitlab":
            return {
                "iid": number, "title": pull["title"], "description": pull["body"], "state": state, "web_url": url,
                "source_branch": pull["head"], "target_branch": pull["base"], "target_project_id": 7,
                "source_project_id": 8 if pull["fork"] else 7,
            }  # fmt: skip
        repo = {"id": 7, "html_url": "https://example.com/team/gitops"}
        source = {**repo, "id": 8} if pull["fork"] else repo
        return {
            "id": number, "number": number, "title": pull["title"], "body": pull["body"], "state": state, "html_url": url,
            "head": {"ref": pull["head"], "sha": "0" * 40, "repo": source},
            "base": {"ref": pull["base"], "sha": "0" * 40, "repo": repo},
        }  # fmt: skip
