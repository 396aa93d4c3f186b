"""One training in a folder at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = "training.lock"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Entered by the process that writes to `folder`; the system ends its claim with the process.

    Raises:
        ValueError: when another process is at it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":  # which has no such locks
        yield
        return
    import fcntl

    with (folder / _LOCK).open("w") as file:
        try:
            # of the process alone, unlike flock: those it starts do not hold it
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ValueError(
                f"another training writes to '{folder}'; wait for its end, or choose another "
                "--output or --work"
            ) from error
        yield
