"""`check`: clean on this repository, and each rule has mutations that make it fail at the right file and line."""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from bos_tools.cli.main import main
from bos_tools.doors.files import WorkTree
from bos_tools.render.kustomize import Renderer
from bos_tools.review.engine import check, explain, of
from bos_tools.review.findings import Finding
from bos_tools.review.registry import Scope
from bos_tools.tree.layout import Tree
from harness import ROOT

RULES = [rule.id for rule in of(Scope.environment)]


class Mutation(NamedTuple):
    """An edit of the repository, and the line (by its text, after the edit) that the finding must name."""

    rule: str
    file: str
    old: str
    new: str
    at: str
    found_in: str = ""
    """The file of the finding, where it is another one."""


SHARED = "base/components/application/application.yaml"
WEB = "overlays/dev/web/kustomization.yaml"
HA = "base/postgres-ha/cluster.yaml"
REDIS = "base/redis-ha/statefulset.yaml"
CLAIM = "overlays/prod/redis/redis-data-redis.yaml"
VCT = """
  volumeClaimTemplates:
  - metadata:
      name: more
    spec:
      accessModes: [ReadWriteOnce]
      resources:
        requests:
          storage: 1Gi
"""
MUTATIONS = [
    Mutation("P0", "base/web/deployment.yaml", "cpu: 250m", "cpu: 200m", "cpu: 200m"),
    Mutation("P0", "base/postgres/statefulset.yaml", "memory: 4Gi", "memory: 3Gi", "memory: 3Gi"),
    Mutation("P0", "base/redis/statefulset.yaml", "replicas: 1", "replicas: 2", "replicas: 2"),
    Mutation("P0", "base/backend/service.yaml", "port: 3001", "port: 3002", "ports:"),
    Mutation("P1", "base/platform/storageclass-block.yaml", "Expansion: true", "Expansion: false", "allowVolumeExpansion"),
    Mutation("P1", "overlays/dev/redis/redis-data.yaml", "1Gi", "2Gi", "storage: 2Gi"),
    Mutation("P1", "overlays/prod/tdengine/tdengine-data.yaml", "storage: ", "storage: 9", "storage: 9"),
    Mutation("P1", "base/grafana/pvc-data.yaml", "buildingos-block", "standard", "storageClassName: standard"),
    Mutation("P2", "base/web/hpa.yaml", "averageUtilization: 60", "averageUtilization: 80", "averageUtilization: 80"),
    Mutation("P2", "base/backend/hpa.yaml", "maxReplicas: 6", "maxReplicas: 9", "maxReplicas: 9"),
    Mutation("P2", "base/backend/pdb.yaml", "minAvailable: 1", "minAvailable: 2", "minAvailable: 2"),
    Mutation("P2", "base/web/deployment.yaml", "podAntiAffinity:", "podAffinity:", "affinity:"),
    Mutation("P3", "base/web/deployment.yaml", "path: /health", "path: /", "path: /"),
    Mutation("P3", "base/backend/deployment.yaml", "/app/healthcheck.js]", "/app/other.js]", "/app/other.js"),
    Mutation("P3", "base/nodered/deployment.yaml", "          timeoutSeconds: 5\n", "", "startupProbe:"),
    Mutation("P3", "base/emqx/statefulset.yaml", "readinessProbe:", "x-readinessProbe:", "- name: emqx"),
    Mutation("P4", "base/redis/statefulset.yaml", "values: [database]", "values: [worker]", "nodeAffinity:"),
    Mutation("P4", "base/zlmediakit/deployment.yaml", "  value: streaming", "  value: other", "tolerations:"),
    Mutation("P5", "base/ingress/ingress.yaml", "number: 3001", "number: 3002", "- path: /api"),
    Mutation("P5", "base/ingress/ingress.yaml", "ingressClassName: nginx", "ingressClassName: traefik", "ingressClassName"),
    Mutation("P5", "base/web/nginx.conf", "http://backend$search_domain:3001", "http://api:3001", "location ^~ /api/"),
    Mutation("P6", "base/components/nodeport/services.yaml", "NodePort", "ClusterIP", "- op"),
    Mutation("P6", "base/web/service.yaml", "spec:", "spec:\n  type: NodePort", "type: NodePort"),
    Mutation("P7", "base/components/pull-secret/pods.yaml", "swr-cred", "backend-env", "- op"),
    Mutation("P7", "base/web/nginx.conf", "http {", "# -----BEGIN PRIVATE KEY-----\nhttp {", "PRIVATE KEY"),
    Mutation("P8", "base/web/job.yaml", "BeforeHookCreation", "HookSucceeded", "hook-delete-policy"),
    Mutation("P8", "base/web/deployment.yaml", "readOnly: true # web-init", "readOnly: false # web-init", "frontend-data", ),
    Mutation("P9", WEB, "newTag: v1.0.0", "newTag: latest", "newTag: latest"),
    Mutation("P9", "overlays/prod/web/kustomization.yaml", "v1.0.0", "v1.0.1", "newTag: v1.0.1"),
    Mutation("P9", "overlays/prod/environment.yaml", "grafana:13.2.0", "grafana:13.1.0", "newTag: 13.2.0", "overlays/prod/grafana/kustomization.yaml"),
    Mutation("P10", "base/web/deployment.yaml", "spec:\n", "spec:\n  replicas: 2\n", "replicas: 2"),
    Mutation("P10", "base/components/rwx/claims.yaml", "ReadWriteMany", "ReadWriteOnce", "- name: frontend-data", "base/web/deployment.yaml"),
    Mutation("P11", "overlays/dev/kustomization.yaml", "- web\n", "", "resources:"),
    Mutation("P11", "overlays/dev/kustomization.yaml", "resources:", "namePrefix: x-\nresources:", "namePrefix"),
    Mutation("P12", "overlays/prod/postgres/postgres-data.yaml", "size: ", "size: 1", "size: 1"),
    Mutation("P12", HA, "instances: 2", "instances: 1", "instances: 1"),
    Mutation("P12", HA, "memory: 4Gi", "memory: 3Gi", "memory: 3Gi"),
    Mutation("P12", HA, "dataDurability: preferred", "dataDurability: required", "dataDurability: required"),
    Mutation("P12", HA, "            name: postgres\n            labels", "            name: db\n            labels", "additional:"),
    Mutation("P12", HA, "selectorType: rw", "selectorType: r", "additional:"),
    Mutation("P12", HA, "stopDelay: 130", "stopDelay: 30", "stopDelay: 30"),
    Mutation("P12", HA, "switchoverDelay: 130", "switchoverDelay: 3600", "switchoverDelay: 3600"),
    Mutation("P12", HA, "storageClass: buildingos-block", "storageClass: standard", "storageClass: standard"),
    Mutation("P12", HA, "podAntiAffinityType: required", "podAntiAffinityType: preferred", "podAntiAffinityType"),
    Mutation("P12", HA, "values: [database]", "values: [worker]", "nodeAffinity:"),
    Mutation("P12", HA, "      value: database", "      value: other", "tolerations:"),
    Mutation("P12", HA, "Prune=false,Delete=false", "Prune=false", "sync-options"),
    Mutation("S6", HA, "name: postgres-auth", "name: postgres-aut", "name: postgres-aut"),
    Mutation("S6", HA, "name: postgres-grafana", "name: postgres-grafan", "name: postgres-grafan"),
    Mutation("P12", HA, "buildingos-data", "buildingos-first", "priorityClassName"),
    Mutation("P12", "base/postgres-ha/scheduledbackup.yaml", "spec:", "spec:\n  suspend: true", "apiVersion"),
    Mutation("P0", REDIS, "replicas: 3", "replicas: 2", "replicas: 2"),
    Mutation("P0", "base/redis/statefulset.yaml", "memory: 512Mi", "memory: 1Gi", "memory: 1Gi"),
    Mutation("P1", CLAIM, "value: 1Gi", "value: 2Gi", "- op"),
    Mutation("P3", REDIS, "          initialDelaySeconds: 30\n", "", "livenessProbe:"),
    Mutation("P13", REDIS, "kubernetes.io/hostname", "topology.kubernetes.io/zone", "podAntiAffinity:"),
    Mutation("P13", REDIS, "requiredDuring", "preferredDuring", "podAntiAffinity:"),
    Mutation("P13", "base/redis-ha/pdb.yaml", "maxUnavailable: 1", "maxUnavailable: 2", "maxUnavailable: 2"),
    Mutation("P13", "base/redis-ha/kustomization.yaml", "- pdb.yaml\n", "", "apiVersion", "base/redis/statefulset.yaml"),
    Mutation("P13", REDIS, "Parallel", "OrderedReady", "podManagementPolicy"),
    Mutation("P13", REDIS, "- name: sentinel\n        image", "- name: sntl\n        image", "containers:"),
    Mutation("P13", "base/redis-ha/service.yaml", "name: redis-haproxy", "name: redis", "name: redis # which"),
    Mutation("S14", "base/redis-ha/networkpolicy-replication.yaml", "- port: 26379", "- port: 26378", "- port: 26378"),
    Mutation("K1", WEB, "- name: web", "- name: wbe", "- name: wbe"),
    Mutation("K2", "base/components/nodeport/kustomization.yaml", "exposed=true", "exposed=no", "kind: Service"),
    Mutation("K3", WEB, "images:", "replacements:\n- source:\n    kind: Deployment\n    name: web\n  targets:\n  - select:\n      kind: Nope\n    fieldPaths: [spec.x]\nimages:", "kind: Nope"),
    Mutation("K4", WEB, "  newTag: v1.0.0", "  newTag: v1.0.0\n  newTag: v1.0.2", "newTag: v1.0.2"),
    Mutation("K5", WEB, "- name: web", "- name: web\n  newTag: v0.9.0\n- name: web # again", "# again"),
    Mutation("K6", WEB, "patches:", "patches:\n- target: {}\n  patch: |-\n    $patch: delete\n    kind: X\n    metadata:\n      name: x", "- target: {}"),
    Mutation("K7", "base/web/kustomization.yaml", "resources:", "images:\n- name: web\n  newName: other\nresources:", "- name: web", WEB),
    Mutation("K8", WEB, "resources:", "resources:\n- https://example.com/base", "example.com"),
    Mutation("K9", WEB, "images:", "images: [", "- name: web"),
    Mutation("K9", WEB, "- path: frontend-data.yaml", "- path: absent.yaml", "absent.yaml"),
    Mutation("K10", WEB, "newTag: v1.0.0", "newTag: 1.10", "newTag: 1.10"),
    Mutation("S1", "base/web/deployment.yaml", "runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot: false"),
    Mutation("S1", "base/grafana/deployment.yaml", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "allowPrivilegeEscalation: true"),
    Mutation("S1", "base/web/job.yaml", "drop: [ALL]", "drop: [NET_RAW]", "drop: [NET_RAW]"),
    Mutation("S2", "base/nodered/deployment.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "readOnlyRootFilesystem: false"),
    Mutation("S3", "base/web/job.yaml", "          limits:\n            cpu: 500m\n", "          limits:\n", "limits:"),
    Mutation("S4", "base/emqx/statefulset.yaml", "automountServiceAccountToken: false", "automountServiceAccountToken: true", "automountServiceAccountToken"),
    Mutation("S5", "base/grafana/deployment.yaml", "type: Recreate", "type: RollingUpdate", "type: RollingUpdate"),
    Mutation("S6", "base/backend/deployment.yaml", "name: backend-env", "name: backend-evn", "- secretRef:"),
    Mutation("S6", "base/redis/statefulset.yaml", "key: password", "key: pasword", "- name: REDISCLI_AUTH"),
    Mutation("S6", "base/grafana/deployment.yaml", "key: grafana-basic-auth", "key: basic-auth", "- key: basic-auth"),
    Mutation("S6", "base/postgres-ha/objectstore.yaml", "key: access-key-id", "key: access-key", "accessKeyId:"),
    Mutation("S6", "base/web/deployment.yaml", "claimName: frontend-data", "claimName: frontend", "    spec:"),
    Mutation("S7", "base/web/pdb.yaml", "AlwaysAllow", "IfHealthyBudget", "unhealthyPodEvictionPolicy"),
    Mutation("S8", "base/web/service.yaml", "targetPort: http", "targetPort: htpp", "targetPort: htpp"),
    Mutation("S8", "base/redis/service.yaml", "  selector:\n    app.kubernetes.io/name: redis", "  selector:\n    app.kubernetes.io/name: rediss", "selector:"),
    Mutation("S9", "base/redis/pvc.yaml", "Prune=false,Delete=false", "Prune=false", "sync-options"),
    Mutation("S9", "base/redis/pvc.yaml", " Prune=false,Delete=false", "", "sync-options"),
    Mutation("S6", "base/web/deployment.yaml", "claimName: frontend-data", "claimName: frontend-dat", "    spec:"),
    Mutation("S10", "base/platform/networkpolicy-default-deny.yaml", "[Ingress, Egress]", "[Ingress]", "policyTypes"),
    Mutation("S10", "base/platform/namespace.yaml", "enforce: baseline", "enforce: privileged", "enforce: privileged"),
    Mutation("S11", "base/redis/statefulset.yaml", "  selector:", VCT.lstrip("\n") + "  selector:", "- metadata:"),
    Mutation("S11", CLAIM, "value: 1Gi", "value: 2Gi", "- op"),
    Mutation("S11", "overlays/prod/redis/redis-data.yaml", "value: 1Gi", "value: 2Gi", "- op", CLAIM),
    Mutation("S11", "base/redis-ha/pvc-2.yaml", "buildingos-block", "buildingos-shared", "storageClassName"),
    Mutation("S11", "base/redis-ha/pvc-0.yaml", "ReadWriteOnce", "ReadWriteOncePod", "accessModes"),
    Mutation("S11", "base/redis-ha/pvc-0.yaml", "    argocd", "    argocd.argoproj.io/sync-wave: '-1'\n    argocd", "sync-wave"),
    Mutation("S11", REDIS, "replicas: 3", "replicas: 4", "- metadata:"),
    Mutation("S11", REDIS, "replicas: 3", "replicas: 2", "apiVersion", "base/redis-ha/pvc-2.yaml"),
    Mutation("S11", REDIS, "replicas: 3", "persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}\n  replicas: 3", "whenDeleted"),
    Mutation("S12", "overlays/dev/platform/kustomization.yaml", "- ../../../base/components/nodeport-access\n- ../env", "- ../env\n- ../../../base/components/nodeport-access", "metadata:", "base/components/nodeport-access/networkpolicy.yaml"),
    Mutation("L1", "base/redis/kustomization.yaml", "resources:", "images:\n- name: redis\n  newTag: 1.2.3\nresources:", "- name: redis"),
    Mutation("L2", WEB, "images:", "namePrefix: x-\nimages:", "namePrefix"),
    Mutation("L3", "overlays/dev/environment.yaml", "access: nodeport", "access: nodeprot", "access: nodeprot"),
    Mutation("L3", "overlays/prod/environment.yaml", "count: 3", "count: three", "count: three"),
    Mutation("P0", "base/redis/statefulset.yaml", "      - name: redis\n", "      - name: rds\n", "      containers:"),
    Mutation("P0", "base/backend/service.yaml", "name: backend\n", "name: backnd\n", "apiVersion", "base/backend/deployment.yaml"),
    Mutation("P2", "base/web/deployment.yaml", "topologyKey: kubernetes.io/hostname", "topologyKey: topology.kubernetes.io/zone", "podAntiAffinity:"),
    Mutation("P2", "base/web/hpa.yaml", "    name: web\n  min", "    name: backend\n  min", "name: backend"),
    Mutation("P4", "base/redis/statefulset.yaml", "- key: buildingos.io/role\n        operator", "- key: buildingos.io/rol\n        operator", "tolerations:"),
    Mutation("P5", "base/ingress/ingress.yaml", "  annotations:", "  annotations:\n    nginx.ingress.kubernetes.io/rewrite-target: /", "rewrite-target"),
    Mutation("P5", "overlays/prod/ingress/host.yaml", "buildingos.example.com", "other.example.com", "- op"),
    Mutation("P7", "base/backend/backend.env", "PGPORT", "API=ghp_0123456789abcdefghijABCDEFGHIJ012345\nPGPORT", "ghp_"),
    Mutation("P7", "base/backend/backend.env", "PGPORT", "PGPASSWORD=hunter2\nPGPORT", "PGPASSWORD"),
    Mutation("P7", "base/backend/backend.env", "mqtt://", "mqtt://bos:hunter2@", "hunter2"),
    Mutation("P7", "base/emqx/emqx.conf", "telemetry", 'node.cookie = "q7Zt0vLw3KxRb5Yd"\ntelemetry', "q7Zt0v"),
    Mutation("P7", "base/grafana/datasources.yaml", "editable: false", "editable: false\n  token: 9f86d081884c7d659a2feaa0c55ad015", "9f86d0"),
    Mutation("P7", "base/nodered/settings.js", "userDir", 'apiKey: "dGhpc0lzQVNlY3JldEtleTEy",\n  userDir', "apiKey"),
    Mutation("P7", "base/nodered/settings.js", "userDir", 'x: "$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234",\n  userDir', "$2b$10$"),
    Mutation("P7", "base/web/nginx.conf", "http {", '# {"auths": {"r.example.com": {}}}\nhttp {', "auths"),
    Mutation("P7", "base/web/nginx.conf", "http {", "# eyJhdXRocyI6eyJyLmV4YW1wbGUuY29t\nhttp {", "eyJhdXRocyI6"),
    Mutation("P7", "base/web/nginx.conf", "http {", "# LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVk\nhttp {", "LS0tLS1"),
    Mutation("P7", "base/postgres/statefulset.yaml", "POSTGRES_PASSWORD_FILE", "POSTGRES_PASSWORD", "- name: POSTGRES_PASSWORD"),
    Mutation("P8", "base/web/job.yaml", "image: web", "image: swr.example.com/buildingos/web:v0.9.0", "web:v0.9.0"),
    Mutation("P8", "base/web/job.yaml", "claimName: frontend-data", "claimName: other", "      volumes:"),
    Mutation("P9", "overlays/prod/environment.yaml", "digest: required", "digest: optional", "digest: optional"),
    Mutation("P9", WEB, "  newTag: v1.0.0\n", "", "- name: web"),
    Mutation("P10", "base/grafana/deployment.yaml", "replicas: 1", "replicas: 3", "- name: grafana-data"),
    Mutation("P10", WEB, "images:", "replicas:\n- name: web\n  count: 2\nimages:", "- name: web"),
    Mutation("P11", "overlays/dev/kustomization.yaml", "- web\n", "- web\n- absent\n", "- absent"),
    Mutation("P11", "overlays/dev/kustomization.yaml", "- web\n", "- web\n- web # again\n", "# again"),
    Mutation("K4", "base/web/deployment.yaml", "    type: RollingUpdate", "    type: RollingUpdate\n    type: Recreate", "type: Recreate"),
    Mutation("K9", "base/web/deployment.yaml", "      affinity:", "\taffinity:", "\taffinity:"),
    Mutation("K9", "overlays/dev/web/frontend-data.yaml", "name: frontend-data", "name: absent", "name: absent"),
    Mutation("K9", "base/components/ha/pods.yaml", "/0/", "/7/", "path: "),
    Mutation("K9", "overlays/dev/kustomization.yaml", "resources:", "resources: [", "- backend"),
    Mutation("K9", "overlays/dev/environment.yaml", "nodes:", "nodes: [", "- role: control-plane"),
    Mutation("K9", WEB, "images:\n- name: web", "images:\n- nam: web", "- nam: web"),
    Mutation("K11", "base/web/service.yaml", "  - name: http\n    port: 80\n    targetPort: http", "  - 80", "  - 80"),
    Mutation("K11", "base/web/hpa.yaml", "  metrics:\n", "  metrics: 7\n  others:\n", "metrics: 7"),
    Mutation("K12", "base/web/kustomization.yaml", "configMapGenerator:", "configMapGenerator:\n- name: unused\n  literals: [a=b]", "- name: unused"),
    Mutation("K12", "base/platform/kustomization.yaml", "buildingos.io/read-by", "buildingos.io/reader", "- name: buildingos-alerts"),
    Mutation("K13", "base/web/kustomization.yaml", "- pairs:", "- includeTemplates: true\n  pairs:\n    app.kubernetes.io/version: v1\n- pairs:", "version: v1"),
    Mutation("K13", "base/web/kustomization.yaml", "labels:", "commonLabels:\n  a: b\nlabels:", "commonLabels:"),
    Mutation("S1", "base/web/deployment.yaml", "        securityContext:\n          allow", "        securityContext:\n          runAsUser: 0\n          allow", "runAsUser: 0"),
    Mutation("S1", "base/web/job.yaml", "drop: [ALL]", "drop: [ALL]\n            add: [NET_RAW]", "add: [NET_RAW]"),
    Mutation("S1", "base/web/deployment.yaml", "containerPort: 8080", "containerPort: 8080\n          hostPort: 80", "hostPort"),
    Mutation("S1", "base/web/deployment.yaml", "emptyDir:\n          sizeLimit: 256Mi", "hostPath: {path: /tmp}", "- name: tmp"),
    Mutation("S1", "base/web/deployment.yaml", "            port: http", "            port: http\n            host: 1.2.3.4", "host: 1.2.3.4"),
    Mutation("S4", WEB, "patches:", "patches:\n- target:\n    kind: Deployment\n  patch: |-\n    - op: add\n      path: /spec/template/spec/automountServiceAccountToken\n      value: true", "- op: add"),
    Mutation("S10", "base/platform/kustomization.yaml", "- namespace.yaml\n", "", "apiVersion", "overlays/dev/platform/kustomization.yaml"),
    Mutation("S13", "base/web/networkpolicy.yaml", "    matchLabels:\n      app.kubernetes.io/name: web", "    matchLabels:\n      app.kubernetes.io/name: wbe", "podSelector:"),
    Mutation("S13", "base/web/networkpolicy.yaml", "name: backend", "name: backnd", "- podSelector:"),
    Mutation("S13", "base/redis/networkpolicy.yaml", "  ingress:\n", "  ingress:\n  - {}\n", "- {}"),
    Mutation("S14", "base/web/networkpolicy.yaml", "port: 3001", "port: 3002", "- port: 3002"),
    Mutation("S14", "base/redis/networkpolicy.yaml", "port: 6379", "port: 6380", "- port: 6380"),
    Mutation("S15", "base/postgres/statefulset.yaml", "terminationGracePeriodSeconds: 120", "terminationGracePeriodSeconds: 10", "PeriodSeconds: 10"),
    Mutation("S15", "base/web/deployment.yaml", "lifecycle:", "x-lifecycle:", "- name: web"),
    Mutation("S15", "base/grafana/deployment.yaml", "      terminationGracePeriodSeconds: 30\n", "", "    spec:"),
    Mutation("L2", "overlays/dev/web/frontend-data.yaml", "spec:", "  labels:\n    x: 'y'\nspec:", "x: 'y'"),
    Mutation("L3", "overlays/dev/environment.yaml", "block: buildingos-block", "block: absent", "block: absent"),
    Mutation("L5", HA, "imageName: postgres", "imageName: ghcr.io/cloudnative-pg/postgresql:18.6", "imageName"),

    Mutation("L3", "overlays/dev/environment.yaml", "    buildingos-shared:\n", "    other:\n", "  classes:"),
    Mutation("L5", "base/redis/statefulset.yaml", "image: redis", "image: docker.io/library/redis:8.10.1", "image: docker.io"),
    Mutation("L6", "overlays/dev/environment.yaml", "- name: metrics-server", "- name: metrics", "platform:"),
    Mutation("L6", "overlays/prod/environment.yaml", "- name: cert-manager", "- name: certs", "platform:"),
    Mutation("L6", "overlays/prod/environment.yaml", "        buildingos.io/role: ingress\n", "        buildingos.io/role: worker\n", "- name: nginx-ingress"),
    Mutation("L6", "overlays/prod/environment.yaml", "        value: ingress\n", "        value: other\n", "- name: nginx-ingress"),
    Mutation("L3", "overlays/prod/environment.yaml", "version: 0.29.0", "version: ^0.29", "version: ^0.29"),
    Mutation("A1", "overlays/prod/argocd/kustomization.yaml", "- ../../../base/components/prune-confirm\n", "", "syncOptions:", SHARED),
    Mutation("A1", SHARED, "ServerSideDiff=false", "ServerSideDiff=true", "ServerSideDiff=true"),
    Mutation("A1", SHARED, "selfHeal: true", "selfHeal: false", "selfHeal: false"),
    Mutation("A1", "overlays/dev/argocd/projects.yaml", "server: https://kubernetes.default.svc", "server: '*'", "server: '*'"),
    Mutation("A1", "overlays/dev/argocd/services.yaml", "targetRevision: main", "targetRevision: other", "targetRevision: other"),
    Mutation("A1", "overlays/prod/argocd/applications.yaml", "/spec/volumeClaimTemplates", "/spec/replicas", "/spec/replicas"),
    Mutation("A1", "overlays/dev/argocd/root.yaml", "prune: true", "prune: true\n      allowEmpty: true", "allowEmpty"),
    Mutation("A2", "overlays/dev/argocd/applications.yaml", ";/base/web", "", "generate-paths: .;../env;/base/components"),
    Mutation("A2", "overlays/prod/redis/kustomization.yaml", "base/redis-ha", "base/redis", "/base/redis;/base/redis-ha", "overlays/prod/argocd/applications.yaml"),
    Mutation("A4", "overlays/dev/argocd/services.yaml", "targetRevision: main", "targetRevision: main\n    kustomize: {images: [backend=x:v9]}", "kustomize:"),
    Mutation("A3", "base/platform/namespace.yaml", "Delete=false", "Delete=false,ServerSideApply=true", "ServerSideApply"),
    Mutation("L4", "overlays/prod/web/kustomization.yaml", "", "", "apiVersion", "overlays/prod/kustomization.yaml"),
]  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("mutated") / "repo"
    target.mkdir()
    for name in ("base", "overlays"):
        shutil.copytree(ROOT / name, target / name)
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def findings(root: Path, env: str | None = None) -> list[Finding]:
    return check(Tree(WorkTree(root)), Renderer(), env)


def test_this_repository_is_clean():
    assert findings(ROOT) == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.rule}-{m.file}-{m.at}".replace("/", "_"))
