"""Results as Markdown, for a comment of a pull request."""
