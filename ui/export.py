"""Taking things away: files, links and commands; and the note about text that was cut."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import streamlit as st

from bert_core.outputs import Encoding
from bert_core.viz.numbers import counted


def panel(files: Mapping[str, tuple[str, str]], link: str, command: str) -> None:
    """Buttons for the files (name -> content and kind), the link, and the command."""
    with st.container(horizontal=True):
        for name, (content, kind) in files.items():
            ending = name.rpartition(".")[2].upper()
            st.download_button(
                f"Save as {ending}", content, name, kind, on_click="ignore", key=f"save_{name}"
            )
    st.markdown("A link that opens the same sentence, hidden words and settings:")
    st.code(link, language=None, wrap_lines=True)
    st.markdown("The same numbers on the command line:")
    st.code(command, language=None, wrap_lines=True)


def as_csv(rows: Sequence[Mapping[str, object]]) -> str:
    """The records as CSV with a header; cells that a spreadsheet would run are made text."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") and value[1:]:
        return f"'{value}"
    return "" if value is None else value


def truncation_note(encoding: Encoding) -> None:
    """Says what was cut, where, and why; nothing when all of the text fits."""
    cut = encoding.truncation
    if cut is None:
        return
    kept = cut.kept_characters[0]
    last = encoding.text[max(0, kept - 30) : kept].strip()
    st.warning(
        f"The text is longer than the model can read: it has {cut.limit:,} positions, two of them "
        f"for [CLS] and [SEP]. The first {cut.limit - 2:,} tokens are used, up to “… {last}” "
        f"(character {kept:,}); the last {counted(cut.tokens_dropped, 'token')} are left out. What "
        "you typed is kept."
    )
