"""What must not change between two commits (G): edits of the good repository, judged against it."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

REDIS, SET, DATABASE = (
    "overlays/prod/redis",
    "base/redis-ha/statefulset.yaml",
    "overlays/prod/postgres/postgres-data.yaml",
)
UPLOADS = "base/backend/pvc.yaml"
MORE = "  volumeClaimTemplates:\n  - metadata:\n      name: more\n    spec:\n      accessModes: [ReadWriteOnce]\n      resources:\n        requests:\n          storage: 1Gi\n"


class Change(NamedTuple):
    """A change that is refused, and the line (by its text, after the edits) that the finding must name."""

    rule: str
    edits: tuple[tuple[str, str, str], ...]
    file: str
    at: str

    def edited(self, root: Path) -> Mapping[str, bytes]:
        """Return the files as the change has them."""
        return edited(root, *self.edits)


def edited(root: Path, *edits: tuple[str, str, str]) -> dict[str, bytes]:
    """Return files with one text of each replaced by another."""
    files: dict[str, bytes] = {}
    for file, old, new in edits:
        text = files.get(file) or (root / file).read_bytes()
        assert old.encode() in text, f"{file} has no {old!r}"
        files[file] = text.replace(old.encode(), new.encode(), 1)
    return files


BUMP = ("overlays/prod/web/kustomization.yaml", "v1.0.0", "v1.0.1")
CHANGES = {
    "a claim": Change("G1", ((UPLOADS, "5Gi", "4Gi"),), UPLOADS, "4Gi"),
    "a claim in another unit": Change("G1", ((UPLOADS, "5Gi", "5119Mi"),), UPLOADS, "5119Mi"),
    "a database": Change("G1", ((DATABASE, "60Gi", "50Gi"),), DATABASE, "50Gi"),
    "a template": Change("G1", ((f"{REDIS}/template.yaml", "1Gi", "512Mi"),), f"{REDIS}/template.yaml", "- op"),
    "a class": Change("G2", ((UPLOADS, "shared", "block"),), UPLOADS, "storageClassName"),
    "access modes": Change(
        "G2", ((UPLOADS, "[ReadWriteMany]", "[ReadWriteMany, ReadWriteOnce]"),), UPLOADS, "accessModes"
    ),
    "a growth with a bump": Change("G3", ((DATABASE, "60Gi", "70Gi"), BUMP), DATABASE, "70Gi"),
    "a growth with a label": Change(
        "G3",
        ((DATABASE, "60Gi", "70Gi"), ("base/web/service.yaml", "labels:\n", "labels:\n    x: y\n")),
        DATABASE,
        "70Gi",
    ),
    "a template more": Change("G4", ((SET, "  volumeClaimTemplates:\n", MORE),), SET, "volumeClaimTemplates:"),
    "a template's class": Change(
        "G4", ((SET, "storageClassName: block", "storageClassName: other"),), SET, "volumeClaimTemplates:"
    ),
}
