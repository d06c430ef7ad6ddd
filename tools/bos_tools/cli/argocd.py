"""`bos-tools argocd …`: from Git to the cluster."""

from collections.abc import Callable

import typer

from bos_tools.cli import argocd_look, argocd_register, argocd_wait

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

group = typer.Typer(
    help="Register environments with Argo CD, look at them, wait for them.", rich_markup_mode=None, no_args_is_help=True
)
_COMMANDS: dict[str, Callable[..., None]] = {
    "register": argocd_register.register,
    "unregister": argocd_register.unregister,
    "configure": argocd_register.configure,
    "token": argocd_register.token,
    "status": argocd_look.status,
    "sync": argocd_wait.sync,
    "wait": argocd_wait.wait,
    "diff": argocd_look.diff,
    "history": argocd_look.history,
    "open": argocd_look.open_page,
}
for _name, _command in _COMMANDS.items():
    group.command(_name, epilog=f"\b\nExamples:\n{EXAMPLES[_name]}")(_command)
