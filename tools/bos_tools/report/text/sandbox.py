"""A sandbox: its addresses, its processes, what they say."""

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bos_tools.report.text.page import Page

if TYPE_CHECKING:
    from bos_tools.sandbox import Health
    from bos_tools.verbs.sandbox_down import Down
    from bos_tools.verbs.sandbox_env import Variables
    from bos_tools.verbs.sandbox_logs import Logs
    from bos_tools.verbs.sandbox_status import Status
    from bos_tools.verbs.sandbox_up import Up


def up(found: "Up", page: Page) -> None:
    """Show where everything is."""
    sandbox = found.sandbox
    already = "" if sandbox.changed else " already"
    page.words(f"the sandbox is up{already}: {sandbox.state.name}, {found.seconds:.1f} s")
    addresses = {"kubeconfig": str(sandbox.kubeconfig), "Argo CD": sandbox.argocd_url, "Gitea": sandbox.gitea_url}
    for what, url in addresses.items():
        if url:
            page.data(f"{what:<11} {url}")
    page.words(f'hint: eval "$(bos-tools sandbox env{found.which.flags})"')


def status(found: "Status", page: Page) -> None:
    """Show each process, and what is a stand-in."""
    page.table([_process(process) for process in found.processes], head=["PROCESS", "STATE", "PORT", "PID", "SINCE"])
    page.data("")
    page.table(list(found.stand_ins.items()), head=["STAND-IN", "WHAT IT MEANS"])


def _process(health: "Health") -> list[str]:
    state = "healthy" if health.is_healthy else "sick" if health.pid else "dead"
    since = datetime.fromtimestamp(health.since, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if health.since else "-"
    return [health.name, state, str(health.port), str(health.pid or "-"), since]


def logs(found: "Logs", page: Page) -> None:
    """Show lines, with the name of their process where there are several."""
    for name, lines in found.lines.items():
        for line in lines:
            page.data(line if found.is_one else f"{name}: {line}")


def variables(found: "Variables", page: Page) -> None:
    """Show what a shell evaluates."""
    for name, value in found.values.items():
        page.data(f"export {name}={shlex.quote(value)}")


def down(found: "Down", page: Page) -> None:
    """Say that it is down."""
    page.words(f"the sandbox is {'down' if found.was_there else 'down already'}: {found.name}")
