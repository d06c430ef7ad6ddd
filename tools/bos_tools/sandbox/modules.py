"""The Go modules that the sandbox is built from: which programs, with which flags, and what else of each is kept."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from bos_tools.errors import RepositoryError

KUBERNETES = "1.34.3"
ARGOCD = "3.5.7"
STRIPPED = "-s -w"
_VERSION = "k8s.io/component-base/version"


@dataclass(frozen=True)
class Module:
    """One folder under tools/sandbox; its go.mod and go.sum pin every byte."""

    name: str
    version: str
    programs: dict[str, str]
    """Name of the finished program -> the package that it is built from."""
    minutes: float
    """A first build on two cores, measured once; a machine's own times replace it."""
    flags: tuple[str, ...] = ("-ldflags", STRIPPED)
    env: dict[str, str] = field(default_factory=dict)
    kept: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Go module -> what of its source is kept beside the programs, so that a warm start needs no Go."""

    @property
    def command(self) -> list[str]:
        """Return the words of the build before its target."""
        return ["go", "build", "-trimpath", *self.flags]

    def folder(self, root: Path) -> Path:
        """Return where its source lies."""
        return root / "tools" / "sandbox" / self.name

    def key(self, root: Path) -> str:
        """Return the hash of all that its programs come from: its files and how they are built.

        Raises RepositoryError where the files are missing.
        """
        digest = hashlib.sha256(repr((self.command, self.env, self.programs, self.kept)).encode())
        try:
            for path in sorted(self.folder(root).iterdir()):
                digest.update(f"{path.name}\0".encode() + path.read_bytes())
        except OSError as error:
            raise RepositoryError(
                f"the sandbox's module can't be read: {error.strerror}",
                reason="sandbox-module",
                path=f"tools/sandbox/{self.name}",
            ) from error
        return digest.hexdigest()[:16]


_K8S = "k8s.io/kubernetes/cmd"
_ARGOCD = "github.com/argoproj/argo-cd/v3"
_GITEA = "code.gitea.io/gitea"

STANDINS = Module("standins", "of ours", {"standins": "."}, 0.5)
ETCD = Module("etcd", "3.6.5", {"etcd": "go.etcd.io/etcd/server/v3"}, 0.5, flags=())
CONTROL_PLANE = Module(
    "kubernetes",
    KUBERNETES,
    {name: f"{_K8S}/{name}" for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")},
    5.5,
    flags=(
        "-ldflags",
        f"{STRIPPED} -X {_VERSION}.gitVersion=v{KUBERNETES} -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=34",
    ),
)
_KWOK = "sigs.k8s.io/kwok"
KWOK = Module(
    "kwok",
    "0.7.0",
    {"kwok": f"{_KWOK}/cmd/kwok"},
    3,
    flags=(),
    kept={_KWOK: ("kustomize/metrics/resource/metrics-resource.yaml",)},  # what a kubelet tells of usage
)
METRICS = Module("metrics-server", "0.8.0", {"metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server"}, 3)
MINIREDIS = Module("miniredis", "2.40.0", {"miniredis": "."}, 0.2, flags=())
KUSTOMIZE = Module(
    "kustomize",
    "5.8.1",
    {"kustomize": "sigs.k8s.io/kustomize/kustomize/v5"},
    0.5,
    flags=("-ldflags", f"{STRIPPED} -X sigs.k8s.io/kustomize/api/provenance.version=v5.8.1"),
)
ARGO = Module(
    "argocd",
    ARGOCD,
    {"argocd": f"{_ARGOCD}/cmd"},
    8,
    flags=("-ldflags", f"{STRIPPED} -X {_ARGOCD}/common.version={ARGOCD}"),
    # The repo server calls the two scripts for every render; in the container image they lie beside the program.
    kept={_ARGOCD: ("manifests/crds", "manifests/base/config", "hack/git-verify-wrapper.sh", "hack/gpg-wrapper.sh")},
)
GITEA = Module(
    "gitea",
    "1.26.0",
    {"gitea": _GITEA},
    3.5,
    flags=("-tags", "sqlite sqlite_unlock_notify", "-ldflags", STRIPPED),
    env={"CGO_ENABLED": "1"},  # SQLite is C
    kept={_GITEA: ("options", "public", "templates")},
)

CLUSTER = (STANDINS, ETCD, CONTROL_PLANE, KWOK, METRICS)
ARGO_PART = (MINIREDIS, KUSTOMIZE, ARGO)
FORGE_PART = (GITEA,)


def needed(*, argocd: bool, forge: bool) -> list[Module]:
    """Return the modules of a sandbox with these parts, quick builds first."""
    return [*CLUSTER, *(ARGO_PART if argocd else ()), *(FORGE_PART if forge else ())]
