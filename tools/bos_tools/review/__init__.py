"""Two trees in, findings and a semantic diff out."""
