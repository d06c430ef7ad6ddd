"""A clock that stands still but for the pauses that are made on it: nothing waits, and no load makes a limit pass."""

from dataclasses import dataclass, field


@dataclass
class Clock:
    """What a module takes for `time`."""

    now: float = 1_000.0
    pauses: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return self.now

    time = monotonic

    def sleep(self, seconds: float) -> None:
        """Note a pause and be later by it."""
        self.pauses.append(seconds)
        self.now += seconds
