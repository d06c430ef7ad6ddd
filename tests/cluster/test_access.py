"""Who may ask the cluster what: each cell of the table in tools/GUIDE.md, by a real API server's RBAC.

`BOS_WRITE_ACCESS=1` writes the table anew.
"""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml

from bos_tools.cli.main import main
from harness import ROOT
from harness.deliveries import World
from harness.howto import BLOCK, section
from harness.waiting import eventually

GUIDE = ROOT / "tools/GUIDE.md"
TITLE = "Who may ask the cluster what"
SPACE, ARGOCD = "access", "access-argocd"
ACCOUNTS = {"viewer": "view", "editor": "edit", "pipeline": None, "admin": "cluster-admin"}
"""Each account with the role that Kubernetes has for it; the pipeline's stands in the guide."""
FACTS = f"""\
cluster: https://kubernetes.default.svc
namespace: {SPACE}
argocd:
  server: https://argocd.example.com
  namespace: {ARGOCD}
  repoURL: https://git.example.com/x.git
  revision: main
  project: access
"""
SECRETS = "secrets:\n  web-auth:\n    keys:\n      password:\n        what: a word\n        made: '{random:32}'\n"
USED = """\
      - name: web
        image: web
        env:
        - name: PASSWORD
          valueFrom:
            secretKeyRef:
              name: web-auth
              key: password
"""
VERBS = {
    "pvc list --live": ("pvc", "list", "--live"),
    "pvc grow": ("pvc", "grow", "postgres", "8Gi", "--no-snapshot", "--dry-run"),
    "pvc adopt": ("pvc", "adopt", "postgres", "--dry-run"),
    "pvc verify": ("pvc", "verify", "postgres", "--timeout", "0", "--argocd-namespace", ARGOCD),
    "secrets missing": ("secrets", "missing"),
    "secrets create": ("secrets", "create", "--generate"),
    "argocd configure": ("argocd", "configure"),
}
NEEDS = re.compile(r"needs (\w+) on ([\w.]+)")


@pytest.fixture(scope="module")
def world(dev, tmp_path_factory) -> World:
    """A database, and a Secret that nobody has made."""
    made = World(dev, SPACE, tmp_path_factory.mktemp("access"))
    made.kubectl("create", "namespace", ARGOCD)
    made.deliver("postgres")
    eventually(lambda: made.capacity("postgres-2") == "5Gi", "the database has its claims")
    (made.work / "overlays/dev/environment.yaml").write_text(FACTS)
    (made.work / "base/web/plan.yaml").write_text(SECRETS)
    web = made.work / "base/web/deployment.yaml"
    web.write_text(web.read_text().replace("      - name: web\n        image: web\n", USED))
    shutil.copytree(ROOT / "base/argocd", made.work / "base/argocd")
    made.push("Facts")
    return made


@pytest.fixture(scope="module")
def accounts(world: World, tmp_path_factory) -> dict[str, Path]:
    """Each account's kubeconfig."""
    folder = tmp_path_factory.mktemp("accounts")
    ours = yaml.safe_load(world.box.kubeconfig.read_text())
    for _, _, text in BLOCK.findall(section(GUIDE, TITLE)):
        world.kubectl("apply", "-f", "-", stdin=text.replace("buildingos", SPACE).replace(" argocd\n", f" {ARGOCD}\n"))
    for name, role in ACCOUNTS.items():
        account = f"{SPACE}:{name}"
        world.kubectl("create", "serviceaccount", name, "-n", SPACE)
        if role == "cluster-admin":
            world.kubectl("create", "clusterrolebinding", f"{SPACE}-{name}", f"--clusterrole={role}", f"--serviceaccount={account}")  # fmt: skip
        elif role is not None:
            world.kubectl("create", "rolebinding", name, "-n", SPACE, f"--clusterrole={role}", f"--serviceaccount={account}")  # fmt: skip
        token = world.kubectl("create", "token", name, "-n", SPACE).strip()
        mine = {**ours, "users": [{"name": each["name"], "user": {"token": token}} for each in ours["users"]]}
        (folder / name).write_text(json.dumps(mine))
    return {name: folder / name for name in ACCOUNTS}


def cell(code: int, said: str) -> str:
    """Return what an account gets: an answer, one with gaps, or none; each with the rights that it lacks."""
    lacks = ", ".join(dict.fromkeys(f"{verb} {resource}" for verb, resource in NEEDS.findall(said)))
    if "not known: " in said:
        return f"yes, without {lacks}"
    if lacks:
        assert code == 5, said
        return f"needs {lacks}"
    assert code in (0, 1, 5), said
    return "yes"


def test_each_account_gets_what_the_guide_says(world: World, accounts: dict[str, Path], capsys):
    rows = [["", *ACCOUNTS], ["---"] * (len(ACCOUNTS) + 1)]
    for verb, words in VERBS.items():
        if verb == "pvc verify":  # of a growth that has not come: then it asks who is late
            assert world.pvc("grow", "postgres", "6Gi", "--no-snapshot", "--push") == 0
        row = [f"`{verb}`"]
        for name in ACCOUNTS:
            world.kubectl("delete", "secret", "web-auth", "-n", SPACE, "--ignore-not-found")
            code = main(["--repo", str(world.work), *words, "--env", "dev", "--kubeconfig", str(accounts[name])])
            said = capsys.readouterr()
            row.append(cell(code, said.out + said.err))
        rows.append(row)
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)

    if os.environ.get("BOS_WRITE_ACCESS"):
        GUIDE.write_text(re.sub(r"\|  \| viewer .*?\n\n", f"{table}\n", GUIDE.read_text(), flags=re.DOTALL))
    assert table in section(GUIDE, TITLE)
