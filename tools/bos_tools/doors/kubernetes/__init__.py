"""The door to a cluster's API server."""
