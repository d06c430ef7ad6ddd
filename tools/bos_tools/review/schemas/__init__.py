"""Data: what the API server takes, by kind."""
