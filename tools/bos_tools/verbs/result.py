"""What every verb returns, whatever it found."""

from collections.abc import Sequence

from bos_tools.errors import BosError


class Result:
    """The answer of a verb; a report shows it, and then the program ends as it says."""

    @property
    def notes(self) -> Sequence[str]:
        """Return what the human is told beside the data, in every format."""
        return ()

    @property
    def stands(self) -> str:
        """Return what was done for good, in a sentence that is said even where nothing else can be."""
        return ""

    @property
    def trouble(self) -> BosError | None:
        """Return what is wrong in spite of an answer, told after it."""
        return None

    @property
    def exit_code(self) -> int:
        """Return 0, or 1 where the answer itself is a refusal, such as a list of findings."""
        return 0
