"""Read kubeconfigs as kubectl does: KUBECONFIG may name several files, and the first that says something wins.

Source: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/, "Merging".
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bos_tools.doors.kubernetes.plugin import Plugin
from bos_tools.errors import OutsideError

if TYPE_CHECKING:
    from lightkube.config.kubeconfig import SingleConfig

HINT = "name one with --kubeconfig and --context, or set KUBECONFIG"
DEFAULT = "~/.kube/config"
PATHS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
"""What names a file, from the folder of the kubeconfig that says it."""
TOLD = ("server", "tls-server-name", "proxy-url", "insecure-skip-tls-verify", "certificate-authority-data")
PARTS = {"clusters": "cluster", "users": "user", "contexts": "context"}


@dataclass(frozen=True)
class Selected:
    """One context, and what the library does not read of it."""

    config: "SingleConfig"
    plugin: Plugin | None
    proxy: str | None
    where: str
    """The files that were looked at."""
    server_name: str | None = None
    """The name that the server's certificate is for, where it is not that of the address."""
    acts_as: tuple[tuple[str, str], ...] = ()
    """Headers that say as whom we ask: less than the login may is what is meant."""

    @property
    def user(self) -> str:
        """Return the user's name in the kubeconfig."""
        return self.config.context.user or "nobody"


def selected(named: str | None, context: str | None) -> Selected:
    """Return one context: of the kubeconfig named, of KUBECONFIG, of the pod's account, or of the user's own file.

    Raises OutsideError, without a word of what stands in it, for a file that can't be used.
    """
    files = [named] if named else [path for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    where = os.pathsep.join(files) or DEFAULT
    try:
        if not files and (account := _account()) is not None:
            return Selected(account, None, None, where)
        merged = _merged(files or [DEFAULT])
        return _chosen(merged, context, where)
    except OutsideError:
        raise
    except Exception as error:  # the library lets through whatever it meets in the file
        from lightkube.core.exceptions import ConfigError

        said = str(error) if isinstance(error, ConfigError) else f"it is no kubeconfig ({type(error).__name__})"
        raise unusable(where, said) from error


def _chosen(merged: "Merged", context: str | None, where: str) -> Selected:
    from lightkube.config.kubeconfig import KubeConfig
    from lightkube.config.models import User

    plugins = {name: user.pop("exec") for name, user in merged.parts["users"].items() if user.get("exec")}
    lists = {part: [{"name": n, PARTS[part]: v} for n, v in named.items()] for part, named in merged.parts.items()}
    found = KubeConfig.from_dict({**lists, "current-context": merged.current or None}, fname=merged.first).get(context)
    if found is None:
        raise unusable(where, "it names no context")
    cluster = merged.parts["clusters"][found.context.cluster]
    name = found.context.user
    plugin = Plugin(plugins[name], told(cluster)) if name in plugins else None
    user = found.user or User()
    acts_as = tuple(_impersonated(merged.parts["users"].get(name or "", {})))
    way = cluster.get("proxy-url"), where, cluster.get("tls-server-name")
    return Selected(found._replace(user=user), plugin, *way, acts_as)


def _impersonated(user: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the headers for a user who acts as another one, as kubectl sends them."""
    if user.get("as"):
        yield "Impersonate-User", str(user["as"])
    if user.get("as-uid"):
        yield "Impersonate-Uid", str(user["as-uid"])
    for group in user.get("as-groups") or []:
        yield "Impersonate-Group", str(group)
    for key, values in (user.get("as-user-extra") or {}).items():
        for value in values:
            yield f"Impersonate-Extra-{quote(str(key), safe='')}", str(value)


def told(cluster: dict[str, Any]) -> dict[str, Any]:
    """Return what a plugin that asks for it is told of the cluster, in the words of ExecCredential."""
    return {key: cluster[key] for key in TOLD if cluster.get(key)}


def unusable(where: str, said: str) -> OutsideError:
    """Return the error about a kubeconfig."""
    return OutsideError(f"no cluster can be reached by {where}: {said}", reason="kubeconfig", hint=HINT)


def _account() -> "SingleConfig | None":
    from lightkube.config.kubeconfig import KubeConfig
    from lightkube.core.exceptions import ConfigError

    try:
        return KubeConfig.from_service_account().get()
    except ConfigError:
        return None


@dataclass(frozen=True)
class Merged:
    """Several kubeconfigs as one: part to name to what it says; the first that says something wins."""

    parts: dict[str, dict[str, dict[str, Any]]]
    current: str
    first: Path


def _merged(files: list[str]) -> Merged:
    import yaml
    from lightkube.core.exceptions import ConfigError

    there = [path for path in (Path(file).expanduser() for file in files) if path.is_file()]
    if not there:
        raise ConfigError("there is no such file")
    parts: dict[str, dict[str, dict[str, Any]]] = {part: {} for part in PARTS}
    current = ""
    for path in there:
        said = yaml.safe_load(path.read_text()) or {}
        current = current or said.get("current-context") or ""
        for part, inner in PARTS.items():
            for entry in said.get(part) or []:
                parts[part].setdefault(entry["name"], _absolute(entry[inner], path.parent))
    return Merged(parts, current, there[0])


def _absolute(said: dict[str, Any] | None, folder: Path) -> dict[str, Any]:
    found = dict(said or {})
    return found | {key: str(folder / found[key]) for key in PATHS if found.get(key)}
