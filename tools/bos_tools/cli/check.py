"""`bos-tools check`: hold the repository against the plan's rules."""

import typer

EXAMPLES = ""


def check(context: typer.Context) -> None:
    """Check."""
