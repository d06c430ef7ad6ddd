"""A local cluster with Argo CD and a forge, as plain processes: for trying, and for tests against real servers.

>>> from bos_tools.sandbox import up
>>> sandbox = up(root, "dev")  # doctest: +SKIP
>>> sandbox.kubeconfig, sandbox.argocd_url, sandbox.argocd_token, sandbox.gitea_url, sandbox.gitea_token  # doctest: +SKIP
>>> sandbox.down()  # doctest: +SKIP
"""

from bos_tools.sandbox.sandbox import STANDINS, Health, Sandbox, down, find, logs, up

__all__ = ["STANDINS", "Health", "Sandbox", "down", "find", "logs", "up"]
