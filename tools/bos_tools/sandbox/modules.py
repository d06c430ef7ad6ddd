"""The Go modules that the sandbox is built from: which programs, with which flags, and what else of each is kept."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from bos_tools.errors import RepositoryError

KUBERNETES = "1.34.3"
ARGOCD = "3.5.7"
STRIPPED = "-s -w"
GO = {
    "GOFLAGS": "-buildvcs=false -trimpath -gcflags=all=-dwarf=false",
    "GOWORK": "off",
    "CGO_CFLAGS": "-O0 -g0",
}
"""The same for every build, so that what two modules have in common is compiled once.

Nobody debugs these programs, and SQLite need not be fast here: without either a first build is a tenth shorter.
"""
_VERSION = "k8s.io/component-base/version"


@dataclass(frozen=True)
class Mend:
    """A word in another module's source that does not fit our module graph, and what stands in for it."""

    module: str
    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Module:
    """One folder under tools/sandbox; its go.mod and go.sum pin every byte."""

    name: str
    version: str
    programs: dict[str, str]
    """Name of the finished program -> the package that it is built from."""
    minutes: float
    """Of one processor for a first build, measured once; a machine's own measure replaces it."""
    ld: str = STRIPPED
    """For the linker alone: what is compiled is shared with the other modules, so nothing else may differ."""
    tags: str = ""
    env: dict[str, str] = field(default_factory=dict)
    mends: tuple[Mend, ...] = ()
    kept: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Go module -> what of its source is kept beside the programs, so that a warm start needs no Go."""

    @property
    def flags(self) -> list[str]:
        """Return the flags of the build."""
        return [*(("-tags", self.tags) if self.tags else ()), "-ldflags", self.ld]

    def folder(self, root: Path) -> Path:
        """Return where its source lies."""
        return root / "tools" / "sandbox" / self.name

    def key(self, root: Path) -> str:
        """Return the hash of all that its programs come from: its files and how they are built.

        Raises RepositoryError where the files are missing.
        """
        digest = hashlib.sha256(repr((GO, self.flags, self.env, self.mends, self.programs, self.kept)).encode())
        folder = self.folder(root)
        try:
            for path in sorted({folder / "go.mod", *(path for path in folder.rglob("*") if path.is_file())}):
                digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
        except OSError as error:
            raise RepositoryError(
                f"the sandbox's module can't be read: {error.strerror}",
                reason="sandbox-module",
                path=f"tools/sandbox/{self.name}",
            ) from error
        return digest.hexdigest()[:16]


_K8S = "k8s.io/kubernetes/cmd"
_KWOK = "sigs.k8s.io/kwok"
_ARGOCD = "github.com/argoproj/argo-cd/v3"
_GITEA = "code.gitea.io/gitea"

CLUSTER = Module(
    "cluster",
    KUBERNETES,
    {
        "kube-apiserver": f"{_K8S}/kube-apiserver",
        "kube-controller-manager": f"{_K8S}/kube-controller-manager",
        "kube-scheduler": f"{_K8S}/kube-scheduler",
        "kubectl": f"{_K8S}/kubectl",
        "etcd": "go.etcd.io/etcd/server/v3",
        "kwok": f"{_KWOK}/cmd/kwok",
        "metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server",
        "standins": "./standins",
        "miniredis": "./miniredis",
    },
    10.5,
    ld=f"{STRIPPED} -X {_VERSION}.gitVersion=v{KUBERNETES} -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=34",
    # Kubernetes 0.34 has no longer this name of 0.33's, which KWOK compares an annotation with.
    mends=(
        Mend(
            _KWOK,
            "pkg/utils/informer/informer.go",
            "metav1.InitialEventsListBlueprintAnnotationKey",
            '"kubernetes.io/initial-events-list-blueprint"',
        ),
    ),
    kept={_KWOK: ("kustomize/metrics/resource/metrics-resource.yaml",)},  # what a kubelet tells of usage
)
KUSTOMIZE = Module(
    "kustomize",
    "5.8.1",
    {"kustomize": "sigs.k8s.io/kustomize/kustomize/v5"},
    0.5,
    ld=f"{STRIPPED} -X sigs.k8s.io/kustomize/api/provenance.version=v5.8.1",
    env={"CGO_ENABLED": "0"},  # as the Makefile builds it, and as its box needs it
)
ARGO = Module(
    "argocd",
    ARGOCD,
    {"argocd": f"{_ARGOCD}/cmd"},
    10.5,
    ld=f"{STRIPPED} -X {_ARGOCD}/common.version={ARGOCD}",
    # The repo server calls the two scripts for every render; in the container image they lie beside the program.
    kept={_ARGOCD: ("manifests/crds", "manifests/base/config", "hack/git-verify-wrapper.sh", "hack/gpg-wrapper.sh")},
)
GITEA = Module(
    "gitea",
    "1.26.0",
    {"gitea": _GITEA},
    9,
    tags="sqlite sqlite_unlock_notify",
    env={"CGO_ENABLED": "1"},  # SQLite is C
    kept={_GITEA: ("options", "public", "templates")},
)


def needed(*, argocd: bool, forge: bool) -> list[Module]:
    """Return the modules of a sandbox with these parts, in the order in which they are needed."""
    return [CLUSTER, *((KUSTOMIZE, ARGO) if argocd else ()), *((GITEA,) if forge else ())]
