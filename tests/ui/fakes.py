"""A visitor's session without a browser: what `ui` keeps in Streamlit, in plain dicts."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import streamlit as st

from ui import masked_words as mw


class Query(dict[str, str]):
    """Stands for `st.query_params`."""

    def to_dict(self) -> dict[str, str]:
        """A copy."""
        return dict(self)

    def from_dict(self, values: dict[str, str]) -> None:
        """Other values in place of these."""
        self.clear()
        self.update(values)


class Visitor:
    """One session on the page "Masked words"."""

    def __init__(self) -> None:
        self.session: dict[str, object] = {"model": "bundled"}
        self.query = Query()

    def start(self, state: mw.State) -> None:
        """Begin with `state`, nothing to undo."""
        self.session[mw.PAGE] = state
        self.run()

    def run(self) -> mw.State:
        """What a run of the page does with the state."""
        state = mw.current()
        mw.write_address(state)
        return state

    def type(self, text: str) -> mw.State:
        """Put another text into the field."""
        self.session[mw.TEXT] = text
        mw.text_changed()
        return self.run()

    def press(self, *hidden: int, rev: int | None = None) -> mw.State:
        """What the chips report when these positions are hidden, all as [MASK]."""
        places = [[position - 1, "mask", "[MASK]"] for position in hidden]
        report = {"rev": mw.revision() if rev is None else rev, "places": places}
        self.session[mw.CHIPS] = {"hidden": report}
        mw.chip_pressed()
        return self.run()

    def put_in(self, position: int, word: str) -> mw.State:
        """Press the bar of `word` at a hidden place."""
        self.session["bars"] = {"pick": [position, word, "guess"]}
        mw.put_in("bars")
        return self.run()

    def undo(self) -> mw.State:
        """Press Undo."""
        mw.undo()
        return self.run()

    def follow(self, link: dict[str, str]) -> mw.State:
        """Open an address, or go back to it."""
        self.query.from_dict(link)
        return self.run()


@contextmanager
def visiting(patch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    """Streamlit's state replaced by a visitor's."""
    visitor = Visitor()
    patch.setattr(st, "session_state", visitor.session)
    patch.setattr(st, "query_params", visitor.query)
    yield visitor
