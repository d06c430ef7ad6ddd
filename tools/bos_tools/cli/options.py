"""From the fields of a verb's options to the words of a command line, and back."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, get_type_hints

import typer

from bos_tools.cli.call import Call, Common
from bos_tools.cli.completion import completer
from bos_tools.cli.leaves import Leaf, built, has_default, leaves, refuse_idle
from bos_tools.cli.tolerant import TolerantCommand, TolerantGroup, was_said
from bos_tools.verbs.options import Argument

Run = Callable[[Call, Any], None]


def command(group: typer.Typer, name: str, examples: str) -> Callable[[Run], Run]:
    """Make a command of a function of a call and the options that its second parameter declares."""

    def register(run: Run) -> Run:
        kind = list(get_type_hints(run).values())[1]
        group.command(name, epilog=epilog(examples), cls=TolerantCommand)(with_words(run, kind))
        return run

    return register


def epilog(examples: str) -> str:
    """Return what stands below a command's options."""
    return f"\b\nExamples:\n{examples}"


def group(help_: str, examples: str = "") -> typer.Typer:
    """Return a group of commands; without one of them it shows its help."""
    below = epilog(examples) if examples else None
    made = typer.Typer(
        help=help_, epilog=below, cls=TolerantGroup, rich_markup_mode=None, no_args_is_help=True, add_completion=False
    )
    common(made)
    return made


def common(typed: typer.Typer, extra: Sequence[inspect.Parameter] = ()) -> None:
    """Let a group take the common options before its command."""

    def before(context: typer.Context, **values: Any) -> None:
        _hear(context, values)

    _sign(before, [*map(_parameter, leaves(Common).values()), *extra])
    typed.callback()(before)


def with_words(run: Run, kind: type) -> Callable[..., None]:
    """Return a function that typer can call: a parameter for each field, nested ones too, and the common ones."""
    known = leaves(kind, Common)

    def call(context: typer.Context, **values: Any) -> None:
        said = _hear(context, values)
        refuse_idle(said, values, known)
        run(context.obj, built(kind, values))

    call.__doc__, call.__name__ = run.__doc__, run.__name__
    _sign(call, [_parameter(leaf) for leaf in known.values()])
    return call


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
