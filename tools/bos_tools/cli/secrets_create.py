"""`bos-tools secrets create`: write values into the cluster, from prompts, files, a command, or made at random."""

from typing import Annotated

import typer

from bos_tools.cli import output, secrets_given
from bos_tools.cli.pvc_grow import Context, Kubeconfig
from bos_tools.cli.secrets_look import Needs

EXAMPLES = """\b
Examples:
  bos-tools secrets create --env dev --generate
      make all that is missing and can be made, and ask for the rest
  bos-tools secrets create swr-cred --username puller
      the login of the private registry; the password is asked for
  bos-tools secrets create postgres-backup --from-command "pass show buildingos/{env}/{secret}/{key}"
  bos-tools secrets create nodered-secret/admin-hash --rotate --from-file admin-hash=password.txt
"""


def create(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SECRET[/KEY]]...", help="Which; default: all that is missing.", show_default=False),
    ] = None,
    env: output.Env = None,
    generate: Annotated[
        bool, typer.Option("--generate", help="Make at random what can be, and ask for the rest.")
    ] = False,
    from_file: Annotated[
        list[str] | None,
        typer.Option(metavar="[SECRET/]KEY=PATH", help="Read a value from a file, `-` for stdin.", show_default=False),
    ] = None,
    from_command: Annotated[
        str | None,
        typer.Option(
            help="Run it for each value; {env}, {secret} and {key} stand for what is wanted.", show_default=False
        ),
    ] = None,
    registry: Annotated[
        str | None, typer.Option(help="The registry of the login; default: that of the pins.", show_default=False)
    ] = None,
    username: Annotated[str | None, typer.Option(help="The user of the login.", show_default=False)] = None,
    rotate: Annotated[bool, typer.Option("--rotate", help="Replace what is named, and what is made of it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which keys would be written.")] = False,
    kubeconfig: Kubeconfig = None,
    cluster: Context = None,
    form: output.Output = output.Format.text,
) -> None:
    """Write the Secrets that are missing into the cluster; a value that is there stays, and none is ever shown."""
    import secrets

    from bos_tools.doors.kubernetes.client import Cluster
    from bos_tools.doors.kubernetes.secrets import put
    from bos_tools.intents import secret_values

    needs = Needs.of(context.obj.root, env)
    connected = Cluster.connect(kubeconfig, cluster)
    held = needs.held(connected)
    pairs = secret_values.due(needs.pairs, names or [], held, rotate=rotate)
    if dry_run:
        made = {name: [key for owner, key in pairs if owner == name] for name, _ in pairs}
    else:
        given = secrets_given.files(from_file or [], pairs)
        source = secrets_given.command(from_command, needs.env) if from_command else secrets_given.prompt
        for pair in secret_values.askable(pairs, given, generate=generate):
            given |= secrets_given.answer(pair, source, lambda: needs.registry(registry), username)
        values = secret_values.values(pairs, given, held, lambda length: secrets_given.drawn(secrets.choice, length))
        made = {}
        for name, _ in pairs:
            new = {key: value for (owner, key), value in values.items() if owner == name}
            if name not in made:
                made[name] = put(connected, needs.namespace, name, secret_values.type_of(name), new, replace=rotate)
    if form is output.Format.json:
        rows = [{"secret": name, "keys": keys} for name, keys in made.items() if keys]
        where = {"env": needs.env, "namespace": needs.namespace, "cluster": connected.url}
        output.document({**where, "dry_run": dry_run, "written": rows})
        return
    for name, keys in made.items():
        if keys:
            output.data(f"{name}: {', '.join(keys)}")
    verb = "would be written" if dry_run else "written"
    count = sum(map(len, made.values()))
    output.words(f"{count} keys {verb} in {needs.namespace} at {connected.url}" if count else "nothing is missing")
