"""`bos-tools sandbox …`: a local cluster with Argo CD and a forge."""

import shlex
import shutil
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bos_tools.cli import output

if TYPE_CHECKING:
    from bos_tools.sandbox import Health, Sandbox

EXAMPLES = """\b
Examples:
  bos-tools sandbox up
  eval "$(bos-tools sandbox env)"
  bos-tools sandbox status
  bos-tools sandbox logs argocd-server --follow
  bos-tools sandbox down
"""
app = typer.Typer(
    help="Run a local cluster with Argo CD and a forge, as plain processes on loopback.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=EXAMPLES,
)
UP_EXAMPLES = """\b
Examples:
  bos-tools sandbox up
      dev: its nodes, Argo CD and Gitea; the first time builds them all, which is told beforehand
  bos-tools sandbox up --env prod --name prod --no-forge
      a second one beside it, with the nodes of prod
  eval "$(bos-tools sandbox env)"
      let kubectl and the other commands use it
"""
STATUS_EXAMPLES = """\b
Examples:
  bos-tools sandbox status
      what runs, since when, and what is a stand-in
  bos-tools sandbox status --name prod --output json
"""
LOGS_EXAMPLES = """\b
Examples:
  bos-tools sandbox logs
      the last lines of every process
  bos-tools sandbox logs argocd-server --follow
"""
ENV_EXAMPLES = """\b
Examples:
  eval "$(bos-tools sandbox env)"
      let kubectl and the other commands of this shell use it
  bos-tools sandbox env --name prod --output json
"""
DOWN_EXAMPLES = """\b
Examples:
  bos-tools sandbox down
  bos-tools sandbox down --name prod
"""
Name = Annotated[str, typer.Option("--name", "-n", help="Which sandbox.")]
Folder = Annotated[
    Path | None,
    typer.Option("--state", help="Where it keeps everything; default: below the cache folder.", show_default=False),
]
QUIET = 20.0
"""Seconds between two lines of progress where no terminal replaces one by the next."""


@app.command("up", epilog=UP_EXAMPLES)
def up(
    context: typer.Context,
    env: Annotated[
        str | None, typer.Option("--env", "-e", help="Whose nodes; default: the first environment.", show_default=False)
    ] = None,
    name: Name = "default",
    argocd: Annotated[bool, typer.Option("--argocd/--no-argocd", help="With Argo CD.")] = True,
    forge: Annotated[bool, typer.Option("--forge/--no-forge", help="With Gitea.")] = True,
    state: Folder = None,
    form: output.Output = output.Format.text,
) -> None:
    """Bring a sandbox up, or mend the one that is there."""
    from bos_tools.sandbox import up as bring_up

    started = time.monotonic()
    progress = Progress()
    try:
        sandbox = bring_up(
            context.obj.root, env, name, with_argocd=argocd, with_forge=forge, folder=state, tell=progress.tell
        )
    finally:
        progress.end()
    if form is output.Format.json:
        seconds = round(time.monotonic() - started, 1)
        output.document({**_summary(sandbox), "changed": sandbox.changed, "seconds": seconds})
        return
    already = "" if sandbox.changed else " already"
    output.words(f"the sandbox is up{already}: {sandbox.state.name}, {time.monotonic() - started:.1f} s")
    for what, url in _addresses(sandbox).items():
        output.data(f"{what:<11} {url}")
    output.words(f'hint: eval "$(bos-tools sandbox env{_flags(name, state)})"')


@app.command("status", epilog=STATUS_EXAMPLES)
def status(
    context: typer.Context, name: Name = "default", state: Folder = None, form: output.Output = output.Format.text
) -> None:
    """Show each process, its port, whether it is healthy and since when, and what is a stand-in."""
    from bos_tools.errors import OutsideError
    from bos_tools.sandbox import STANDINS, find

    sandbox = find(context.obj.root, name, folder=state)
    found = sandbox.health()
    sick = [health.name for health in found if not health.is_healthy]
    if form is output.Format.json:
        output.document(
            {
                **_summary(sandbox),
                "healthy": not sick,
                "processes": [_process(health) for health in found],
                "stand_ins": STANDINS,
            }
        )
    else:
        rows = [
            [
                h.name,
                "healthy" if h.is_healthy else "sick" if h.pid else "dead",
                f"{h.port}",
                f"{h.pid or '-'}",
                _since(h),
            ]
            for h in found
        ]
        output.table(rows, head=["PROCESS", "STATE", "PORT", "PID", "SINCE"])
        output.data("")
        output.table([[what, said] for what, said in STANDINS.items()], head=["STAND-IN", "WHAT IT MEANS"])
    if sick:
        raise OutsideError(
            f"processes of the sandbox are not healthy: {', '.join(sick)}",
            reason="sandbox-process",
            hint=f"bos-tools sandbox up{_flags(name, state)}",
        )


