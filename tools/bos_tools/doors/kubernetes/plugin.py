"""Ask a credential plugin of a kubeconfig who we are, as kubectl does.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/, "client-go credential plugins".
"""

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bos_tools.doors import process
from bos_tools.errors import CommandFailed, OutsideError, conceal

GROUP = "client.authentication.k8s.io"
VERSIONS = (f"{GROUP}/v1", f"{GROUP}/v1beta1")
PATIENCE = 60.0
"""Seconds for a plugin that asks nobody."""
PATIENCE_WITH_PEOPLE = 300.0
"""Seconds for one that asks the person at the terminal."""


@dataclass(frozen=True)
class Login:
    """What a plugin gave."""

    token: str | None
    certificate: str | None
    """PEM."""
    key: str | None

    def __repr__(self) -> str:
        return "Login()"


@dataclass(frozen=True)
class Plugin:
    """A command that knows who we are."""

    said: Mapping[str, Any]
    """The `exec` of a user."""
    cluster: Mapping[str, Any]
    """What the plugin is told of the cluster where it asks for that."""

    def ask(self) -> Login:
        """Run the plugin and return what it gives.

        Raises OutsideError, `kubeconfig`, without a word of what it printed, for anything else than a login.
        """
        version, command = self.said.get("apiVersion"), self.said.get("command")
        if version not in VERSIONS:
            raise _broken(f"the plugin speaks {version}, and {' and '.join(VERSIONS)} are known")
        if not isinstance(command, str) or not command:
            raise _broken("the plugin names no command")
        mode = self.said.get("interactiveMode") or ("IfAvailable" if version == VERSIONS[1] else "Never")
        has_person = mode != "Never" and sys.stdin is not None and sys.stdin.isatty()
        if mode == "Always" and not has_person:
            raise _broken(f"{command} must ask somebody, and there is no terminal")
        words = [command, *map(str, self.said.get("args") or [])]
        patience = PATIENCE_WITH_PEOPLE if has_person else PATIENCE
        try:
            result = process.run(
                words, env=self._environment(version, has_person=has_person), timeout=patience, asks=has_person
            )
        except CommandFailed as failed:
            raise _broken(f"{command} failed: {' '.join(failed.stderr.split())[:300] or failed.returncode}") from failed
        except OutsideError as error:
            hint = " ".join(str(self.said.get("installHint") or "").split())[:300]
            raise _broken(error.message, hint if error.reason == "program-missing" else "") from error
        return self._login(command, version, result.stdout)

    def _environment(self, version: str, *, has_person: bool) -> dict[str, str]:
        spec: dict[str, Any] = {"interactive": has_person}
        if self.said.get("provideClusterInfo"):
            spec["cluster"] = dict(self.cluster)
        info = {"apiVersion": version, "kind": "ExecCredential", "spec": spec}
        given = {str(one["name"]): str(one["value"]) for one in self.said.get("env") or []}
        return {**given, "KUBERNETES_EXEC_INFO": json.dumps(info), "LC_ALL": os.environ.get("LC_ALL", "")}

    def _login(self, command: str, version: str, stdout: bytes) -> Login:
        try:
            answer = json.loads(stdout)
            status = answer["status"]
            given = [status.get(key) for key in ("token", "clientCertificateData", "clientKeyData")]
            is_login = answer["kind"] == "ExecCredential" and all(
                value is None or isinstance(value, str) for value in given
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            is_login, given, answer = False, [], {}
        if not is_login or not (given[0] or (given[1] and given[2])):
            raise _broken(f"{command} printed no ExecCredential with a token, or a certificate and its key")
        if answer.get("apiVersion") != version:
            raise _broken(f"{command} answered in another version than {version}")
        conceal(*filter(None, (given[0], given[2])))
        return Login(*given)


def _broken(message: str, hint: str = "") -> OutsideError:
    return OutsideError(message, reason="kubeconfig", hint=hint)


def ended(certificate: bytes) -> datetime | None:
    """Return when a certificate in PEM or DER ended, None while it is good or can't be read.

    Its validity is the one sequence of two times (RFC 5280, section 4.1.2.5).
    """
    import ssl

    try:
        text = certificate.decode("ascii")
        begin = text.index("-----BEGIN CERTIFICATE-----")
        der = ssl.PEM_cert_to_DER_cert(text[begin : text.index("-----END CERTIFICATE-----", begin) + 25])
    except ValueError:
        der = certificate
    found = re.search(
        rb"\x30[\x1e-\x22](?:\x17\x0d\d{12}Z|\x18\x0f\d{14}Z)(?:\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z)", der
    )
    if found is None:
        return None
    short = (found[1] or b"").decode()
    century = "20" if short[:2] < "50" else "19"
    end = datetime.strptime(f"{century}{short}" if short else found[2].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return end if end < datetime.now(UTC) else None
