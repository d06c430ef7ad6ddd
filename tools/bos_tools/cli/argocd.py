"""`bos-tools argocd …`: from Git to the cluster."""

import typer

from bos_tools.cli.call import Call
from bos_tools.cli.commands import Commands
from bos_tools.cli.options import command
from bos_tools.verbs import (
    argocd_configure,
    argocd_diff,
    argocd_history,
    argocd_open,
    argocd_register,
    argocd_status,
    argocd_sync,
    argocd_terminate,
    argocd_token,
    argocd_unregister,
    argocd_wait,
)

COMMANDS = Commands()
EXAMPLES = {
    "register": """\
  bos-tools argocd register --env dev
      write the Applications to overlays/dev/argocd, print the diff and the proof
  bos-tools argocd register --env dev --push --apply
      land them, create the root through the API, wait until all are Synced and Healthy
  bos-tools argocd register --apply --repo-url http://127.0.0.1:3000/bos/gitops.git --skip-platform
      the same environment in a sandbox, without a commit
""",
    "unregister": """\
  bos-tools argocd unregister --env dev
      take dev out of Argo CD; its workloads go on
  bos-tools argocd unregister --env dev --delete-workloads --yes-delete dev
      and delete what runs, except for what is marked Delete=false: the claims and the namespace
""",
    "configure": """\
  bos-tools argocd configure --env dev --kubeconfig argocd.kubeconfig
      lay base/argocd over Argo CD's configuration: health checks, and a `default` project that allows nothing
""",
    "token": """\
  bos-tools argocd token --env dev --expires 30 --to bos-dev.token
      a token that may look and sync, good for 30 days, in a file that only you can read
""",
    "status": """\
  bos-tools argocd status --env prod
      versions in Git and live, sync, health, since when, and why not
  bos-tools argocd status backend --output json
""",
    "sync": """\
  bos-tools argocd sync backend --env dev
      sync now, and wait until it is live
  bos-tools argocd sync redis --env prod --confirm-prune
      let go of what Git no longer has
  bos-tools argocd sync root --env prod --confirm-prune
      the same of Applications that Git no longer has; what they run stays
""",
    "terminate": """\
  bos-tools argocd terminate --env prod
      end the syncs of older commits, which hold newer ones up; nothing is deleted
  bos-tools argocd terminate root --env prod
      end what the root does, of whichever commit
""",
    "wait": """\
  bos-tools argocd wait --env dev --revision HEAD
      until this commit is live in every service, at most 300 s
  bos-tools argocd wait backend --env prod --revision v1.0.1 --timeout 900
""",
    "diff": """\
  bos-tools argocd diff --env dev
      which fields are otherwise in the cluster than in Git; exit code 1 when there are any
  bos-tools argocd diff backend --output json
""",
    "history": """\
  bos-tools argocd history backend --env prod
      which commits were synced when
  bos-tools argocd history --output json
""",
    "open": """\
  bos-tools argocd open backend --env dev
      print the address of its page; `--browser` opens it
  bos-tools argocd open --output json
""",
}


@command(COMMANDS, "register", EXAMPLES["register"])
def register(call: Call, options: argocd_register.Options) -> None:
    """Write an environment's Applications to Git, and with --apply put them into Argo CD."""
    from bos_tools.report.json import argocd as document
    from bos_tools.report.json.change import document as contract
    from bos_tools.report.text import argocd as text
    from bos_tools.report.text import change

    landed = argocd_register.write(call.session, options)
    if not options.apply:
        call.report(landed, change.write, contract)
        return
    call.show(landed, change.write)
    call.report(argocd_register.apply(call.session, options, landed), text.registered, document.registered)


@command(COMMANDS, "unregister", EXAMPLES["unregister"])
def unregister(call: Call, options: argocd_unregister.Options) -> None:
    """Take an environment out of Argo CD; Git and, unless told so twice, the workloads stay."""
    from bos_tools.report.json import argocd as document
    from bos_tools.report.text import argocd as text

    call.report(argocd_unregister.run(call.session, options), text.unregistered, document.unregistered)


@command(COMMANDS, "configure", EXAMPLES["configure"])
def configure(call: Call, options: argocd_configure.Options) -> None:
    """Lay base/argocd over Argo CD's own configuration."""
    from bos_tools.report.json import argocd as document
    from bos_tools.report.text import argocd as text

    call.report(argocd_configure.run(call.session, options), text.configured, document.configured)


@command(COMMANDS, "token", EXAMPLES["token"])
def token(call: Call, options: argocd_token.Options) -> None:
    """Write a token for pipelines to a file; it may look and sync in one environment, and is never printed."""
    from bos_tools.report.json import argocd as document
    from bos_tools.report.text import argocd as text

    call.report(argocd_token.run(call.session, options), text.token, document.token)


@command(COMMANDS, "status", EXAMPLES["status"])
def status(call: Call, options: argocd_status.Options) -> None:
    """Show each part's version in Git and live, whether it is Synced and Healthy at which commit, and why not."""
    from bos_tools.report.json import argocd as document
    from bos_tools.report.text import argocd as text

    call.report(argocd_status.run(call.session, options), text.status, document.status)


@command(COMMANDS, "sync", EXAMPLES["sync"])
def sync(call: Call, options: argocd_sync.Options) -> None:
    """Sync services now: the way out when automatic sync has given up on a commit."""
    from bos_tools.report.json import argocd as document
    from bos_tools.report.text import argocd as text

    call.report(argocd_sync.run(call.session, options), text.live, document.live)


@command(COMMANDS, "terminate", EXAMPLES["terminate"])
def terminate(call: Call, options: argocd_terminate.Options) -> None:
    """End syncs that hold newer ones up; what they wait to delete stays."""
    from bos_tools.report.json import argocd as document
    from bos_tools.report.text import argocd as text

    call.report(argocd_terminate.run(call.session, options), text.terminated, document.terminated)


@command(COMMANDS, "wait", EXAMPLES["wait"])
def wait(call: Call, options: argocd_wait.Options) -> None:
    """Wait until services are live: their sync succeeded, their objects are Git's, and they work."""
    from bos_tools.report.json import argocd as document
    from bos_tools.report.text import argocd as text

    call.report(argocd_wait.run(call.session, options), text.live, document.live)


@command(COMMANDS, "diff", EXAMPLES["diff"])
def diff(call: Call, options: argocd_diff.Options) -> None:
    """Show which fields are otherwise in the cluster than in Git."""
    from bos_tools.report.json import argocd as document
    from bos_tools.report.text import argocd as text

    call.report(argocd_diff.run(call.session, options), text.diff, document.diff)


@command(COMMANDS, "history", EXAMPLES["history"])
def history(call: Call, options: argocd_history.Options) -> None:
    """Show which commits were synced when, and by whom."""
    from bos_tools.report.json import argocd as document
    from bos_tools.report.text import argocd as text

    call.report(argocd_history.run(call.session, options), text.history, document.history)


@command(COMMANDS, "open", EXAMPLES["open"])
def open_page(call: Call, options: argocd_open.Options) -> None:
    """Print the address of a service's page in Argo CD, or of the whole environment's."""
    from bos_tools.report.json import argocd as document
    from bos_tools.report.text import argocd as text

    page = argocd_open.run(call.session, options)
    call.report(page, text.opened, document.opened)
    if options.browser:
        typer.launch(page.url)
