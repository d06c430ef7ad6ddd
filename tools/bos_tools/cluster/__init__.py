"""The Kubernetes client: live objects, and what the API server would say to a change."""
