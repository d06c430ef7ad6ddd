"""From the fields of a verb's options to the words of a command line, and back."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

from bos_tools.cli.call import Call, Common
from bos_tools.cli.tolerant import TolerantCommand, TolerantGroup
from bos_tools.errors import Usage
from bos_tools.verbs.options import Argument, Option

Run = Callable[[Call, Any], None]


def command(group: typer.Typer, name: str, examples: str) -> Callable[[Run], Run]:
    """Make a command of a function of a call and the options that its second parameter declares."""

    def register(run: Run) -> Run:
        kind = list(get_type_hints(run).values())[1]
        epilog = f"\b\nExamples:\n{examples}"
        group.command(name, epilog=epilog, cls=TolerantCommand)(with_words(run, kind))
        return run

    return register


def group(help_: str) -> typer.Typer:
    """Return a group of commands; without one of them it shows its help."""
    made = typer.Typer(help=help_, cls=TolerantGroup, rich_markup_mode=None, no_args_is_help=True)
    common(made)
    return made


def common(typed: typer.Typer, extra: Sequence[inspect.Parameter] = ()) -> None:
    """Let a group take the common options before its command."""

    def before(context: typer.Context, **values: Any) -> None:
        _hear(context, values)

    _sign(before, [*(_parameter(field, note) for field, note in _leaves(Common)), *extra])
    typed.callback()(before)


def with_words(run: Run, kind: type) -> Callable[..., None]:
    """Return a function that typer can call: a parameter for each field, nested ones too, and the common ones."""
    leaves = {field.name: (field, note) for field, note in [*_leaves(kind), *_leaves(Common)]}

    def call(context: typer.Context, **values: Any) -> None:
        said = _hear(context, values)
        _refuse_idle(said, values, leaves)
        run(context.obj, _built(kind, values))

    call.__doc__, call.__name__ = run.__doc__, run.__name__
    _sign(call, [_parameter(field, note) for field, note in leaves.values()])
    return call


def _hear(context: typer.Context, values: Mapping[str, Any]) -> set[str]:
    """Take in the common options, and return the names of all that were said."""
    said = {name for name in values if _is_said(context, name)}
    call: Call = context.obj
    call.hear({field.name: values[field.name] for field in fields(Common) if field.name in said})
    call.command = context.command_path
    return said


def _sign(function: Callable[..., None], parameters: Sequence[inspect.Parameter]) -> None:
    """Give a function the parameters by which typer knows its options."""
    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    function.__signature__ = inspect.Signature([first, *parameters])  # type: ignore[attr-defined]  # inspect reads it
    function.__annotations__ = {each.name: each.annotation for each in [first, *parameters]}


def _leaves(kind: type) -> "Iterator[tuple[Field[Any], Any]]":
    """Yield each field with its annotation, those of a nested dataclass in its place, bound to what that one needs."""
    plain, hints = get_type_hints(kind), get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        if not is_dataclass(plain[field.name]):
            yield field, hints[field.name]
            continue
        outer = _said_of(hints[field.name])
        for inner, note in _leaves(plain[field.name]):
            yield inner, _bound(note, outer)


def _bound(note: Any, outer: Option | Argument) -> Any:
    """Return a field's annotation with what the field around it needs."""
    said = _said_of(note)
    if not isinstance(said, Option) or not isinstance(outer, Option):
        return note
    needs = said.needs or outer.needs
    return Annotated[_kind_of(note), replace(said, needs=needs, idle_with=(*said.idle_with, *outer.idle_with))]


def _kind_of(note: Any) -> Any:
    return get_args(note)[0] if get_origin(note) is Annotated else note


def _built(kind: type, values: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    return kind(
        **{
            field.name: _built(hints[field.name], values) if is_dataclass(hints[field.name]) else values[field.name]
            for field in fields(kind)
        }
    )


def _said_of(note: Any) -> Option | Argument:
    notes = get_args(note)[1:] if get_origin(note) is Annotated else ()
    return next((said for said in notes if isinstance(said, Option | Argument)), Option())


def _parameter(field: "Field[Any]", note: Any) -> inspect.Parameter:
    said, kind = _said_of(note), _kind_of(note)
    default = inspect.Parameter.empty if field.default is MISSING else field.default
    info: Any
    if isinstance(said, Argument):
        info = typer.Argument(metavar=said.metavar, help=said.help or None, show_default=False)
    else:
        shown = default is not inspect.Parameter.empty and default is not None
        info = typer.Option(*said.flags, help=said.help, metavar=said.metavar, min=said.min, show_default=shown)
    return inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info]
    )


def _is_said(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _refuse_idle(said: set[str], values: Mapping[str, Any], leaves: "Mapping[str, tuple[Field[Any], Any]]") -> None:
    """Refuse an option that would do nothing beside the others."""
    for name in sorted(said):
        option = _said_of(leaves[name][1])
        if not isinstance(option, Option):
            continue
        if option.needs and not any(values[need] for need in option.needs):
            *more, last = (_flag(need, leaves) for need in option.needs)
            needed = f"{', '.join(more)} or {last}" if more else last
            raise Usage(f"{_flag(name, leaves)} does nothing without {needed}", reason="usage")
        for other in option.idle_with:
            if values[other]:
                raise Usage(f"{_flag(name, leaves)} does nothing with {_flag(other, leaves)}", reason="usage")


def _flag(name: str, leaves: "Mapping[str, tuple[Field[Any], Any]]") -> str:
    option = _said_of(leaves[name][1])
    if isinstance(option, Argument):
        return str(option.metavar)
    flags = option.flags[0] if option.flags else f"--{name.replace('_', '-')}"
    return flags.partition("/")[0]
