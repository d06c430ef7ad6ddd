"""The Prometheus HTTP API: instant and range queries, errors in our words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol, Self

from bos_tools.doors.answers import Answer
from bos_tools.doors.failures import HttpFailed
from bos_tools.doors.http import Server, address
from bos_tools.errors import OutsideError

PATIENCE = 10.0
"""Seconds over all tries of one query: someone waits for the answer."""
Point = tuple[float, float]
"""Seconds since 1970, and a value."""


@dataclass(frozen=True)
class Series:
    """What one series was, oldest first; samples that are no numbers are left out."""

    labels: Mapping[str, str]
    points: tuple[Point, ...]


class Asked(Protocol):
    """Where a query goes: the HTTP door, by what this module needs of it."""

    def call(self, method: str, path: str, *, params: Mapping[str, str | int | bool] | None = None) -> Answer:
        """Ask once, patiently."""

    def close(self) -> None:
        """Let go of the connections."""


class Prometheus:
    """A server that answers PromQL, as of https://prometheus.io/docs/prometheus/latest/querying/api/."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        server: Asked | None = None,
    ) -> None:
        self.url = address("Prometheus", url)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._server = server or Server("Prometheus", self.url, headers=headers, patience=PATIENCE, is_json=True)
        self._labels = dict(labels or {})
        self.warnings: list[str] = []
        """What the server said beside its answers: a part of the data may be missing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def where(self, namespace: str) -> str:
        """Return the matchers of a namespace in the cluster that is meant."""
        return ",".join(f"{name}={_quoted(value)}" for name, value in {**self._labels, "namespace": namespace}.items())

    def instant(self, query: str, at: float) -> list[Series]:
        """Return each series' value at a moment, in seconds since 1970."""
        found = self._ask("query", {"query": query, "time": f"{at:.3f}"}, "vector")
        return [_series(one, [one.get("value")]) for one in found]

    def range(self, query: str, start: float, end: float, step: float) -> list[Series]:
        """Return each series' values from `start` to `end`, one every `step` seconds."""
        asked = {"query": query, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}
        found = self._ask("query_range", asked, "matrix")
        return [_series(one, one.get("values")) for one in found]

    def _ask(self, what: str, params: dict[str, str], kind: str) -> list[dict[str, Any]]:
        try:
            said = self._server.call("GET", f"/api/v1/{what}", params=params).data
        except HttpFailed as failed:
            if failed.status == 404:
                raise self._is_none() from failed
            raise
        data = said.get("data") if isinstance(said, dict) and said.get("status") == "success" else None
        found = data.get("result") if isinstance(data, dict) and data.get("resultType") == kind else None
        if not isinstance(found, list) or not all(isinstance(series, dict) for series in found):
            raise self._is_none()
        warnings = said.get("warnings")
        self.warnings += [str(w) for w in warnings if str(w) not in self.warnings] if isinstance(warnings, list) else []
        return found

    def _is_none(self) -> OutsideError:
        return OutsideError(
            f"no Prometheus answers at this address: {self.url}",
            reason="not-prometheus",
            hint="the address is the one that /api/v1/query stands below",
        )


def _quoted(value: str) -> str:
    """Return a string as PromQL writes it, whose escapes are Go's."""
    return json.dumps(value, ensure_ascii=False)


def _series(one: dict[str, Any], pairs: Any) -> Series:
    try:
        points = [(float(moment), float(value)) for moment, value in pairs or ()]
        labels = {str(name): str(value) for name, value in (one.get("metric") or {}).items()}
    except (TypeError, ValueError, AttributeError) as error:
        raise OutsideError(
            "Prometheus answered something that is no series", reason="bad-answer", hint="is this its address"
        ) from error
    return Series(labels, tuple(point for point in points if isfinite(point[1])))
