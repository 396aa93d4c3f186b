"""The panel "Through the layers" of the page "Masked words": every layer's guesses at a place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from bert_core.outputs import Lens, MaskedWords, MaskPrediction
from bert_core.outputs.lens import RAW, TUNED
from bert_core.viz.lens import (
    MOST_WORDS,
    PROBABILITY,
    RANK,
    followed,
    lens_caption,
    lens_figure,
    lens_html,
)
from bert_core.viz.rows import place_title
from ui import models
from ui.fields import dark, plain
from ui.figures import plot
from ui.masked_words import PAGE

if TYPE_CHECKING:
    from bert_core.checkpoint.lens_file import TunedLens

GUESSES, MOST_READ = 5, 20
"""Guesses of a layer that are listed; words of the field that are looked at."""
LensFile = tuple[str, int]
"""Folder of a trained lens, and when its file was last changed; 0 where there is none."""
OPEN, KIND, WHAT, WORDS, PLACE = (
    f"{PAGE}_lens_{name}" for name in ("open", "kind", "what", "words", "place")
)
KINDS = {RAW: "Raw", TUNED: "Trained lens"}
WHATS = {PROBABILITY: "Probability", RANK: "Rank"}
_TABLES = Path(__file__).resolve().parents[1] / "assets" / "contexts.css"


def expander(result: MaskedWords, shown: MaskPrediction) -> None:
    """The panel, closed at first; nothing is worked out before it is opened.

    Args:
        result: the answers of the page.
        shown: the hidden place that is read, unless another one is chosen in the panel.
    """
    with st.expander("Through the layers", key=OPEN, on_change="rerun") as box:
        if box.open:
            _panel(result, shown)


def _panel(result: MaskedWords, shown: MaskPrediction) -> None:
    """Curves of chosen words and a table of guesses, layer by layer."""
    place = _place(result, shown)
    field, whats, kinds = st.columns([3, 2, 2], vertical_alignment="bottom")
    lens = _reading(result, place.position, _words(field, place), _lens_file())
    what = whats.segmented_control(
        "Curves", list(WHATS), format_func=WHATS.get, default=PROBABILITY, key=WHAT, required=True
    )
    kind = RAW
    if TUNED in lens.kinds:
        kind = kinds.segmented_control(
            "Reading", list(KINDS), format_func=KINDS.get, default=RAW, key=KIND, required=True
        )
    _refusals(lens)
    if shown_words := followed(lens, lens.words):
        names = ", ".join(word.word for word in shown_words)
        plot(
            lens_figure(lens, lens.words, what, dark(), kind),
            f"{WHATS[what]} of {names} by layer; the second table has the same numbers",
            key=f"{PAGE}_lens_figure", name="through-the-layers",
        )
    st.html(_TABLES)
    st.html(lens_html(lens, kind))
    st.caption(lens_caption(lens, kind))


def _place(result: MaskedWords, shown: MaskPrediction) -> MaskPrediction:
    """The hidden place to read: the only one, or one chosen from all."""
    places = {one.position: one for one in result.predictions}
    if len(places) == 1:
        return shown
    named = {
        at: f"{place_title(result.encoding, one)}, token {at}" for at, one in places.items()
    }
    all_places = ".".join(map(str, places))  # a choice among other places is another choice
    chosen = st.selectbox(
        "Hidden place", list(places), index=list(places).index(shown.position),
        format_func=named.get, key=f"{PLACE}_{all_places}_{shown.position}",
    )
    return places[chosen]


def _words(field: st.delta_generator.DeltaGenerator, place: MaskPrediction) -> tuple[str, ...]:
    """The words in the field; at first the true word and the model's first guess."""
    first = [guess.token for guess in place.guesses]
    if place.true is not None:
        first.insert(0, place.true.token)
    first = list(dict.fromkeys(first))[:2]
    typed = field.text_input(
        "Words to follow", joined_words(first), key=f"{WORDS}_{' '.join(first)}",
        help="Words of one piece, with commas between.",
    )
    return split_words(typed)[:MOST_READ]


def joined_words(words: list[str]) -> str:
    """The words as they are typed into the field; `split_words` gives them back."""
    return ("  " if any("," in word for word in words) else ", ").join(words)


def split_words(typed: str) -> tuple[str, ...]:
    """Words with commas or spaces between, without repeats; a comma on its own is a word too."""
    parts = (part for run in typed.split() for part in ([run] if run == "," else run.split(",")))
    return tuple(dict.fromkeys(part for part in parts if part))


def _refusals(lens: Lens) -> None:
    """Why some of the words have no curve."""
    for word in lens.words:
        if word.refusal is not None:
            st.caption(f"“{plain(word.word)}” cannot be followed: {plain(word.refusal)}.")
    if len({word.id for word in lens.words} - {None}) > MOST_WORDS:
        st.caption(f"The first {MOST_WORDS} words are shown.")


def _reading(result: MaskedWords, position: int, words: tuple[str, ...], file: LensFile) -> Lens:
    try:
        tuned = _trained_lens(models.current_name(), *file)
    except ValueError as error:
        st.warning(plain(str(error)))
        tuned = None
    text, shown = result.encoding.text, result.masked_ids
    return _read(models.current_name(), text, shown, position, words, file, result, tuned)


def _lens_file() -> LensFile:
    from bert_core.checkpoint import lens_file

    folder = lens_file.BUNDLED_LENS
    path = folder / lens_file.LENS_FILE
    return str(folder), path.stat().st_mtime_ns if path.is_file() else 0


@st.cache_resource(max_entries=4, show_spinner=False)
def _trained_lens(model: str, folder: str, changed: int) -> TunedLens | None:
    """The lens that comes with the project, if it was trained for the model in use."""
    from bert_core.checkpoint.lens_file import find_lens

    return models.ask(find_lens, Path(folder))


@st.cache_resource(max_entries=64, show_spinner=False)
def _read(
    model: str, text: str, shown: tuple[int, ...], position: int, words: tuple[str, ...],
    file: LensFile, _result: MaskedWords, _tuned: TunedLens | None,
) -> Lens:  # fmt: skip
    from bert_core.analysis.lens import read_lens

    return models.ask(read_lens, _result, position, GUESSES, words, _tuned)
