"""The address holds what a page shows, so that a copied link opens the same thing."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import streamlit as st

LONGEST = 6_000
"""Characters of an address that browsers, mail programs and our server all still take."""


def read(page: str) -> dict[str, str] | None:
    """What the address says, when it is news: on the first visit, after Back or an edited link."""
    asked = st.query_params.to_dict()
    page_values = {name: value for name, value in asked.items() if name != "model"}
    if not page_values or page_values == st.session_state.get(f"{page}:address"):
        return None
    return page_values


def write(page: str, values: dict[str, str]) -> bool:
    """Put `values` into the address; False when they are too long for one, which is then empty."""
    fits = len(urlencode(values, quote_via=quote)) <= LONGEST
    shown = values if fits else {}
    st.session_state[f"{page}:address"] = shown
    model = {"model": st.query_params["model"]} if "model" in st.query_params else {}
    if st.query_params.to_dict() != {**shown, **model}:
        st.query_params.from_dict({**shown, **model})
    return fits


def link() -> str:
    """The whole address of what is shown."""
    base = (st.context.url or "").split("?")[0]
    query = urlencode(st.query_params.to_dict(), quote_via=quote)
    return f"{base}?{query}" if query else base
