"""`bos-tools pvc runbook`: what the tool refuses to do, with the real names filled in."""

import typer

from bos_tools.cli import output
from bos_tools.cli.pvc_grow import What, repository

EXAMPLES = """\b
Examples:
  bos-tools pvc runbook postgres-data --env prod
      how to move to a smaller claim, with the real names filled in
"""
RUNBOOK = ".github/runbooks/shrink-a-claim.md"


def runbook(
    context: typer.Context, what: What, env: output.Env = None, form: output.Output = output.Format.text
) -> None:
    """Print how to move a volume to a smaller claim, which the tool refuses to do, with the real names filled in."""
    from bos_tools.errors import RepositoryError
    from bos_tools.storage.volumes import find, holder
    from bos_tools.tree.quantity import written

    tree = repository(context)
    volume = find(tree, tree.environment_name(env), what)
    data = tree.source.read(RUNBOOK)
    if data is None:
        raise RepositoryError("the runbook is missing", reason="missing-file", path=RUNBOOK)
    text = data.decode()
    for word, name in (
        ("<env>", volume.unit.env), ("<service>", volume.unit.service), ("<volume>", volume.name),
        ("<claims>", " ".join(volume.claims) or f"-l cnpg.io/cluster={volume.owner}"),
        ("<claim>", (volume.claims or (volume.owner,))[0]), ("<namespace>", volume.namespace or "default"),
        ("<owner>", holder(tree.graph, volume)), ("<class>", volume.storage_class or "-"),
        ("<size>", written(volume.size)), ("<folder>", volume.unit.folder),
    ):  # fmt: skip
        text = text.replace(word, name)
    if form is output.Format.json:
        output.document({"volume": volume.name, "env": volume.unit.env, "runbook": text})
    else:
        output.data(text.rstrip("\n"))
