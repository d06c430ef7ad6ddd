"""Commands that learn how to answer even from words that can't be read: an error is JSON where JSON is asked for."""

from typing import Any

from typer.core import TyperCommand, TyperGroup


class TolerantCommand(TyperCommand):
    """A command whose words may be wrong."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words; of wrong ones, hear what can be heard before the complaint."""
        said = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception:
            _hear(self, ctx, said)
            raise


class TolerantGroup(TyperGroup):
    """A group of commands whose words may be wrong, the name of the command too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words before the command."""
        said = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception:
            _hear(self, ctx, said)
            raise

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command."""
        said = list(args)
        try:
            return super().resolve_command(ctx, args)
        except Exception:
            ctx.obj.hear({name: value for name, value in ctx.params.items() if was_said(ctx, name)})
            _hear(self, ctx, said)
            raise


def was_said(ctx: Any, name: str) -> bool:
    """Tell whether an option stands on the command line, whatever its value."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _hear(command: Any, ctx: Any, words: list[str]) -> None:
    """Let the call know the common options that the parser finds among the words."""
    ctx.resilient_parsing = ctx.ignore_unknown_options = ctx.allow_interspersed_args = True
    values, _, _ = command.make_parser(ctx).parse_args(words)
    ctx.obj.hear(values)
