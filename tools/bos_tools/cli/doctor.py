"""`bos-tools doctor`: hold the repository against the plan's rules."""
import typer
EXAMPLES=""
def doctor(context: typer.Context) -> None:
    """Check."""
