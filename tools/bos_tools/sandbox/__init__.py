"""A local cluster with Argo CD and a forge, as plain processes: for trying, and for tests against real servers.

>>> from bos_tools.sandbox import up
>>> sandbox = up(root, "dev")  # doctest: +SKIP
>>> sandbox.kubeconfig, sandbox.argocd_url, sandbox.gitea_url  # doctest: +SKIP
>>> sandbox.down()  # doctest: +SKIP
"""

from bos_tools.sandbox.folder import down
from bos_tools.sandbox.lifecycle import up
from bos_tools.sandbox.sandbox import Health, Sandbox, find
from bos_tools.sandbox.standins import STANDINS
from bos_tools.sandbox.state import folder_of

__all__ = ["STANDINS", "Health", "Sandbox", "down", "find", "folder_of", "up"]
