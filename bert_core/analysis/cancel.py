"""Work that was stopped because nobody waits for it any more."""

from __future__ import annotations


class Cancelled(Exception):
    """The work was not finished, because its `cancelled` argument said so."""