@app.command("logs", epilog=LOGS_EXAMPLES)
def logs(
    context: typer.Context,
    process: Annotated[str | None, typer.Argument(help="One process; default: all.", show_default=False)] = None,
    name: Name = "default",
    state: Folder = None,
    lines: Annotated[int, typer.Option(min=0, help="How many lines from the end.")] = 100,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", "-f", help="Go on as more is said.")] = False,
    form: output.Output = output.Format.text,
) -> None:
    """Show what the processes said."""
    from bos_tools.sandbox import find

    sandbox = find(context.obj.root, name, folder=state)
    names = [process] if process else [program.name for program in sandbox.programs]
    tails = {each: Tail(sandbox.log(each)) for each in names}
    said = {each: tail.last(lines) for each, tail in tails.items()}
    if form is output.Format.json:
        output.document(said)
        return
    while True:
        for each, more in said.items():
            for line in more:
                output.data(line if process else f"{each}: {line}")
        if not follow:
            return
        sys.stdout.flush()
        time.sleep(0.3)
        said = {each: tail.more() for each, tail in tails.items()}


@app.command("env", epilog=ENV_EXAMPLES)
def env(
    context: typer.Context, name: Name = "default", state: Folder = None, form: output.Output = output.Format.text
) -> None:
    """Print what kubectl and the other commands read from the environment, tokens included, for a shell."""
    from bos_tools.sandbox import find

    values = find(context.obj.root, name, folder=state).environ()
    if form is output.Format.json:
        output.document(values)
        return
    for variable, value in values.items():
        output.data(f"export {variable}={shlex.quote(value)}")


@app.command("down", epilog=DOWN_EXAMPLES)
def down(name: Name = "default", state: Folder = None, form: output.Output = output.Format.text) -> None:
    """End every process of a sandbox and remove its files."""
    from bos_tools.sandbox import down as take_down
    from bos_tools.sandbox import folder_of

    progress = Progress()
    try:
        was_there = take_down(folder_of(name, state), progress.tell)
    finally:
        progress.end()
    if form is output.Format.json:
        output.document({"name": name, "changed": was_there})
    else:
        output.words(f"the sandbox is {'down' if was_there else 'down already'}: {name}")


class Progress:
    """What is going on, on stderr: a terminal shows how far it has come in one line, a log in a line now and then."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._passing = False
        self._next = 0.0
        self._turn = threading.Lock()

    def tell(self, text: str) -> None:
        """Show what is going on now; the parts of a sandbox come up side by side."""
        from bos_tools.sandbox.progress import PASSING

        passing = text.startswith(PASSING)
        with self._turn:
            if self._live:
                self._take_back()
                shown = text[: shutil.get_terminal_size().columns - 1] if passing else f"{text}\n"
                sys.stderr.write(shown)
                sys.stderr.flush()
                self._passing = passing
            elif not passing or time.monotonic() >= self._next:
                self._next = time.monotonic() + QUIET if passing else self._next
                output.words(text)

    def end(self) -> None:
        """Leave the line to others."""
        with self._turn:
            self._take_back()

    def _take_back(self) -> None:
        if self._passing:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._passing = False


class Tail:
    """The end of a file that grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0

    def more(self) -> list[str]:
        """Return the lines that were added since the last look."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self._read)
                data = file.read()
        except OSError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        return whole.decode("utf-8", "replace").splitlines()

    def last(self, lines: int) -> list[str]:
        """Return the last lines that are there."""
        found = self.more()
        return found[-lines:] if lines else []


def _addresses(sandbox: "Sandbox") -> dict[str, str]:
    found = {"kubeconfig": str(sandbox.kubeconfig), "Argo CD": sandbox.argocd_url, "Gitea": sandbox.gitea_url}
    return {what: where for what, where in found.items() if where}


def _summary(sandbox: "Sandbox") -> dict[str, Any]:
    """Return what may be shown: addresses, and no secret."""
    return {
        "name": sandbox.state.name,
        "env": sandbox.state.env,
        "folder": str(sandbox.folder),
        "kubeconfig": str(sandbox.kubeconfig),
        "kubectl": str(sandbox.kubectl),
        "argocd": sandbox.argocd_url or None,
        "gitea": sandbox.gitea_url or None,
    }


def _process(health: "Health") -> dict[str, Any]:
    since = datetime.fromtimestamp(health.since, UTC).isoformat(timespec="seconds") if health.since else None
    return {"name": health.name, "port": health.port, "pid": health.pid, "healthy": health.is_healthy, "since": since}


def _since(health: "Health") -> str:
    return datetime.fromtimestamp(health.since, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if health.since else "-"


def _flags(name: str, state: Path | None) -> str:
    named = f" --name {name}" if name != "default" else ""
    return named + (f" --state {shlex.quote(str(state))}" if state else "")
