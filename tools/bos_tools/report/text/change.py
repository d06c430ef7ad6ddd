"""A change: the diff of its files, its proof, and where it landed."""

from difflib import unified_diff
from typing import TYPE_CHECKING

from bos_tools.report.text.page import GREEN, RED, Page, Painted

if TYPE_CHECKING:
    from bos_tools.change.pipeline import Proposed
    from bos_tools.intents.plan import Effect, Plan
    from bos_tools.render.diff import Change
    from bos_tools.verbs.landing import Landed

SHORT = 12
"""Lines of a new file that are shown, such as a patch with a size; of a longer one the name is enough."""


def write(landed: "Landed", page: Page) -> None:
    """Show the files' diff and the proof, or say that all is so already."""
    outcome, plan = landed.outcome, landed.outcome.plan
    if not plan.files:
        said = ", ".join(_so_already(effect) for effect in plan.effects[:4])
        more = f" and {len(plan.effects) - 4} more" if len(plan.effects) > 4 else ""
        page.words(f"already so, in the files and in the render: {said}{more}")
        return
    _diff(plan, page)
    page.data("")
    page.data(f"proved in the render of {', '.join(outcome.proof.folders)}:")
    _effects(outcome.proof.changes, page)
    if outcome.pull_request:
        _pull_request(outcome.pull_request, page, is_done=not landed.is_dry_run)
    if landed.is_dry_run:
        page.words("dry run: nothing was written" + (f"; it would go to {outcome.where}" if outcome.where else ""))
    elif outcome.commit:
        page.words(landed.stands)
    if outcome.then:
        page.words(f"hint: {outcome.then}")


def _pull_request(proposed: "Proposed", page: Page, *, is_done: bool) -> None:
    which = f"pull request #{proposed.number}" if proposed.number else "a pull request"
    action = proposed.action if is_done or proposed.action == "unchanged" else f"would be {proposed.action}"
    page.data("")
    page.data(f"{which}, {action}: {proposed.url or proposed.branch}")
    for number in proposed.superseded:
        page.data(f"pull request #{number}, {'closed' if is_done else 'would be closed'}: this one supersedes it")


def _so_already(effect: "Effect") -> str:
    new = getattr(effect, "new", None) or effect.object  # type: ignore[union-attr]  # an image effect has `new`
    return f"{effect.unit.env}/{effect.unit.service} {new}"


def _diff(plan: "Plan", page: Page) -> None:
    for path, (old, new) in plan.files.items():
        before, after = ((side or b"").decode("utf-8", "replace").splitlines() for side in (old, new))
        if (old is None or new is None) and len(before or after) > SHORT:
            page.data(f"{'new file' if old is None else 'removed'}: {path}  ({len(before or after)} lines)")
            continue
        names = (f"a/{path}" if old is not None else "/dev/null", f"b/{path}" if new is not None else "/dev/null")
        for line in unified_diff(before, after, *names, lineterm="", n=1):
            colour = {"+": GREEN, "-": RED}.get(line[:1])
            page.data(Painted(line, colour) if colour and line[:3] not in ("+++", "---") else line)


def _effects(changes: "tuple[Change, ...]", page: Page) -> None:
    """Show each field that changes; an object that comes or goes as a whole is one line."""
    whole = {change.object: change for change in changes if change.field == "kind"}
    for change in changes:
        if change.object not in whole:
            page.fields([(change.object, change.field, change.old, change.new)])
        elif change.field == "kind":
            page.data(f"  {change.object}  {'new' if change.old is None else 'removed'}")
