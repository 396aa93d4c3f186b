"""Work that was stopped because nobody waits for it any more."""

from __future__ import annotations

from collections.abc import Callable

Asked = Callable[[], bool] | None
"""Asked now and then whether the work is still wanted; None for work that is."""


class Cancelled(Exception):
    """The work was not finished, because its `cancelled` argument said so."""


def stop_if(cancelled: Asked, said: str) -> None:
    """Go on, unless the work is not wanted any more.

    Raises:
        Cancelled: with what is `said`, when `cancelled` says so.
    """
    if cancelled is not None and cancelled():
        raise Cancelled(said)
