"""What breaks the rules about the layout (L) and about how Argo CD is told (A)."""

from harness.faults import Case

WEB, DEV, PROD = (
    "overlays/dev/web/kustomization.yaml",
    "overlays/dev/environment.yaml",
    "overlays/prod/environment.yaml",
)
SHARED, ARGO = "base/components/application/application.yaml", "overlays/dev/argocd"

CASES = [
    Case(
        "L1",
        "base/redis/kustomization.yaml",
        "resources:",
        "images:\n- name: redis\n  newTag: 1.2.3\nresources:",
        "- name: redis",
    ),
    Case("L2", WEB, "images:", "namePrefix: x-\nimages:", "namePrefix"),
    Case("L2", WEB, "resources:\n", "resources:\n- ../../../base/redis\n", "- ../../../base/redis"),
    Case("L2", "overlays/dev/web/frontend-data.yaml", "spec:", "  labels:\n    x: 'y'\nspec:", "x: 'y'"),
    Case("L3", DEV, "access: nodeport", "access: nodeprot", "access: nodeprot"),
    Case("L3", DEV, "environment: dev", "environment: test", "environment: test"),
    Case("L3", DEV, "block: block", "block: absent", "block: absent"),
    Case("L3", DEV, "    shared:\n", "    other:\n", "  classes:"),
    Case("L3", PROD, "- role: database", "- role: databse", "- role: databse", "prod"),
    Case("L3", DEV, "- role: worker", "- role: wroker", "- role: wroker"),
    Case("L3", PROD, "count: 3", "count: three", "count: three", "prod"),
    Case("L3", PROD, "version: 1.2.3", "version: ^1.2", "version: ^1.2", "prod"),
    Case(
        "L4", "overlays/prod/web/kustomization.yaml", "", None, "apiVersion", "prod", "overlays/prod/kustomization.yaml"
    ),
    Case(
        "L5",
        "base/postgres-ha/cluster.yaml",
        "imageName: postgres",
        "imageName: registry.example.com/pg:18.6",
        "imageName",
        "prod",
    ),
    Case(
        "L5",
        "base/redis/statefulset.yaml",
        "image: redis",
        "image: registry.example.com/redis:8.10.1",
        "image: registry",
    ),
    Case("L6", DEV, "- name: metrics-server", "- name: metrics", "platform:"),
    Case("L6", PROD, "- name: cert-manager", "- name: certs", "platform:", "prod"),
    Case("L6", PROD, "        role: ingress\n", "        role: worker\n", "- name: nginx-ingress", "prod"),
    Case("L6", PROD, "        value: ingress\n", "        value: other\n", "- name: nginx-ingress", "prod"),
    Case("L7", PROD, "prune: confirm", "prune: automatic", "prune: automatic", "prod"),
    Case("L7", PROD, "tier: production", "tier: staging", "tier: staging", "prod"),
    Case(
        "A1",
        "overlays/prod/argocd/kustomization.yaml",
        "- ../../../base/components/prune-confirm\n",
        "",
        "syncOptions:",
        "prod",
        SHARED,
    ),
    Case("A1", SHARED, "ServerSideDiff=false", "ServerSideDiff=true", "ServerSideDiff=true"),
    Case("A1", SHARED, "selfHeal: true", "selfHeal: false", "selfHeal: false"),
    Case("A1", f"{ARGO}/projects.yaml", "server: https://kubernetes.default.svc", "server: '*'", "server: '*'"),
    Case("A1", f"{ARGO}/services.yaml", "targetRevision: main", "targetRevision: other", "targetRevision: other"),
    Case("A1", f"{ARGO}/root.yaml", "prune: true", "prune: true\n      allowEmpty: true", "allowEmpty"),
    Case(
        "A1",
        "overlays/prod/argocd/applications.yaml",
        "/spec/volumeClaimTemplates",
        "/spec/replicas",
        "/spec/replicas",
        "prod",
    ),
    Case("A2", f"{ARGO}/applications.yaml", ";/base/web", "", "generate-paths: .;../env;/base/components"),
    Case(
        "A2",
        "overlays/prod/redis/kustomization.yaml",
        "base/redis-ha",
        "base/redis",
        "/base/redis;/base/redis-ha",
        "prod",
        "overlays/prod/argocd/applications.yaml",
    ),
    Case(
        "A4",
        f"{ARGO}/services.yaml",
        "targetRevision: main",
        "targetRevision: main\n    kustomize: {images: [web=x:v9]}",
        "kustomize:",
    ),
    Case(
        "A5",
        f"{ARGO}/kustomization.yaml",
        "- applications.yaml\n",
        "",
        "apiVersion",
        found_in=f"{ARGO}/applications.yaml",
    ),
    Case("K9", f"{ARGO}/kustomization.yaml", "- applications.yaml", "- aplications.yaml", "aplications"),
    Case("A3", "base/platform/namespace.yaml", "Delete=false", "Delete=false,ServerSideApply=true", "ServerSideApply"),
]
