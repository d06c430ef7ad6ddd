"""Where an environment's metrics are, and how full its file systems are by them."""

import os
import time
from typing import TYPE_CHECKING

from bos_tools.errors import OutsideError, Usage
from bos_tools.verbs.options import Option

if TYPE_CHECKING:
    from bos_tools.doors.prometheus import Prometheus
    from bos_tools.tree.layout import Tree
    from bos_tools.verbs.session import Tell

PROMETHEUS = Option(
    "Where the metrics are; default: BOS_PROMETHEUS, then `prometheus` of environment.yaml. "
    "BOS_PROMETHEUS_TOKEN is sent to the first two alone.",
    ("--prometheus",),
)


def server(tree: "Tree", env: str, named: str | None) -> "Prometheus":
    """Return the Prometheus of an environment; raises Usage where nothing names it."""
    from bos_tools.doors.prometheus import Prometheus
    from bos_tools.tree.layout import environment_file

    facts = tree.environment(env)
    given = named or os.environ.get("BOS_PROMETHEUS")
    url = given or facts.prometheus
    if not url:
        raise Usage(
            f"nothing names the Prometheus of {env}",
            reason="no-prometheus",
            hint=f"--prometheus URL, BOS_PROMETHEUS, or `prometheus:` in {environment_file(env)}",
        )
    token = os.environ.get("BOS_PROMETHEUS_TOKEN") if given else None  # whoever writes the repository gets none
    return Prometheus(url, token, labels=facts.prometheus_labels)


def usage(tree: "Tree", env: str, named: str | None, namespace: str, tell: "Tell") -> dict[str, dict[str, float]]:
    """Return the bytes used, available and in all of each claim's file system, as far as metrics are there."""
    from bos_tools.storage.usage import latest

    try:
        with server(tree, env, named) as asked:
            return latest(asked, namespace, time.time())
    except Usage as error:
        if error.reason != "no-prometheus":
            raise
    except OutsideError as error:
        tell(f"no metrics: {error.message}")
    return {}
