"""The budget of growths on a repository with a history."""

from bos_tools.cli.main import main
from harness.repositories import files, repository
from harness.volumes import growth

GROWTH = growth(name="block")


CLAIM = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\nspec:\n"
    "  storageClassName: block\n  resources:\n    requests:\n      storage: 20Gi\n"
)


def test_pvc_grow_asks_the_budget(tmp_path, capsys):
    contents = {
        **files(["web"]),
        "overlays/dev/environment.yaml": GROWTH,
        "base/web/pvc.yaml": CLAIM,
        "base/web/kustomization.yaml": "resources:\n- deployment.yaml\n- pvc.yaml\n",
    }
    work = repository(tmp_path / "work", contents)
    for size in ("21Gi", "22Gi", "23Gi", "24Gi"):
        assert main(["--repo", str(work), "pvc", "grow", "data", size, "--no-live", "--commit"]) == 0

    assert main(["--repo", str(work), "pvc", "grow", "data", "25Gi", "--no-live", "--dry-run"]) == 1

    assert "data has grown too often: 4 of 4 growths in 24 h are used" in capsys.readouterr().err
