"""From the fields of a verb's options to the words of a command line, and back."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, get_type_hints

import typer
from typer.main import get_command

from bos_tools.cli.call import Call, Common, Reporting
from bos_tools.cli.commands import Commands
from bos_tools.cli.completion import completer
from bos_tools.cli.leaves import Leaf, built, has_default, leaves, refuse_idle
from bos_tools.cli.tolerant import TolerantCommand, TolerantGroup, was_said
from bos_tools.verbs.options import Argument

Run = Callable[[Call, Any], None]


def command(commands: Commands, name: str, examples: str) -> Callable[[Run], Run]:
    """Make a command of a function of a call and the options that its second parameter declares."""

    def register(run: Run) -> Run:
        commands.add(name, lambda: one(name, with_words(run), examples))
        return run

    return register


def one(name: str, call: Callable[..., None], examples: str, purpose: str | None = None) -> Any:
    """Return a command of typer's of a function that has its parameters; the docstring stands for a missing purpose."""
    alone = typer.Typer(rich_markup_mode=None, add_completion=False)
    alone.command(name, help=purpose, epilog=_epilog(examples), cls=TolerantCommand)(call)
    return get_command(alone)


def group(purpose: str, commands: Commands) -> Any:
    """Return a group of typer's; without a command it shows its help."""
    below = _epilog(commands.examples) if commands.examples else None
    typed = typer.Typer(
        help=purpose, epilog=below, cls=TolerantGroup, rich_markup_mode=None, no_args_is_help=True, add_completion=False
    )
    common(typed)
    return filled(typed, commands)


def filled(typed: typer.Typer, commands: Commands) -> Any:
    """Return a group of typer's with its commands, of which none is made yet."""
    made: Any = get_command(typed)
    made.commands = commands
    return made


def _epilog(examples: str) -> str:
    return f"\b\nExamples:\n{examples}"


def common(typed: typer.Typer, extra: Sequence[inspect.Parameter] = ()) -> None:
    """Let a group take the common options before its command."""

    def before(context: typer.Context, **values: Any) -> None:
        _hear(context, values)

    _sign(before, [*map(_parameter, leaves(Reporting).values()), *extra])
    typed.callback()(before)


def with_words(run: Run, shared: type[Common] = Common) -> Callable[..., None]:
    """Return a function that typer can call: a parameter for each field, nested ones too, and the common ones."""
    kind = list(get_type_hints(run, localns=_Verbs()).values())[1]
    known = leaves(kind, shared)

    def call(context: typer.Context, **values: Any) -> None:
        said = _hear(context, values)
        context.obj.demand(known["output"].kind)
        refuse_idle(said, values, known)
        run(context.obj, built(kind, values))

    call.__doc__, call.__name__ = run.__doc__, run.__name__
    _sign(call, [_parameter(leaf) for leaf in known.values()])
    return call


class _Verbs(dict[str, Any]):
    """The verbs by name: an annotation in quotes loads the one whose options it means, when its command is made."""

    def __missing__(self, name: str) -> Any:
        try:
            return import_module(f"bos_tools.verbs.{name}")
        except ModuleNotFoundError as error:
            raise KeyError(name) from error


def _hear(context: typer.Context, values: Mapping[str, Any]) -> set[str]:
    """Take in the common options, and return the names of all that were said."""
    said = {name for name in values if was_said(context, name)}
    call: Call = context.obj
    call.hear({name: values[name] for name in leaves(Common).keys() & said})
    call.command = context.command_path
    return said


def _sign(function: Callable[..., None], parameters: Sequence[inspect.Parameter]) -> None:
    """Give a function the parameters by which typer knows its options."""
    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    function.__signature__ = inspect.Signature([first, *parameters])  # type: ignore[attr-defined]  # inspect reads it
    function.__annotations__ = {each.name: each.annotation for each in [first, *parameters]}


def _parameter(leaf: Leaf) -> inspect.Parameter:
    default = leaf.default if has_default(leaf) else inspect.Parameter.empty
    said = leaf.said
    complete = completer(leaf.name, said.offers) if said.offers is not None else None
    info: Any
    if isinstance(said, Argument):
        info = typer.Argument(metavar=said.metavar, help=said.help or None, show_default=False, autocompletion=complete)
    else:
        shown = has_default(leaf) and default is not None
        info = typer.Option(
            *said.flags, help=said.help, metavar=said.metavar, min=said.min, show_default=shown, autocompletion=complete
        )
    return inspect.Parameter(
        leaf.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[leaf.kind, info]
    )
