"""Secrets by name and key; values are nowhere here."""

from typing import TYPE_CHECKING

from bos_tools.report.text.page import Page

if TYPE_CHECKING:
    from bos_tools.verbs.secrets_create import Written
    from bos_tools.verbs.secrets_list import Needed
    from bos_tools.verbs.secrets_missing import Missing


def needed(found: "Needed", page: Page) -> None:
    """Show each key, where its value comes from, and who reads it."""
    rows = [
        [*pair, key.how if key else "not in the contract", _users(found.needs.pairs[pair])]
        for pair, key in found.keys.items()
    ]
    page.table(rows, head=["SECRET", "KEY", "FROM", "USED BY"])


def missing(found: "Missing", page: Page) -> None:
    """Show each key that is missing, and who waits for it."""
    for pair in found.pairs:
        page.data(f"{'/'.join(pair)}  {_users(found.needs.pairs[pair])}")
    where, count = f"{found.needs.namespace} at {found.cluster}", len(found.needs.pairs)
    page.words(
        f"{len(found.pairs)} of {count} keys are missing in {where}"
        if found.pairs
        else f"all {count} keys are in {where}"
    )


def written(made: "Written", page: Page) -> None:
    """Show which keys were written."""
    for name, keys in made.keys.items():
        if keys:
            page.data(f"{name}: {', '.join(keys)}")
    verb = "would be written" if made.is_dry_run else "written"
    count = sum(map(len, made.keys.values()))
    where = f"{made.needs.namespace} at {made.cluster}"
    page.words(f"{count} keys {verb} in {where}" if count else "nothing is missing")


def _users(users: list[str]) -> str:
    return ", ".join(users) if len(users) <= 3 else f"{', '.join(users[:2])} and {len(users) - 2} more"
