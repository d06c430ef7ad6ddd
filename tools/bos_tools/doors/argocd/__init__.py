"""The door to Argo CD's API: a thin typed client."""
