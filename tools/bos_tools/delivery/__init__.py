"""What Argo CD is told, and whether a commit is live."""
