"""What is not real in a sandbox, and what that hides."""

STANDINS = {
    "kubelets": "KWOK plays the nodes: pods become ready without a container, Jobs complete at once",
    "images": "none is pulled: a wrong name or digest is not noticed",
    "csi-drivers": "every StorageClass provisions at once; growth goes as the claim's annotation says",
    "ingress-controller": "every Ingress gets the address 192.0.2.1, and nothing listens there",
    "cloudnative-pg": "its kinds store any fields; a Cluster gets claims, pods and Services, but no database",
    "gitops-engine": "Argo CD is built with commit c9c369efcc5b of its engine: the release's own is not published",
    "redis": "Argo CD's cache is miniredis",
}
