"""What Prometheus knows: a client, and the questions about volumes."""
