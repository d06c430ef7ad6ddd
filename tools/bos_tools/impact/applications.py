"""What it means that an Application goes, or looks elsewhere."""

from collections.abc import Iterator

from bos_tools.impact.danger import Danger, Verdict
from bos_tools.impact.fields import same
from bos_tools.impact.keeper import Keeper, option
from bos_tools.impact.removal import lost
from bos_tools.impact.setting import Setting
from bos_tools.tree.identity import Object


def is_application(one: Object) -> bool:
    """Tell whether an object tells Argo CD what to sync."""
    return (one.kind, one.group) == ("Application", "argoproj.io")


def removed(one: Object, setting: Setting) -> Verdict | None:
    """Return what happens to what an Application made when it goes; None for one that itself stays."""
    if option(one, "Prune") == "false":
        return None
    keeper = Keeper(one)
    what = keeper.folder or "its chart"
    if not keeper.cascades:
        return Verdict(Danger.orphaned, f"it has no finalizer: what {what} made stays, and nobody syncs it any more")
    found = [
        (made, lost(made, setting))
        for made in setting.old.render(keeper.folder)
        if keeper.folder and option(made, "Delete", keeper) != "false"
    ]
    for made, verdict in found:
        if verdict.danger is Danger.loses_data:
            return Verdict(Danger.loses_data, f"all that {what} made goes with it; {made.id}: {verdict.why}")
    return Verdict(Danger.pruned, f"all that {what} made goes with it")


def changed(old: Object, new: Object, setting: Setting) -> Iterator[Verdict]:
    """Yield what happens when an Application looks at another folder, or makes its objects elsewhere."""
    was, now = Keeper(old), Keeper(new)
    if not same(was.destination, now.destination):
        yield Verdict(Danger.orphaned, "another destination: what it made at the old one stays, and nobody syncs it")
    if was.folder != now.folder:
        yield from _elsewhere(was, now, setting)


def _elsewhere(was: Keeper, now: Keeper, setting: Setting) -> Iterator[Verdict]:
    kept = {one.id for one in setting.new.render(now.folder)}
    there = [one for one in setting.old.render(was.folder) if one.id not in kept]
    gone = [one for one in there if option(one, "Prune", now) != "false"]
    if not gone:
        return
    more = f" and {len(gone) - 1} more" if gone[1:] else ""
    first = f"it syncs {now.folder or 'a chart'}, which has no {gone[0].id}{more}"
    verdicts = [lost(one, setting) for one in gone]
    worst = max(verdicts, key=lambda verdict: verdict.danger is Danger.loses_data)
    yield Verdict(worst.danger, f"{first}: {worst.why}") if now.prunes else Verdict(Danger.orphaned, first)
