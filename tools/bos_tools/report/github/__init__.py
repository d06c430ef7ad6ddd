"""Results as commands of a GitHub workflow, which puts them beside the lines of a pull request."""
