"""`bos-tools history`: hold the repository against the plan's rules."""
import typer
EXAMPLES=""
def history(context: typer.Context) -> None:
    """Check."""
