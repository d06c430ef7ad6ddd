"""What breaks the rules about pods and what is around them (S)."""

from harness.faults import Case

WEB, BACKEND, JOB = "base/web/deployment.yaml", "base/backend/deployment.yaml", "base/web/job.yaml"
REDIS, CLAIM, HA = "base/redis/statefulset.yaml", "base/redis/pvc.yaml", "base/redis-ha/statefulset.yaml"
CLAIM_1, DATABASE, PINS = (
    "overlays/prod/redis/claim-1.yaml",
    "base/postgres-ha/cluster.yaml",
    "overlays/dev/web/kustomization.yaml",
)
POLICY, PEERS = "base/web/networkpolicy.yaml", "base/redis/networkpolicy.yaml"
TEMPLATE = """\
  volumeClaimTemplates:
  - metadata:
      name: more
    spec:
      accessModes: [ReadWriteOnce]
      resources:
        requests:
          storage: 1Gi
  selector:"""
BY_PATCH = "patches:\n- target:\n    kind: Deployment\n  patch: |-\n    - op: add\n      path: /spec/template/spec/automountServiceAccountToken\n      value: true"

CASES = [
    Case("S1", WEB, "runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot: false"),
    Case(
        "S1",
        WEB,
        "        securityContext:\n          allow",
        "        securityContext:\n          runAsUser: 0\n          allow",
        "runAsUser: 0",
    ),
    Case(
        "S1", WEB, "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "allowPrivilegeEscalation: true"
    ),
    Case("S1", JOB, "drop: [ALL]", "drop: [NET_RAW]", "drop: [NET_RAW]"),
    Case("S1", JOB, "drop: [ALL]", "drop: [ALL]\n            add: [NET_RAW]", "add: [NET_RAW]"),
    Case("S1", WEB, "containerPort: 8080", "containerPort: 8080\n          hostPort: 80", "hostPort"),
    Case("S1", WEB, "emptyDir: {}", "hostPath: {path: /tmp}", "- name: tmp"),
    Case("S1", WEB, "            port: http", "            port: http\n            host: 1.2.3.4", "host: 1.2.3.4"),
    Case(
        "S2", BACKEND, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "readOnlyRootFilesystem: false"
    ),
    Case("S3", JOB, "          limits:\n            cpu: 500m\n", "          limits:\n", "limits:"),
    Case(
        "S4",
        REDIS,
        "automountServiceAccountToken: false",
        "automountServiceAccountToken: true",
        "automountServiceAccountToken",
    ),
    Case("S4", PINS, "patches:", BY_PATCH, "- op: add"),
    Case("S5", "base/backend/kustomization.yaml", "- hpa.yaml\n", "", "spec:", found_in=BACKEND),
    Case("S6", BACKEND, "name: backend-env", "name: backend-evn", "- secretRef:"),
    Case("S6", BACKEND, "name: backend-config", "name: backend-conf", "    spec:"),
    Case("S6", REDIS, "key: password", "key: pasword", "- name: REDISCLI_AUTH"),
    Case("S6", REDIS, "priorityClassName: data", "priorityClassName: first", "    spec:"),
    Case(
        "S6",
        WEB,
        "        configMap:\n          name: web-nginx",
        "        secret:\n          secretName: postgres-auth\n          items:\n          - key: name\n            path: name",
        "- key: name",
    ),
    Case("S6", WEB, "claimName: frontend-data", "claimName: frontend", "    spec:"),
    Case("S6", DATABASE, "name: postgres-auth", "name: postgres-aut", "name: postgres-aut", "prod"),
    Case("S6", DATABASE, "name: postgres-grafana", "name: postgres-grafan", "name: postgres-grafan", "prod"),
    Case("S6", "base/postgres-ha/objectstore.yaml", "key: access-key-id", "key: access-key", "accessKeyId:", "prod"),
    Case("S7", "base/web/pdb.yaml", "AlwaysAllow", "IfHealthyBudget", "unhealthyPodEvictionPolicy"),
    Case("S8", "base/web/service.yaml", "targetPort: http", "targetPort: htpp", "targetPort: htpp"),
    Case("S8", "base/redis/service.yaml", "name: redis\n  ports", "name: rediss\n  ports", "selector:"),
    Case(
        "S8", "base/web/pdb.yaml", "      app.kubernetes.io/name: web", "      app.kubernetes.io/name: wbe", "selector:"
    ),
    Case(
        "S8",
        REDIS,
        "    matchLabels:\n      app.kubernetes.io/name: redis",
        "    matchLabels:\n      app.kubernetes.io/name: rds",
        "matchLabels:",
    ),
    Case("S9", CLAIM, "Prune=false,Delete=false", "Prune=false", "sync-options"),
    Case("S9", CLAIM, " Prune=false,Delete=false", "", "sync-options"),
    Case("S10", "base/platform/networkpolicy.yaml", "[Ingress, Egress]", "[Ingress]", "policyTypes"),
    Case("S10", "base/platform/namespace.yaml", "enforce: baseline", "enforce: privileged", "enforce: privileged"),
    Case(
        "S10",
        "base/platform/kustomization.yaml",
        "- namespace.yaml\n",
        "",
        "apiVersion",
        found_in="overlays/dev/platform/kustomization.yaml",
    ),
    Case("S11", REDIS, "  selector:", TEMPLATE, "- metadata:"),
    Case("S11", CLAIM_1, "storage: 1Gi", "storage: 2Gi", "storage: 2Gi", "prod"),
    Case("S11", "overlays/prod/redis/template.yaml", "value: 1Gi", "value: 2Gi", "storage: 1Gi", "prod", CLAIM_1),
    Case("S11", "base/redis-ha/pvc-2.yaml", "block", "shared", "storageClassName", "prod"),
    Case("S11", "base/redis-ha/pvc-0.yaml", "ReadWriteOnce", "ReadWriteOncePod", "accessModes", "prod"),
    Case(
        "S11",
        "base/redis-ha/pvc-0.yaml",
        "    argocd",
        "    argocd.argoproj.io/sync-wave: '-1'\n    argocd",
        "sync-wave",
        "prod",
    ),
    Case("S11", HA, "replicas: 3", "replicas: 4", "- metadata:", "prod"),
    Case("S11", HA, "replicas: 3", "replicas: 2", "apiVersion", "prod", "base/redis-ha/pvc-2.yaml"),
    Case(
        "S11",
        HA,
        "replicas: 3",
        "persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}\n  replicas: 3",
        "whenDeleted",
        "prod",
    ),
    Case(
        "S12",
        "overlays/dev/platform/kustomization.yaml",
        "- ../../../base/components/nodeport-access\n- ../env",
        "- ../env\n- ../../../base/components/nodeport-access",
        "metadata:",
        found_in="base/components/nodeport-access/networkpolicy.yaml",
    ),
    Case(
        "S13",
        POLICY,
        "    matchLabels:\n      app.kubernetes.io/name: web",
        "    matchLabels:\n      app.kubernetes.io/name: wbe",
        "podSelector:",
    ),
    Case("S13", POLICY, "name: backend", "name: backnd", "- podSelector:"),
    Case("S13", PEERS, "  ingress:\n", "  ingress:\n  - {}\n", "- {}"),
    Case("S14", POLICY, "port: 3001", "port: 3002", "- port: 3002"),
    Case("S14", PEERS, "port: 6379", "port: 6380", "- port: 6380"),
    Case("S14", "base/redis-ha/networkpolicy.yaml", "- port: 26379", "- port: 26378", "- port: 26378", "prod"),
    Case("S15", REDIS, "terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 10", "PeriodSeconds: 10"),
    Case("S15", WEB, "lifecycle:", "x-lifecycle:", "- name: web"),
    Case("S15", JOB, "      terminationGracePeriodSeconds: 30\n", "", "    spec:"),
]
