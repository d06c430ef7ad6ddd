"""Do what waits for other programs and servers side by side: a job a core."""

import os
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Job = TypeVar("Job")
Made = TypeVar("Made")


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_parallel(work: Callable[[Job], Made], jobs: Sequence[Job]) -> list[Made]:
    """Return the work's result for each job, in order, one job a core at a time.

    Raises what the first of the failed jobs raised; jobs that had not begun by then are left out.
    """
    width = min(len(jobs), cores())
    if width <= 1:
        return [work(job) for job in jobs]
    made: dict[int, Made] = {}
    failed: dict[int, BaseException] = {}
    waiting = list(reversed(list(enumerate(jobs))))

    def take() -> None:
        while waiting and not failed:
            try:
                number, job = waiting.pop()
            except IndexError:  # another thread took the last one
                return
            try:
                made[number] = work(job)
            except BaseException as error:  # raised again below, in the thread that asked
                failed[number] = error

    threads = [threading.Thread(target=take, daemon=True) for _ in range(width - 1)]
    for thread in threads:
        thread.start()
    take()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[min(failed)]
    return [made[number] for number in range(len(jobs))]
