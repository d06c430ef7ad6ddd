"""A project's own rules: Python files of its repository, which run only where whoever runs `check` says so.

Such a file is code of whoever wrote the commit, and nothing in the repository switches it on (decision 15).
"""

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from bos_tools.errors import RepositoryError
from bos_tools.review.registry import Fault, Rule
from bos_tools.review.table import RULES
from bos_tools.tree.layout import Tree
from bos_tools.tree.settings import SETTINGS
from bos_tools.tree.source import join

TABLE = "RULES"
"""What a file lists its rules in."""


def load(tree: Tree) -> list[Rule]:
    """Run the files that `[tool.bos-tools] rules` names, and return the rules that each lists in `RULES`.

    Raises RepositoryError for a file that is missing, outside of the repository or broken, and for an id that stands
    twice.
    """
    listed = dict(RULES)
    for path in tree.settings.rules:
        for rule in _of_file(tree, path):
            if rule.id in listed:
                raise _broken(path, f"a rule has this id already: {rule.id}, {listed[rule.id].title}")
            listed[rule.id] = replace(rule, judge=_guarded(path, rule))
    return [rule for identity, rule in listed.items() if identity not in RULES]


def _of_file(tree: Tree, path: str) -> Sequence[Rule]:
    if join("", path) != path or not path.endswith(".py"):
        raise RepositoryError(
            f"a file of rules is named by its path in the repository, and ends with .py: {path!a}",
            reason="malformed-settings",
            path=SETTINGS,
        )
    tree.source.real(path)  # a link that leads out of the repository is refused
    data = tree.source.read(path)
    if data is None:
        raise RepositoryError(f"`rules` names what does not exist: {path}", reason="missing-file", path=SETTINGS)
    module = ModuleType(path.removesuffix(".py").replace("/", "."))
    try:
        exec(compile(data, path, "exec"), vars(module))  # noqa: S102 -- asked for from outside of the repository
    except Exception as error:
        raise _broken(path, f"it does not run: {_words(error)}", _line(path, error)) from error
    rules = getattr(module, TABLE, None)
    if not isinstance(rules, (list, tuple)) or not all(isinstance(rule, Rule) for rule in rules):
        raise _broken(path, f"it has no list `{TABLE}` of rules")
    return rules


def _guarded(path: str, rule: Rule) -> Callable[[Any], Iterator[Fault]]:
    """Return the rule's function; what it falls over is its own bug, at its line, and none of ours."""

    def judge(subject: Any) -> Iterator[Fault]:
        try:
            yield from rule.judge(subject)
        except Exception as error:
            raise _broken(path, f"the rule {rule.id} falls over: {_words(error)}", _line(path, error)) from error

    return judge


def _broken(path: str, message: str, line: int = 0) -> RepositoryError:
    return RepositoryError(message, reason="own-rules", path=path, line=line)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _line(path: str, error: Exception) -> int:
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno or 0
    return next((f.lineno or 0 for f in reversed(traceback.extract_tb(error.__traceback__)) if f.filename == path), 0)
