"""The address holds what a page shows, so that a copied link opens the same thing."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

LONGEST = 6_000
"""Characters of an address that browsers, mail programs and our server all still take."""


def read(page: str, needed: str = "text") -> dict[str, str] | None:
    """What the address says, when it is news: on the first visit, after Back or an edited link.

    An address without a value for `needed` says nothing.

    It is news once. Those run the whole script. A press reruns a fragment, and may carry the
    address of before the answer to the press before it: that is no news.
    """
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run:
        return None
    asked = st.query_params.to_dict()
    values = {name: value for name, value in asked.items() if name != "model"}
    if needed not in values or values == st.session_state.get(f"{page}:address"):
        return None
    st.session_state[f"{page}:address"] = values  # a press may end this run before it writes
    return values


def write(page: str, values: dict[str, str]) -> bool:
    """Put `values` into the address; False when they are too long for one, which is then empty."""
    fits = len(urlencode(values, quote_via=quote)) <= LONGEST
    shown = values if fits else {}
    st.session_state[f"{page}:address"] = shown
    name = st.session_state.get("model", "bundled")
    model = {} if name == "bundled" else {"model": name}
    if st.query_params.to_dict() != {**shown, **model}:
        st.query_params.from_dict({**shown, **model})
    return fits


def link() -> str | None:
    """The whole address of what is shown, once it is written; None when it is too long for one."""
    if not st.query_params.to_dict().keys() - {"model"}:
        return None
    base = (st.context.url or "").split("?")[0]
    return f"{base}?{urlencode(st.query_params.to_dict(), quote_via=quote)}"
