"""Each component does what its line says, in every unit that uses it; what no environment uses is used here."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.review.engine import check
from bos_tools.review.reading import environments
from bos_tools.review.uses import needed
from bos_tools.tree.identity import Object
from bos_tools.tree.layout import Tree, Unit
from harness import ROOT

TREE = Tree(WorkTree(ROOT))
COMPONENTS = "base/components/"
PODS = ("Deployment", "StatefulSet", "Job")


def render(tree: Tree, folder: str) -> list[Object]:
    return objects(Renderer().one(tree.graph, folder))


def pods(made: list[Object], *kinds: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((one.name, one.data["spec"]["template"]["spec"]) for one in made if one.kind in (kinds or PODS))


def of(made: list[Object], kind: str) -> list[Object]:
    return [one for one in made if one.kind == kind]


def is_spread(made: list[Object]) -> bool:
    return all(
        one["whenUnsatisfiable"] == "DoNotSchedule"
        for _, pod in pods(made, "Deployment") for one in pod["topologySpreadConstraints"]
    )  # fmt: skip


def is_shared(made: list[Object]) -> bool:
    shared = [
        one for one in of(made, "PersistentVolumeClaim") if "buildingos.io/shared" in one.data["metadata"]["labels"]
    ]
    return bool(shared) and all(
        (one.data["spec"]["accessModes"], one.data["spec"]["storageClassName"])
        == (["ReadWriteMany"], "buildingos-shared")
        for one in shared
    )


def is_together(made: list[Object]) -> bool:
    found = [
        (one.data["spec"]["template"]["metadata"]["labels"]["buildingos.io/claim"],
         one.data["spec"]["template"]["spec"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0])
        for one in made if one.kind in ("Deployment", "Job")
    ]  # fmt: skip
    return all(term["topologyKey"] == "kubernetes.io/hostname" for _, term in found) and len({c for c, _ in found}) == 1


def is_replaceable(made: list[Object]) -> bool:
    """Tell whether just the objects whose names change with their content are pruned without a confirmation."""
    unasked = {
        one.id
        for one in made
        if (one.data["metadata"].get("annotations") or {}).get("argocd.argoproj.io/sync-options") == "Prune=true"
    }
    hashed = re.compile(r"-[2456789bcdfghkmt]{10}$")  # the letters of kustomize's hash
    return unasked == {one.id for one in of(made, "ConfigMap") if hashed.search(one.name)}


def shares(made: list[Object]) -> bool:
    """Tell whether every Application heals itself, without the server's diff, and charts alone apply on the server."""
    return all(
        one.data["metadata"]["annotations"]["argocd.argoproj.io/compare-options"] == "ServerSideDiff=false"
        and one.data["spec"]["syncPolicy"]["automated"] == {"enabled": True, "prune": True, "selfHeal": True}
        and ("chart" in one.data["spec"]["source"]) == ("ServerSideApply=true" in options(one))
        and ("ignoreDifferences" in one.data["spec"]) == ("RespectIgnoreDifferences=true" in options(one))
        for one in of(made, "Application")
    )


def options(one: Object) -> list[str]:
    found: list[str] = one.data["spec"]["syncPolicy"]["syncOptions"]
    return found


