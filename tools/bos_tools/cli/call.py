"""One call of the program: how it answers, and the way from a result to stdout."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bos_tools.cli import console
from bos_tools.cli.display import Display
from bos_tools.cli.terminal import Terminal
from bos_tools.errors import Usage
from bos_tools.verbs.options import Option
from bos_tools.verbs.progress import Progress, Step
from bos_tools.verbs.session import Session

if TYPE_CHECKING:
    from bos_tools.report.text.page import Page
    from bos_tools.verbs.result import Result

R = TypeVar("R", bound="Result")


class Format(StrEnum):
    """How every command writes data."""

    text = "text"
    json = "json"


class Report(StrEnum):
    """How a review is written."""

    text = "text"
    json = "json"
    markdown = "markdown"
    sarif = "sarif"
    html = "html"
    junit = "junit"
    github = "github"


SAID = Option("How data is written to stdout.", ("--output", "-o"))


@dataclass(frozen=True)
class Common:
    """What may stand before a command and behind it; behind wins."""

    output: Annotated[Format, SAID] = Format.text
    repo: Annotated[Path | None, Option("The repository; default: the one around the current folder.")] = None
    verbose: Annotated[bool, Option("Show the traceback of a bug.", ("--verbose",))] = False


@dataclass(frozen=True)
class Reporting(Common):
    """The same of a command that knows the formats of other programs."""

    output: Annotated[Report, SAID] = Report.text  # type: ignore[assignment]  # the same words and more of them


class Call:
    """What the words of one command line ask for, as far as they are understood."""

    def __init__(self) -> None:
        self.session = Session(tell=self.tell, human=Terminal())
        self.command = "bos-tools"
        self.verbose = False
        self.format = Report.text
        self.display = Display()
        self._turn = Lock()

    def hear(self, values: Mapping[str, Any]) -> None:
        """Take in the common options that were said, as words or as values."""
        if values.get("output") is not None:
            self.format = next((one for one in Report if one == values["output"]), self.format)
        if values.get("repo") is not None:
            self.session.named = Path(values["repo"])
        self.verbose = bool(values.get("verbose")) or self.verbose

    @property
    def as_json(self) -> bool:
        """Tell whether stdout is one JSON document."""
        return self.format is Report.json

    def demand(self, formats: type[StrEnum]) -> None:
        """Raise Usage for a format that was said before a command that does not know it."""
        known = [str(one) for one in formats]
        if self.format not in known:
            raise Usage(
                f"{self.command} has no such format: {self.format}", reason="usage", hint=f"one of {', '.join(known)}"
            )

    def tell(self, event: object) -> None:
        """Say what goes on: words in every format, a step where the result is not JSON, progress as it moves."""
        with self._turn:  # some work goes on side by side
            if isinstance(event, Progress):
                self.display.show(event)
            elif isinstance(event, str):
                self._words(event)
            elif isinstance(event, Step) and not self.as_json:
                self._words(event.text)

    def _words(self, text: str) -> None:
        self.display.end()
        console.words(text)

    def show(self, result: R, text: "Callable[[R, Page], None]") -> None:
        """Show a part of what a command finds before it goes on; a JSON document says it all at the end."""
        if self.as_json:
            if result.stands:
                self._words(result.stands)
            return
        with self._telling(result):
            page = console.page()
            text(result, page)
            console.show(page)

    def report(
        self,
        result: R,
        text: "Callable[[R, Page], None]",
        document: Callable[[R], object],
        others: "Mapping[Report, Callable[[R, Page], None]]" = MappingProxyType({}),
    ) -> None:
        """Show a result in the format that is asked for, and end as it says.

        Raises the trouble that it names, and Exit for an answer that is a refusal.
        """
        if self.as_json:
            with self._telling(result):
                console.document(document(result))
            self.format = Report.text  # a document is one, and says itself what is wrong
        else:
            self.show(result, others.get(self.format, text))
        for note in result.notes:
            console.words(note)
        if result.trouble is not None:
            raise result.trouble
        if result.exit_code:
            raise typer.Exit(result.exit_code)

    @contextmanager
    def _telling(self, result: "Result") -> Iterator[None]:
        """Tell a result; what it did stands, and is said to be done, even where the rest can't be told."""
        self.display.end()
        try:
            yield
            sys.stdout.flush()
        except BaseException as error:
            if not result.stands:
                raise
            console.words(result.stands)
            if not isinstance(error, OSError):
                raise
            console.give_up()
            console.words(f"it can't be shown in full: {error.strerror}")
