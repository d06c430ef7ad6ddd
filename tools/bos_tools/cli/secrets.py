"""`bos-tools secrets …`: what the manifests read, what a cluster lacks, and its making; a value is never shown."""

from bos_tools.cli.call import Call
from bos_tools.cli.commands import Commands
from bos_tools.cli.options import command
from bos_tools.verbs import secrets_create, secrets_list, secrets_missing

COMMANDS = Commands()
LIST = """\
  bos-tools secrets list --env prod
      every Secret and key that prod reads, where its value comes from, and who reads it
  bos-tools secrets list --output json
"""
MISSING = """\
  bos-tools secrets missing --env prod --context prod
      what the cluster lacks; exit code 1 when it lacks something
  bos-tools secrets missing --output json
"""
CREATE = """\
  bos-tools secrets create --env dev --generate
      make all that is missing and can be made, and ask for the rest
  bos-tools secrets create swr-cred --username puller
      the login of the private registry; the password is asked for
  bos-tools secrets create postgres-backup --from-command "pass show buildingos/{env}/{secret}/{key}"
  bos-tools secrets create nodered-secret/admin-hash --rotate --from-file admin-hash=password.txt
"""


@command(COMMANDS, "list", LIST)
def list_(call: Call, options: secrets_list.Options) -> None:
    """Show each Secret and key that an environment reads, where its value comes from, and who reads it."""
    from bos_tools.report.json import secrets as document
    from bos_tools.report.text import secrets as text

    call.report(secrets_list.run(call.session, options), text.needed, document.needed)


@command(COMMANDS, "missing", MISSING)
def missing(call: Call, options: secrets_missing.Options) -> None:
    """Name each Secret and key that an environment reads and its cluster lacks; exit code 1 when there is one."""
    from bos_tools.report.json import secrets as document
    from bos_tools.report.text import secrets as text

    call.report(secrets_missing.run(call.session, options), text.missing, document.missing)


@command(COMMANDS, "create", CREATE)
def create(call: Call, options: secrets_create.Options) -> None:
    """Write the Secrets that are missing into the cluster; a value that is there stays, and none is ever shown."""
    from bos_tools.report.json import secrets as document
    from bos_tools.report.text import secrets as text

    call.report(secrets_create.run(call.session, options), text.written, document.written)
