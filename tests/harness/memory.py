"""Files that are nowhere on a disk."""


class Memory:
    """A source of files that are nowhere."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes."""
        return self.files.get(path)

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder."""
        inside = (path.removeprefix(f"{folder}/") for path in self.files if path.startswith(f"{folder}/"))
        return sorted({path.partition("/")[0] for path in inside})

    def real(self, path: str) -> str:
        """Return the path: there are no links."""
        return path
