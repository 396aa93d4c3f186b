"""Fields that several pages have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

ASSETS = Path(__file__).resolve().parents[1] / "assets"


def styles(*names: str) -> str:
    """Style sheets of assets as HTML."""
    sheets = "".join((ASSETS / name).read_text("utf-8") for name in names)
    return f"<style>{sheets}</style>"


def plain(text: str) -> str:
    """The text so that Markdown shows it as it stands, in one line."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def as_sentence(said: str) -> str:
    """What an error or a note says as a sentence that Markdown shows as it stands."""
    return f"{plain(said[:1].upper() + said[1:])}."


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


def dark() -> bool:
    """Whether the visitor's theme is the dark one."""
    return st.context.theme.type == "dark"


def keep_settings(page: str, defaults: Mapping[str, Any]) -> None:
    """Give the page's widgets their values back; call it before they are drawn.

    A widget that is not drawn for a while loses its value; the copy that is kept here does not. One
    that has its value is left alone: setting it would undo a press that is on its way.

    Args:
        page: the page's name.
        defaults: key of each widget -> what it begins with.
    """
    kept = st.session_state.setdefault(f"{page}_settings", dict(defaults))
    for key in kept:
        if key not in st.session_state:
            st.session_state[key] = kept[key]
        kept[key] = st.session_state[key]


def whole_number(typed: str, digits: int = 9) -> int | None:
    """The whole number that was typed; None when it is none, or has more digits."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= digits else None


def closed(title: str, draw: Callable[[], None]) -> None:
    """An expander whose content is drawn only while it is open."""
    with st.expander(title, on_change="rerun") as box:
        if box.open:
            draw()
