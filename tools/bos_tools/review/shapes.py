"""The shapes of Kubernetes fields that the rules walk: kustomize builds a number where a list belongs."""

from typing import Any

from bos_tools.tree.identity import Object
from bos_tools.tree.nodes import Path

LISTS = frozenset({
    "containers", "initContainers", "volumes", "volumeMounts", "env", "envFrom", "tolerations", "imagePullSecrets",
    "topologySpreadConstraints", "rules", "paths", "tls", "metrics", "sources", "nodeSelectorTerms",
    "matchExpressions", "from", "to", "volumeClaimTemplates", "sysctls", "ports",
})  # fmt: skip
"""Lists of mappings; `ingress` and `egress` are ones in a NetworkPolicy."""
MAPPINGS = frozenset({
    "metadata", "spec", "template", "jobTemplate", "labels", "annotations", "selector", "matchLabels",
    "labelSelector", "podSelector", "resources", "requests", "limits", "securityContext", "seccompProfile",
    "capabilities", "affinity", "nodeAffinity", "podAffinity", "podAntiAffinity", "strategy", "lifecycle",
    "startupProbe", "readinessProbe", "livenessProbe", "httpGet", "tcpSocket", "exec", "scaleTargetRef", "configMap",
    "secret", "projected", "persistentVolumeClaim", "configMapRef", "secretRef", "configMapKeyRef", "secretKeyRef",
    "valueFrom", "backend", "service", "http", "namespaceSelector", "podAffinityTerm", "inheritedMetadata", "managed",
})  # fmt: skip
SCALARS = frozenset({
    "name", "namespace", "kind", "image", "claimName", "secretName", "storageClass", "storageClassName",
    "priorityClassName", "targetPort", "type", "key", "operator", "effect", "path", "host", "cpu", "memory", "storage",
    "minReplicas", "maxReplicas", "replicas", "minAvailable", "averageUtilization", "topologyKey", "hostPort",
    "containerPort", "ingressClassName", "provisioner", "cidr", "number", "protocol",
})  # fmt: skip
TEXTS = frozenset({"values", "accessModes", "policyTypes", "command", "drop", "add"})
"""Lists of words."""
FREE = frozenset({"data", "stringData", "binaryData", "annotations", "labels", "parameters", "matchLabels"})
"""Mappings whose keys are the user's."""
JUDGED = frozenset({
    "", "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "storage.k8s.io", "postgresql.cnpg.io",
})  # fmt: skip
"""The groups whose objects some rule walks."""


def misshapen(made: Object) -> tuple[str, Path] | None:
    """Return what is wrong with an object that some rule walks and where, None when its shape is right.

    >>> misshapen(Object("Service", "", "", "web", {"spec": {"ports": 80}}))
    ('`ports` is a list of mappings', ('spec', 'ports'))
    """
    if made.group not in JUDGED:
        return None
    stack: list[tuple[Path, Any]] = [((), made.data)]
    while stack:
        path, value = stack.pop()
        for key, inner in value.items():
            here = (*path, key)
            if inner is not None and (wrong := _wrong(made.kind, key, inner)):
                return f"`{key}` is {wrong}", here
            if isinstance(inner, dict) and key in FREE:
                odd = next((k for k, v in inner.items() if isinstance(v, (dict, list))), None)
                if odd is not None:
                    return f"`{odd}` is a single value", (*here, odd)
            elif isinstance(inner, dict):
                stack.append((here, inner))
            elif isinstance(inner, list):
                stack += [((*here, index), item) for index, item in enumerate(inner) if isinstance(item, dict)]
    return None


def _wrong(kind: str, key: str, value: Any) -> str:
    """Return what a field's value should be, nothing when it is."""
    if (key, kind) in (("limits", "LimitRange"), ("storage", "Cluster")):
        return ""
    is_port = key == "port" and kind != "Ingress"
    is_terms = key.startswith("preferredDuring") or (key.startswith("requiredDuring") and not isinstance(value, dict))
    if key in LISTS or is_terms or (key in ("ingress", "egress") and kind == "NetworkPolicy"):
        fits = isinstance(value, list) and all(isinstance(item, dict) for item in value)
        return "" if fits else "a list of mappings"
    if key in TEXTS:
        fits = isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value)
        return "" if fits else "a list of words"
    if key in MAPPINGS or (key == "data" and kind in ("ConfigMap", "Secret")):
        return "" if isinstance(value, dict) else "a mapping"
    if key in SCALARS or is_port:
        return "a single value" if isinstance(value, (dict, list)) else ""
    return ""
