"""Which commands there are, and in which module each stands; a module is loaded when one of its commands is called."""

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from typing import Any

from bos_tools.cli import manual
from bos_tools.cli.call import Common
from bos_tools.cli.commands import Commands
from bos_tools.cli.options import group, one, with_words
from bos_tools.cli.tolerant import TolerantCommand, TolerantGroup

ALONE = {
    "bump": "Pin a service to a version: one line changes, and the render proves that it takes effect.",
    "status": "Show each service's version, digest and sizes by environment, "
    "and what differs from the environment before.",
    "render": "Print the manifests that Argo CD would apply.",
    "diff": "Show what changes in the render between two revisions: fields of objects, not lines of files.",
    "review": "Say what a change does to each environment, what is wrong with it, and what must be meant.",
    "history": "Show who pinned which version of a service, when, and by which commit.",
    "check": "Hold the repository against the plan's rules and Kustomize's silent no-ops; "
    "a finding has a file and a line.",
    "doctor": "Look for what this machine lacks, and name the command that mends it.",
}
"""The commands of no group, and what each is for: the function of its name in the module of its name.

`SHARED` of such a module has the common options where they are more than `Common`.
"""
GROUPS = {
    "pvc": "Look after the claims: what they have, and how they grow.",
    "secrets": "Look after the Secrets that the manifests read; their values never go through Git.",
    "argocd": "Register environments with Argo CD, look at them, wait for them.",
    "sandbox": "Run a local cluster with Argo CD and a forge, as plain processes on loopback.",
}
"""Each group's name, which is its module's too, and what it is for."""


class Root(TolerantGroup):
    """The program's own group; all others stand in it by name and purpose alone until they are called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, with all of its own."""
        name, found, rest = super().resolve_command(ctx, args)
        if name in GROUPS:
            return name, group(GROUPS[name], load(name)), rest
        return name, _alone(name) if name in ALONE else found, rest


def everything() -> Commands:
    """Return the commands of the program, as its help lists them."""
    listed = Commands()
    for name, purpose in ALONE.items():
        listed.add(name, partial(TolerantCommand, name=name, help=purpose))
    listed.add("help", partial(one, "help", manual.help_, manual.EXAMPLES))
    for name, purpose in GROUPS.items():
        listed.add(name, partial(TolerantGroup, name=name, help=purpose))
    return listed


def load(name: str) -> Commands:
    """Return the commands of a group."""
    found: Commands = import_module(f"bos_tools.cli.{name}").COMMANDS
    return found


def words() -> Iterator[str]:
    """Yield what calls each command, in the order of the help; those of a group after one another."""
    yield from (name for name in everything() if name not in GROUPS)
    for group_ in GROUPS:
        yield from (f"{group_} {name}" for name in load(group_))


def _alone(name: str) -> Any:
    module = import_module(f"bos_tools.cli.{name}")
    shared = getattr(module, "SHARED", Common)
    return one(name, with_words(getattr(module, name), shared), module.EXAMPLES, ALONE[name])
