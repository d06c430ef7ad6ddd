"""What is not real in a sandbox, and what that hides."""

STANDINS = {
    "kubelets": "KWOK plays the nodes: pods become ready without a container, Jobs complete at once",
    "images": "none is pulled: a wrong name or digest is not noticed",
    "csi-drivers": "every StorageClass provisions at once; growth goes as the claim's annotation says",
    "ingress-controller": "every Ingress gets the address 192.0.2.1, and nothing listens there",
    "cloudnative-pg": "its kinds store any fields; a Cluster gets claims, pods and Services, but no database",
    "gitops-engine": "Argo CD is built with commit c9c369efcc5b of its engine: the release's own is not published",
    "kwok": "0.7.0 is built with the libraries of Kubernetes 1.34 and not 1.33, one annotation's name spelled out",
    "etcd": "it is 3.6.4, the version of the libraries that Kubernetes 1.34.3 itself has",
    "redis": "Argo CD's cache is miniredis",
}