def test_each_rule_fails_at_the_file_and_line_of_the_mutation(copy: Path, mutation: Mutation):
    file = copy / mutation.file
    before = file.read_text()
    assert mutation.old in before
    try:
        if mutation.rule == "L4":
            file.unlink()
        else:
            file.write_text(before.replace(mutation.old, mutation.new, 1))
        found = [(f.path, f.line) for f in findings(copy) if f.rule == mutation.rule]
        where = mutation.found_in or mutation.file
        lines = [n for n, line in enumerate((copy / where).read_text().splitlines(), 1) if mutation.at in line]
    finally:
        file.write_text(before)

    assert [(path, line) for path, line in found if path == where and line in lines], (found, where, lines)


def test_the_copy_is_clean_when_every_mutation_is_taken_back(copy: Path):
    assert findings(copy) == []


def test_every_rule_has_a_mutation():
    assert {mutation.rule for mutation in MUTATIONS} == set(RULES)


@pytest.mark.parametrize("identity", RULES)
def test_every_rule_explains_itself_and_names_its_source(identity: str, capsys):
    assert main(["check", "--explain", identity.lower()]) == 0

    rule, out = explain(identity), capsys.readouterr().out
    assert out.startswith(f"{identity}: {rule.title}\n")
    assert out.endswith(f"Remedy: {rule.remedy}\nSource: {rule.source}\n")


