"""Read kubeconfigs as kubectl does: KUBECONFIG may name several files, and the first that says something wins.

Source: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/, "Merging".
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bos_tools.errors import OutsideError

if TYPE_CHECKING:
    from lightkube.config.kubeconfig import KubeConfig, SingleConfig

HINT = "name one with --kubeconfig and --context, or set KUBECONFIG"
PATHS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
"""What names a file, from the folder of the kubeconfig that says it."""
PARTS = {"clusters": "cluster", "users": "user", "contexts": "context"}


def selected(named: str | None, context: str | None) -> "SingleConfig":
    """Return one context: of the kubeconfig named, of KUBECONFIG, of the pod's account, or of the user's own file.

    Raises OutsideError, without a word of what stands in it, for a file that can't be used.
    """
    files = [named] if named else [path for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    where = os.pathsep.join(files) or "~/.kube/config"
    try:
        found = (_merged(files) if files else _own()).get(context)
    except Exception as error:  # the library lets through whatever it meets in the file
        from lightkube.core.exceptions import ConfigError

        said = str(error) if isinstance(error, ConfigError) else f"it is no kubeconfig ({type(error).__name__})"
        raise unusable(where, said) from error
    if found is None:
        raise unusable(where, "it names no context")
    return found


def unusable(where: str, said: str) -> OutsideError:
    """Return the error about a kubeconfig."""
    return OutsideError(f"no cluster can be reached by {where}: {said}", reason="kubeconfig", hint=HINT)


def _own() -> "KubeConfig":
    from lightkube.config.kubeconfig import DEFAULT_KUBECONFIG, KubeConfig
    from lightkube.core.exceptions import ConfigError

    try:
        return KubeConfig.from_service_account()
    except ConfigError:
        return KubeConfig.from_file(DEFAULT_KUBECONFIG)


def _merged(files: list[str]) -> "KubeConfig":
    import yaml
    from lightkube.config.kubeconfig import KubeConfig
    from lightkube.core.exceptions import ConfigError

    there = [path for path in (Path(file).expanduser() for file in files) if path.is_file()]
    if not there:
        raise ConfigError("there is no such file")
    merged: dict[str, Any] = {part: {} for part in PARTS}
    current = ""
    for path in there:
        said = yaml.safe_load(path.read_text()) or {}
        current = current or said.get("current-context") or ""
        for part, inner in PARTS.items():
            for one in said.get(part) or []:
                merged[part].setdefault(one["name"], {"name": one["name"], inner: _absolute(one[inner], path.parent)})
    lists = {part: list(named.values()) for part, named in merged.items()}
    return KubeConfig.from_dict({**lists, "current-context": current or None}, fname=there[0])


def _absolute(said: dict[str, Any] | None, folder: Path) -> dict[str, Any]:
    found = dict(said or {})
    return found | {key: str(folder / found[key]) for key in PATHS if found.get(key)}
