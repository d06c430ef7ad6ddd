"""What breaks the rules about what Kustomize builds in silence, or not at all (K)."""

from harness.faults import Case

WEB, DEPLOYMENT, BASE = "overlays/dev/web/kustomization.yaml", "base/web/deployment.yaml", "base/web/kustomization.yaml"
DELETES = "patches:\n- target: {}\n  patch: |-\n    $patch: delete\n    kind: X\n    metadata:\n      name: x"
REPLACES = "replacements:\n- source:\n    kind: Deployment\n    name: web\n  targets:\n  - select:\n      kind: Nope\n    fieldPaths: [spec.x]\nimages:"

CASES = [
    Case("K1", WEB, "- name: web", "- name: wbe", "- name: wbe"),
    Case("K1", WEB, "  newTag: v1.0.0", "  newTag: v1.0.0\n  tagSuffix: -alpine", "tagSuffix: -alpine"),
    Case("K2", "base/components/nodeport/kustomization.yaml", "exposed=true", "exposed=no", "kind: Service"),
    Case("K3", WEB, "images:", REPLACES, "kind: Nope"),
    Case("K4", WEB, "  newTag: v1.0.0", "  newTag: v1.0.0\n  newTag: v1.0.2", "newTag: v1.0.2"),
    Case("K4", DEPLOYMENT, "    type: RollingUpdate", "    type: RollingUpdate\n    type: Recreate", "type: Recreate"),
    Case("K5", WEB, "- name: web", "- name: web\n  newTag: v0.9.0\n- name: web # again", "# again"),
    Case("K6", WEB, "patches:", DELETES, "- target: {}"),
    Case("K7", BASE, "resources:", "images:\n- name: web\n  newName: other\nresources:", "- name: web", found_in=WEB),
    Case("K8", WEB, "resources:", "resources:\n- https://example.com/base", "example.com"),
    Case("K8", WEB, "resources:", "helmCharts:\n- name: x\nresources:", "helmCharts"),
    Case("K9", WEB, "images:", "images: [", "- name: web"),
    Case("K9", WEB, "images:\n- name: web", "images:\n- nam: web", "- nam: web"),
    Case("K9", WEB, "- name: web", '- name: "web["', "web["),
    Case("K9", WEB, "images:", "openapi: {version: v1.21.2}\nimages:", "openapi:"),
    Case("K9", WEB, "images:\n", "images: {}\nmore:\n", "images:"),
    Case("K9", WEB, "- path: frontend-data.yaml", "- path: absent.yaml", "absent.yaml"),
    Case("K9", "overlays/dev/web/frontend-data.yaml", "name: frontend-data", "name: absent", "name: absent"),
    Case("K9", DEPLOYMENT, "      affinity:", "\taffinity:", "\taffinity:"),
    Case("K9", DEPLOYMENT, "  strategy:", "  strategy: [", "selector:"),
    Case(
        "K9",
        "base/components/pull-secret/pods.yaml",
        "op: add\n  path: /spec/template",
        "op: test\n  path: /spec/templat",
        "path: ",
    ),
    Case("K9", "overlays/dev/kustomization.yaml", "resources:", "resources: [", "- backend"),
    Case("K9", "overlays/dev/kustomization.yaml", "resources:\n", "resources: x\nmore:\n", "resources:"),
    Case("K9", "overlays/dev/environment.yaml", "nodes:", "nodes: [", "- role: control-plane"),
    Case("K10", WEB, "newTag: v1.0.0", "newTag: 1.10", "newTag: 1.10"),
    Case("K11", "base/web/service.yaml", "  - name: http\n    port: 80\n    targetPort: http", "  - 80", "  - 80"),
    Case("K11", "base/web/service.yaml", "  ports:", "  ports: 80\n  port:", "  ports: 80"),
    Case("K11", "base/web/hpa.yaml", "  metrics:\n", "  metrics: 7\n  others:\n", "metrics: 7"),
    Case("K11", "base/web/hpa.yaml", "minReplicas: 2", "minReplicas: two", "minReplicas: two"),
    Case("K11", DEPLOYMENT, "readinessProbe:", "readynessProbe:", "readynessProbe:"),
    Case("K11", DEPLOYMENT, "      volumes:\n", "      volumes:\n      - null\n", "      - null"),
    Case("K11", DEPLOYMENT, "          containerPort: 8080", "          hostIP: 127.0.0.1", "- name: http"),
    Case("K11", "base/web/pdb.yaml", "policy/v1", "policy/v1beta1", "kind: PodDisruptionBudget"),
    Case("K11", "base/postgres-ha/cluster.yaml", "instances: 2", "instances: two", "instances: two", "prod"),
    Case(
        "K12", BASE, "configMapGenerator:", "configMapGenerator:\n- name: unused\n  literals: [a=b]", "- name: unused"
    ),
    Case("K12", "base/platform/kustomization.yaml", "buildingos.io/read-by", "buildingos.io/reader", "- name: alerts"),
    Case(
        "K13",
        BASE,
        "- pairs:",
        "- includeTemplates: true\n  pairs:\n    app.kubernetes.io/version: v1\n- pairs:",
        "version: v1",
    ),
    Case("K13", BASE, "- pairs:", "- includeSelectors: true\n  pairs:\n    more: x\n- pairs:", "more: x"),
    Case("K13", BASE, "labels:", "commonLabels:\n  a: b\nlabels:", "commonLabels:"),
]
