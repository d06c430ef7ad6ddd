"""Start the program: an interrupt ends it in a word from the first moment on, while it is still being loaded."""

import os
import signal
from types import FrameType

INTERRUPTED = 130


def entry() -> None:
    """Run as a program."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else who started us does not want it heard
        signal.signal(signal.SIGINT, _end)
    from bos_tools.cli.main import entry as run

    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run()
    except KeyboardInterrupt:
        _end()
    except SystemExit as end:
        if end.code == INTERRUPTED:  # all is told; Python would end as by a signal if it was loading something then
            os._exit(INTERRUPTED)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is done is done
        raise


def _end(_: int = 0, __: FrameType | None = None) -> None:
    os.write(2, b"interrupted\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    entry()
