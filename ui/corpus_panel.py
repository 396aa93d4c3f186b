"""Nearest contexts in a corpus: where else does a word mean what it means here?"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from bert_core.analysis.vectors import Target, embed
from bert_core.checkpoint.fingerprint import fingerprint
from bert_core.index.files import INFO, default_index_folder
from bert_core.index.search import CorpusIndex, open_index
from bert_core.index.words import Word, silent_ids, words_of
from bert_core.outputs import Contexts, CorpusSenses, NearestContexts
from bert_core.viz.nearest_html import corpus_senses_html, histogram_html, nearest_html
from ui import contexts as cx
from ui import models
from ui.fields import plain

FOLDER, COUNT, ONLY, DOCUMENT, TOKEN, WHAT, AT = (
    f"{cx.PAGE}_corpus_{name}"
    for name in ("folder", "count", "only", "document", "token", "what", "layer")
)
Opened = tuple[str, str, int]
"""Folder of an index, name of the model, and when the index was last changed."""
NEAREST, SENSES = "Nearest contexts", "Find me senses"


def corpus(found: Contexts) -> None:
    """The index, a question to it, and its answer; or how to make an index."""
    folder = Path(st.session_state.get(FOLDER) or default_index_folder(models.current_name()))
    if not (folder / INFO).is_file():
        _how_to_make_one(folder)
        return
    try:
        opened = str(folder), models.current_name(), (folder / INFO).stat().st_mtime_ns
        _ask(opened, _open(*opened), found)
    except (ValueError, OSError) as error:
        st.error(plain(str(error)))
        _folder_field(folder)


def _how_to_make_one(folder: Path) -> None:
    st.info(
        "There is no index of a corpus yet. One command makes one of a million words of the text "
        "that the bundled model was trained on; a folder of your own .txt files serves as well:"
    )
    model = models.current_name()
    named = "" if model == models.BUNDLED else f" --model '{model}'"
    st.code(
        f"python -m bert_core index --corpus packaged --limit-tokens 1000000{named}\n"
        f"python -m bert_core index --corpus FOLDER{named} --output OTHER_FOLDER",
        language=None, wrap_lines=True,
    )
    _folder_field(folder)


def _folder_field(folder: Path) -> None:
    st.text_input("Folder of the index", key=FOLDER, placeholder=str(folder))


def _ask(opened: Opened, index: CorpusIndex, found: Contexts) -> None:
    first, _ = cx.picked(len(found.occurrences))
    one = found.occurrences[first]
    text = found.sentences[one.sentence]
    info = index.info
    st.caption(
        f"{info.corpus}: {info.tokens:,} words in {info.sentences:,} sentences of "
        f"{info.documents:,} documents."
    )
    what, layer, word = st.columns(3, vertical_alignment="bottom")
    asked = what.segmented_control(
        "Question", [NEAREST, SENSES], key=WHAT, default=NEAREST, required=True
    )
    at = layer.selectbox("Layer", info.layers, index=len(info.layers) - 1, key=AT)
    if asked == SENSES:
        word.text_input("Word", found.word, key=f"{TOKEN}_senses")
        sought = st.session_state[f"{TOKEN}_senses"].strip()
        if sought:
            st.html(corpus_senses_html(_senses(opened, sought, at, index)))
            st.caption(
                "The word's places in the corpus, grouped by their vectors alone. Nobody named the "
                "groups: read the sentences before believing in one."
            )
        return
    places = _words(text)
    own = next((n for n, place in enumerate(places) if place.start >= one.start), 0)
    chosen = word.selectbox(
        f"Word of sentence {first + 1}", range(len(places)), index=min(own, len(places) - 1),
        format_func=lambda n: text[places[n].start : places[n].end],
        key=f"{TOKEN}_{first}_{hash(text)}",
    )
    only, document, count = st.columns([2, 3, 1], vertical_alignment="bottom")
    only.toggle("Only the same word", key=ONLY)
    document.text_input("Only documents with this in their name", key=DOCUMENT)
    count.number_input("Shown", 5, 100, 20, step=5, key=COUNT)
    answer = _nearest(index, text, places[chosen], at)
    left, right = st.columns([3, 2])
    with left:
        st.html(nearest_html(answer))
    with right:
        st.html(histogram_html("Words matched", answer.words))
        st.html(histogram_html("Words beside them", answer.neighbours))
    st.caption(
        f"Found in {answer.milliseconds:.0f} ms. The number before a sentence is the cosine of its "
        "word's vector to the chosen word's; near vectors need not mean the same."
    )


def _words(text: str) -> list[Word]:
    """The words of a text that the index would have."""
    return words_of(models.encode(text), silent_ids(models.tokenizer()))


def _nearest(index: CorpusIndex, text: str, word: Word, layer: int) -> NearestContexts:
    vector = models.ask(embed, [Target(text, word.start, word.end)], layer)[0]
    return index.nearest(
        vector, layer, st.session_state[COUNT],
        word=text[word.start : word.end] if st.session_state[ONLY] else None,
        document=st.session_state[DOCUMENT].strip() or None,
    )


@st.cache_resource(max_entries=2, show_spinner="Opening the index …")
def _open(folder: str, model: str, changed: int) -> CorpusIndex:
    return open_index(Path(folder), models.ask(fingerprint))


@st.cache_resource(max_entries=16, show_spinner="Grouping the word's places …")
def _senses(opened: Opened, word: str, layer: int, _index: CorpusIndex) -> CorpusSenses:
    return _index.senses(word, layer)
