"""Commands by name, each made when it is called: no call imports or builds another's options."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


class Commands(Mapping[str, Any]):
    """The commands of a group, in the order of its help, as typer knows them once they are made."""

    def __init__(self, examples: str = "") -> None:
        self.examples = examples
        self._makers: dict[str, Callable[[], Any]] = {}
        self._made: dict[str, Any] = {}

    def add(self, name: str, make: Callable[[], Any]) -> None:
        """Name a command, and what makes it."""
        self._makers[name] = make

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
