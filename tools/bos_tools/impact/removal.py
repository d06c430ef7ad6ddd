"""What it means that an object is gone from Git: whether Argo CD deletes it, and what goes with it."""

from collections.abc import Callable

from bos_tools.impact.danger import Danger, Verdict
from bos_tools.impact.keeper import AFTER_SUCCESS, Keeper, hook_policies, option
from bos_tools.impact.pods import at
from bos_tools.impact.setting import Setting
from bos_tools.storage.volumes import CLAIM, DATABASE, DATABASES, SET
from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Unit

DELETED = "Argo CD deletes it"
STAYS = "it stays in the cluster, and nobody syncs it any more"
WITH_ALL = {
    "Namespace": "everything in it is deleted with it",
    "CustomResourceDefinition": "every object of its kind is deleted with it",
    "VolumeSnapshot": "its class may delete the snapshot with it",
    "VolumeSnapshotContent": "the snapshot may be deleted with it",
}
"""Kinds that take more than themselves along."""


def removed(one: Object, unit: Unit, setting: Setting) -> Verdict:
    """Return what happens to an object that Git no longer has."""
    if (policies := hook_policies(one)) is not None:
        if AFTER_SUCCESS in policies:
            return Verdict(Danger.safe, "a hook that is deleted when it has succeeded")
        return Verdict(Danger.orphaned, f"a hook is never pruned: {STAYS}")
    was, now = setting.old.keepers.get(unit.folder), setting.new.keepers.get(unit.folder)
    if was is not None and now is None:
        return _abandoned(one, was, setting)
    said = option(one, "Prune", now)
    if (why := _stays(unit, setting, now, said)) is not None:
        return Verdict(Danger.orphaned, why)
    verdict = lost(one, setting)
    return verdict._replace(why=f"{verdict.why}, once a person confirms") if said == "confirm" else verdict


def _stays(unit: Unit, setting: Setting, keeper: Keeper | None, said: str | None) -> str | None:
    """Return why Argo CD deletes nothing, None where it does; a unit without an Application here has one elsewhere."""
    if keeper is not None and unit.folder not in setting.new.folders:
        return f"{keeper.object.name} names a folder that is gone: Argo CD can't compare it, and deletes nothing"
    if said == "false":
        return f"Prune=false: {STAYS}"
    if keeper is not None and not keeper.prunes:
        return f"{keeper.object.name} does not prune: it stays until somebody does"
    return None


def _abandoned(one: Object, was: Keeper, setting: Setting) -> Verdict:
    """Return what happens to an object whose Application goes as well."""
    if not was.cascades:
        return Verdict(Danger.orphaned, f"{was.object.name} goes, and has no finalizer: {STAYS}")
    if option(one, "Delete", was) == "false":
        return Verdict(Danger.orphaned, f"Delete=false: {STAYS}")
    verdict = lost(one, setting)
    return verdict._replace(why=f"{was.object.name} goes with all that it made: {verdict.why}")


def lost(one: Object, setting: Setting) -> Verdict:
    """Return what is lost when an object is deleted."""
    if one.kind in WITH_ALL:
        return Verdict(Danger.loses_data, WITH_ALL[one.kind])
    return LOST.get((one.kind, one.group), _nothing)(one, setting)


def _nothing(_one: Object, _setting: Setting) -> Verdict:
    return Verdict(Danger.pruned, DELETED)


def _claim(one: Object, setting: Setting) -> Verdict:
    return _volume(at(one, "spec", "storageClassName"), setting, "its volume")


def _database(one: Object, setting: Setting) -> Verdict:
    return _volume(at(one, "spec", "storage", "storageClass"), setting, "the claims that its operator made for it")


def _persistent(one: Object, _setting: Setting) -> Verdict:
    if at(one, "spec", "persistentVolumeReclaimPolicy") == "Delete":
        return Verdict(Danger.loses_data, "its reclaim policy deletes the volume")
    return Verdict(Danger.pruned, f"{DELETED}; the volume behind it stays")


def _set(one: Object, setting: Setting) -> Verdict:
    templates = at(one, "spec", "volumeClaimTemplates") or []
    if templates and retention(one, "whenDeleted") == "Delete":
        return claims_of(one, setting, "the claims of its pods, as whenDeleted says")
    return Verdict(Danger.pruned, f"{DELETED}; the claims of its pods stay" if templates else DELETED)


LOST: dict[tuple[str, str], Callable[[Object, Setting], Verdict]] = {
    (CLAIM, ""): _claim,
    ("PersistentVolume", ""): _persistent,
    (SET, "apps"): _set,
    (DATABASE, DATABASES): _database,
}
"""Kinds that hold data, and what becomes of it."""


def claims_of(one: Object, setting: Setting, what: str) -> Verdict:
    """Return what is lost with the claims of a StatefulSet: the worst of its templates counts."""
    templates = at(one, "spec", "volumeClaimTemplates")
    found = [_volume((template.get("spec") or {}).get("storageClassName"), setting, what) for template in templates]
    return next((verdict for verdict in found if verdict.danger is Danger.loses_data), found[0])


def retention(one: Object, when: str) -> str:
    """Return what a StatefulSet does with its claims, `whenDeleted` or `whenScaled`."""
    return str(at(one, "spec", "persistentVolumeClaimRetentionPolicy", when) or "Retain")


def _volume(name: str | None, setting: Setting, what: str) -> Verdict:
    """Return what is lost with a claim; a class that nobody here knows deletes its volumes, as is the default."""
    found = setting.old.storage(name)
    if found is not None and found.retains:
        return Verdict(Danger.pruned, f"{DELETED}; class {name or 'of the cluster'} retains {what}")
    said = f"class {name} deletes {what}" if found is not None and name else f"no class here retains {what}"
    return Verdict(Danger.loses_data, said)