def test_an_unknown_rule_is_a_usage_error_that_lists_the_known_ones(capsys):
    assert main(["check", "--explain", "P99"]) == 2

    err = capsys.readouterr().err
    assert "no such rule" in err
    assert "P11" in err


def test_findings_are_data_with_exit_code_1(copy: Path, capsys):
    file = copy / "base/nodered/pvc.yaml"
    before = file.read_text()
    file.write_text(before.replace("Prune=false,Delete=false", "Prune=false"))
    try:
        code = main(["--repo", str(copy), "check", "--output", "json"])
    finally:
        file.write_text(before)

    said = json.loads(capsys.readouterr().out)
    assert code == 1
    assert said["rules"] == len(RULES)
    assert [(f["rule"], f["path"], f["environments"]) for f in said["findings"]] == [
        ("S9", "base/nodered/pvc.yaml", ["dev", "preprod", "prod"])
    ]


def test_a_broken_unit_is_one_finding_and_the_rest_is_still_judged(copy: Path):
    broken, other = copy / WEB, copy / "base/redis/pvc.yaml"
    texts = broken.read_text(), other.read_text()
    broken.write_text("images: [\n")
    other.write_text(texts[1].replace("Prune=false,Delete=false", ""))
    try:
        found = findings(copy, "dev")
    finally:
        broken.write_text(texts[0])
        other.write_text(texts[1])

    assert [f.rule for f in found if f.path == WEB] == ["K9"]
    assert [f.rule for f in found if f.path == "base/redis/pvc.yaml"] == ["S9"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("base/components/ha/pods.yaml", "/0/", "/7/"),
        ("base/web/deployment.yaml", "  strategy:", "  strategy: ["),
        ("overlays/dev/kustomization.yaml", "resources:\n", "resources: x\nmore:\n"),
        ("overlays/prod/environment.yaml", "nodes:", "nodes: ["),
        ("overlays/dev/web/kustomization.yaml", "images:\n", "images: {}\nmore:\n"),
    ],
)
def test_what_can_not_be_read_is_one_finding_with_a_line_and_no_scratch_path(copy: Path, file, old, new):
    target = copy / file
    before = target.read_text()
    assert old in before
    target.write_text(before.replace(old, new, 1))
    try:
        found = findings(copy)
    finally:
        target.write_text(before)

    assert [(f.rule, f.path, f.line > 0, "scratch" in f.message) for f in found] == [("K9", file, True, False)]


def test_one_cause_in_many_objects_is_one_finding(copy: Path):
    file = copy / "base/components/pull-secret/pods.yaml"
    before = file.read_text()
    file.write_text(before.replace("swr-cred", "backend-env"))
    try:
        found = [f for f in findings(copy) if f.rule == "P7"]
    finally:
        file.write_text(before)

    assert len(found) == 1
    assert found[0].environments == ("dev", "preprod", "prod")
