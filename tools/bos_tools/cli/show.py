"""x"""
import typer
STATUS_EXAMPLES=RENDER_EXAMPLES=DIFF_EXAMPLES=""
def status(context: typer.Context) -> None:
    """Check."""
def render(context: typer.Context) -> None:
    """Check."""
def diff(context: typer.Context) -> None:
    """Check."""