EFFECTS: dict[str, Callable[[list[Object]], bool]] = {
    "application": shares,
    "any-node": lambda made: not any("nodeAffinity" in (pod.get("affinity") or {}) for _, pod in pods(made)),
    "ha": is_spread,
    "local-storage": lambda made: {one.data["provisioner"] for one in of(made, "StorageClass")} == {"hostpath.csi.k8s.io"},
    "nodeport": lambda made: all(
        one.data["spec"].get("type") == "NodePort"
        for one in of(made, "Service") if "buildingos.io/exposed" in one.data["metadata"]["labels"]
    ),
    "nodeport-access": lambda made: any(one.name == "nodeport-access" for one in of(made, "NetworkPolicy")),
    "prune-config": is_replaceable,
    "prune-confirm": lambda made: all("Prune=confirm" in options(one) for one in of(made, "Application")),
    "pull-secret": lambda made: all(pod["imagePullSecrets"] == [{"name": "swr-cred"}] for _, pod in pods(made)),
    "rwx": is_shared,
    "same-node": is_together,
}  # fmt: skip
REGISTRATIONS = [Unit(env, "argocd") for env in TREE.settings.environments]
OFF = {"emqx-cluster": "emqx", "external-secrets": "platform", "tdengine-cluster": "tdengine", "web-emptydir": "web"}
IN_USE = [
    (folder.removeprefix(COMPONENTS), unit)
    for unit in [*TREE.units(), *REGISTRATIONS] for folder in TREE.graph.folders(unit.folder) if folder.startswith(COMPONENTS)
]  # fmt: skip


def test_every_component_is_in_use_or_off():
    folders = {path.name for path in (ROOT / COMPONENTS).iterdir() if path.is_dir()}

    assert {name for name, _ in IN_USE} == set(EFFECTS)
    assert folders == set(EFFECTS) | set(OFF)


@pytest.mark.parametrize(("name", "unit"), IN_USE, ids=lambda value: getattr(value, "folder", value))
def test_a_component_does_what_its_line_says_in_every_unit_that_uses_it(name, unit):
    assert EFFECTS[name](render(TREE, unit.folder))


@pytest.mark.parametrize("name", ["ha", "rwx", "same-node", "local-storage", "nodeport-access"])
def test_an_effect_is_not_there_without_its_component(name):
    without = next(unit for unit in TREE.units() if unit.service == {"local-storage": "platform", "nodeport-access": "platform"}.get(name, "web")
                   and (name, unit) not in IN_USE)  # fmt: skip

    try:
        assert not EFFECTS[name](render(TREE, without.folder))
    except KeyError:
        assert name == "same-node"  # no affinity to pods at all


@pytest.fixture(scope="module")
def on(tmp_path_factory) -> Tree:
    """This repository with the components that are off turned on in prod, as their lines say."""
    root = tmp_path_factory.mktemp("on")
    for name in ("base", "overlays"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "pyproject.toml", root)
    for component, service in OFF.items():
        file = root / "overlays/prod" / service / "kustomization.yaml"
        text = re.sub(r"patches:\n(- path: .*\n)+", "", file.read_text()).replace(
            "- ../../../base/components/rwx\n", ""
        )
        file.write_text(text.replace("- ../env\n", f"- ../../../base/components/{component}\n- ../env\n"))
    return Tree(WorkTree(root))


def test_what_is_off_passes_every_rule_when_it_is_on_but_for_the_counts_and_claims_of_one_instance(on):
    # A1 ends with `argocd register`, which follows claims that are declared.
    found = [one for one in check(on, Renderer(), "prod") if one.rule != "A1"]

    assert {finding.rule for finding in found} <= {"P0", "P1"}, found
    said = "has one replica|lacks its claim|the plan has 1 of"
    assert all(re.search(said, finding.message) for finding in found)


