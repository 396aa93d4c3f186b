"""The app's frame: pages, sidebar and style; run by app.py."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

st.set_page_config(page_title="BERT Explorer", page_icon="🔎", layout="wide")

from ui import models, projector  # noqa: E402
from ui.components import follow_theme  # noqa: E402

PAGES = Path(__file__).resolve().parents[1] / "pages"
STYLE = Path(__file__).resolve().parents[1] / "assets" / "style.css"

page = st.navigation(
    [
        st.Page(PAGES / "masked_words.py", title="Masked words", default=True),
        st.Page(PAGES / "tokens.py", title="Tokens"),
        st.Page(PAGES / "attention.py", title="Attention"),
        st.Page(PAGES / "words_in_context.py", title="Words in context"),
        st.Page(PAGES / "sentence_pairs.py", title="Sentence pairs"),
        st.Page(PAGES / "task_heads.py", title="Task heads"),
        st.Page(PAGES / "training.py", title="Training"),
    ]
)
st.html(STYLE)
page.run()
with st.sidebar:
    models.sidebar()
    follow_theme()
projector.warm()
