"""Taking things away: files, links and commands; and the note about text that was cut."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from bert_core.outputs import Encoding
from bert_core.viz.numbers import counted
from ui.fields import plain


def panel(
    files: Mapping[str, tuple[str, str]],
    link: str | None,
    command: str | None,
    opens: str = "sentence, hidden words and settings",
) -> None:
    """Buttons for the files (name -> content and kind), the link, and the command.

    Args:
        files: name -> content and kind.
        link: the address of what is shown, if it fits into one.
        command: what gives the same in a shell, if anything does.
        opens: what the link holds.
    """
    with st.container(horizontal=True):
        for name, (content, kind) in files.items():
            ending = name.rpartition(".")[2]
            alone = sum(other.endswith(f".{ending}") for other in files) == 1
            label = f"Save as {ending.upper()}" if alone else f"Save {name}"
            st.download_button(label, content, name, kind, on_click="ignore", key=f"save_{name}")
    if link is not None:
        st.markdown(f"A link that opens the same {opens}:")
        st.code(link, language=None, wrap_lines=True)
    if command is not None:
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


def zipped(folder: Path, name: str) -> bytes:
    """The files of a folder as a zip file, in which they lie in the folder `name`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.iterdir()):
            if path.is_file():
                archive.write(path, f"{name}/{path.name}")
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") and value[1:]:
        return f"'{value}"
    return "" if value is None else value


def link_note(fits: bool) -> None:
    """Says so when what is shown does not fit into a link."""
    if not fits:
        st.caption("The text is too long for a link; save it as JSON instead.")


def truncation_note(encoding: Encoding) -> None:
    """Says what was cut, where, and why; nothing when all of the text fits."""
    cut = encoding.truncation
    if cut is None:
        return
    texts = {"": encoding.text}
    if encoding.pair is not None:
        texts = {" of text A": encoding.text, " of text B": encoding.pair}
    frame = "[CLS] and [SEP]" if encoding.pair is None else "[CLS] and the [SEP] after each text"
    ends = [
        f"“… {plain(text[max(0, kept - 30) : kept].strip())}” (character {kept:,}{name})"
        for (name, text), kept in zip(texts.items(), cut.kept_characters, strict=False)
        if kept is not None and kept < len(text)
    ]
    st.warning(
        f"The text is longer than the model can read: it has {cut.limit:,} positions, "
        f"{len(texts) + 1} of them for {frame}. The first {cut.limit - len(texts) - 1:,} tokens "
        f"are used, up to {' and '.join(ends)}; the last {counted(cut.tokens_dropped, 'token')} "
        "are left out. What you typed is kept."
    )
