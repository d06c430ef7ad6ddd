"""Make small GitOps repositories for tests: real files, real git."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.git import git

DATA_SERVICES = ("postgres", "redis")
ENVIRONMENTS = ("dev", "preprod", "prod")
SETTINGS = """\
[tool.bos-tools]
environments = ["dev", "preprod", "prod"]
"""
DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER_DIGEST = "sha256:" + "fedcba9876543210" * 4


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def deployment(name: str, images: Iterable[str] = ()) -> str:
    """Return a Deployment with one container an image; the first container bears the Deployment's name."""
    containers = "".join(
        f"      - name: {name if index == 0 else f'side-{index}'}\n        image: {image}\n"
        for index, image in enumerate(images or (name,))
    )
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n"
        f"  selector:\n    matchLabels:\n      app: {name}\n  template:\n    metadata:\n"
        f"      labels:\n        app: {name}\n    spec:\n      containers:\n{containers}"
    )


def unit(service: str, tag: str = "v1.0.0", extra: str = "", entry: str = "") -> str:
    """Return an overlay unit's kustomization with one pin."""
    pin = entry or f"- name: {service}\n  newName: registry.example.com/{service}\n  newTag: {tag}\n"
    return (
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
        f"- ../../../base/{service}\ncomponents:\n- ../env\nimages:\n{pin}{extra}"
    )


def files(
    services: Iterable[str] = ("backend", "postgres", "web"), envs: Iterable[str] = ENVIRONMENTS
) -> dict[str, str]:
    """Return the files of a small repository in the layout of ours."""
    services = sorted(services)
    made = {"pyproject.toml": SETTINGS}
    for service in services:
        made[f"base/{service}/deployment.yaml"] = deployment(service)
        made[f"base/{service}/kustomization.yaml"] = "resources:\n- deployment.yaml\n"
        if service in DATA_SERVICES:
            made[f"base/{service}/plan.yaml"] = "dataService: true\n"
    for env in envs:
        made[f"overlays/{env}/kustomization.yaml"] = "resources:\n" + "".join(f"- {s}\n" for s in services)
        made[f"overlays/{env}/env/kustomization.yaml"] = (
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamespace: buildingos\n"
        )
        for service in services:
            made[f"overlays/{env}/{service}/kustomization.yaml"] = unit(service)
    return made


def repository(root: Path, contents: Mapping[str, str | bytes] | None = None) -> Path:
    """Make a repository with one commit on main."""
    write(root, files() if contents is None else contents)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Start")
    return root
