"""The process that makes maps, one for all visitors, ready before anybody asks."""

from __future__ import annotations

import streamlit as st

from bert_core.analysis.projection_process import Projector
from bert_core.data.packages import default_cache


@st.cache_resource(show_spinner=False)
def projector() -> Projector:
    """The process; it starts with the first map or when it is warmed."""
    return Projector(default_cache() / "numba")


@st.cache_resource(show_spinner=False)
def warm() -> None:
    """Load UMAP in the background, once for each start of a server."""
    if st.runtime.exists():
        projector().warm()