@pytest.mark.parametrize("service", ["emqx", "tdengine"])
def test_a_cluster_has_three_members_on_three_nodes_and_declares_their_claims(on, service):
    made = render(on, f"overlays/prod/{service}")
    [sts] = of(made, "StatefulSet")
    pod = sts.data["spec"]["template"]["spec"]
    names = [one["metadata"]["name"] for one in sts.data["spec"]["volumeClaimTemplates"]]

    assert sts.data["spec"]["replicas"] == 3
    assert {one.name for one in of(made, "PersistentVolumeClaim")} == {
        f"{n}-{service}-{i}" for n in names for i in range(3)
    }
    assert set(names) <= {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    assert not set(names) & {volume["name"] for volume in pod["volumes"]}
    [term] = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    [budget] = of(made, "PodDisruptionBudget")
    assert budget.data["spec"]["minAvailable"] == 2
    assert {one.namespace for one in made} == {"buildingos"}


def test_the_external_secrets_are_those_of_the_contract_that_every_environment_reads(on):
    worlds = environments(TREE, Renderer(), list(TREE.settings.environments))
    everywhere = set.intersection(*({name for name, _ in needed(world.objects, world.contract)} for world in worlds))
    made = of(render(on, "overlays/prod/platform"), "ExternalSecret")

    assert {one.name for one in made} == everywhere
    for one in made:
        spec = one.data["spec"]
        # Whole: no key stands twice. With what the API server fills in (externalsecret_types.go), which Argo CD would heal for ever.
        filled_in = {"conversionStrategy": "Default", "decodingStrategy": "None", "metadataPolicy": "None"}
        assert spec["dataFrom"] == [{"extract": {"key": f"buildingos/{one.name}", **filled_in}}]
        assert spec["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "buildingos"}
        kind = spec["target"].get("template", {}).get("type", "Opaque")
        assert (kind, one.namespace) == (TREE.contract().secrets[one.name].type, "buildingos")


def test_the_brokers_find_each_other_by_name_with_a_licence(on):
    [sts] = of(render(on, "overlays/prod/emqx"), "StatefulSet")
    env = {one["name"]: one for one in sts.data["spec"]["template"]["spec"]["containers"][0]["env"]}

    assert env["EMQX_CLUSTER__DISCOVERY_STRATEGY"]["value"] == "dns"
    assert env["EMQX_CLUSTER__DNS__RECORD_TYPE"]["value"] == "srv"
    assert env["EMQX_CLUSTER__DNS__NAME"]["value"].startswith(sts.data["spec"]["serviceName"] + ".")
    assert env["EMQX_LICENSE__KEY"]["valueFrom"]["secretKeyRef"] == {"name": "emqx-license", "key": "key"}


def test_a_variable_is_used_only_after_it_is_set(on):
    """Kubernetes leaves `$(NAME)` as it is when NAME comes later, and a merged list of variables begins with the patch's."""
    used = 0
    for unit in [*on.units("prod"), *TREE.units()]:
        tree = on if unit.env == "prod" else TREE
        for name, pod in pods(render(tree, unit.folder)):
            for container in [*pod.get("initContainers", []), *pod["containers"]]:
                known: set[str] = set()
                for one in container.get("env", []):
                    wanted = set(re.findall(r"\$\((\w+)\)", one.get("value", "")))
                    assert wanted <= known, (name, one)
                    used += len(wanted)
                    known.add(one["name"])
    assert used > 0


ENTRY_POINT = """\
#!/bin/bash
set -ex
TAOS_ROOT_PASSWORD=${TAOS_ROOT_PASSWORD:-taosdata}
echo "taos> ALTER USER root PASS '$TAOS_ROOT_PASSWORD'"
echo "started with $0" >&2
printf 'the end of %s' "$TAOS_ROOT_PASSWORD"
"""


@pytest.mark.parametrize("password", ["abc123XY", "Se[c]r*t$1&", "with space/and\\slash"])
def test_tdengine_s_password_does_not_reach_the_log(tmp_path, password):
    """The stand-in does what the image's entry point does: it traces itself, and repeats the statement."""
    entry, init = tmp_path / "entrypoint.sh", tmp_path / "tini"
    entry.write_text(ENTRY_POINT)
    init.write_text('#!/bin/bash\nshift\nexec bash "$@"\n')
    init.chmod(0o755)

    done = subprocess.run(
        ["bash", ROOT / "base/tdengine/start.sh"], capture_output=True, text=True, check=False, timeout=300,
        env={"PATH": "/usr/bin:/bin", "TAOS_ROOT_PASSWORD": password, "INIT": str(init), "ENTRY_POINT": str(entry)},
    )  # fmt: skip

    log = done.stdout + done.stderr
    assert done.returncode == 0, log
    assert password not in log
    assert log.count("***") >= 3
    assert "started with" in log
    assert log.endswith("the end of ***\n")
