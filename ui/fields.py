"""Fields that several pages have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import streamlit as st


def plain(text: str) -> str:
    """The text so that Markdown shows it as it stands, in one line."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def examples_menu(names: Iterable[str], key: str, on_change: Callable[[], None]) -> None:
    """A menu of examples; the one chosen is in `session_state[key]` when `on_change` is called."""
    st.selectbox(
        "Examples",
        list(names),
        index=None,
        placeholder="Examples",
        key=key,
        on_change=on_change,
        label_visibility="collapsed",
    )
