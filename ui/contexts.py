"""State of the page "Words in context": word, sentences, what is picked, how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from bert_core.data.sentence_sets import builtin_sentences, builtin_words
from bert_core.outputs import PROJECTION_METHODS, LabelledSentence, ProjectionSettings
from ui import fields, links, models
from ui.context_sentences import builtin, parsed, read
from ui.fields import whole_number

PAGE = "contexts"
(
    WORD, SOURCE, TYPED, UPLOAD, INFLECTED, LAYER, COLOUR, METHOD, DIMENSIONS, NEIGHBOURS,
    MIN_DIST, METRIC, SEED, PATHS, MAP, MATRIX, LIST, CURVES,
) = (
    f"{PAGE}_{name}"
    for name in (
        "word", "source", "typed", "upload", "inflected", "layer", "colour", "method",
        "dimensions", "neighbours", "min_dist", "metric", "seed", "paths", "map", "matrix",
        "list", "curves",
    )
)  # fmt: skip
EXAMPLES, OWN = "examples", "own"
SOURCES = {EXAMPLES: "Examples", OWN: "My own sentences"}
SENSE, CLUSTER = "sense", "cluster"
COLOURS = {SENSE: "Sense labels", CLUSTER: "Automatic clusters"}

DEFAULTS: dict[str, Any] = {
    WORD: "bank", SOURCE: EXAMPLES, TYPED: "", INFLECTED: True, LAYER: None, COLOUR: SENSE,
    METHOD: "umap", DIMENSIONS: 2, NEIGHBOURS: 10, MIN_DIST: 0.1, METRIC: "cosine", SEED: 42,
    PATHS: False,
}  # fmt: skip
"""What the page opens with; the layer is then the last one."""
IN_ADDRESS = {
    "word": WORD, "layer": LAYER, "colour": COLOUR, "method": METHOD, "dimensions": DIMENSIONS,
    "neighbours": NEIGHBOURS, "min_dist": MIN_DIST, "metric": METRIC, "seed": SEED,
}  # fmt: skip
LONGEST_WORD = 100


@dataclass(frozen=True)
class Question:
    """What is asked: where does this word stand, and what are its vectors there?"""

    word: str
    inflected: bool
    sentences: tuple[LabelledSentence, ...]
    duplicates: int
    """Sentences that were there before and were left out."""
    name: str
    """The same for the same question."""


def begin() -> None:
    """Take over what the address says, if that is new; before any widget is drawn."""
    if (asked := links.read(PAGE, "word")) is not None:
        _take_address(asked)
    fields.keep_settings(PAGE, DEFAULTS)
    layers = models.config().num_hidden_layers
    if st.session_state[LAYER] is None or not 0 <= st.session_state[LAYER] <= layers:
        st.session_state[LAYER] = layers
        _show_anew()


def question() -> Question:
    """The word and its sentences.

    Raises:
        ValueError: when the sentences cannot be read, saying what would be right.
    """
    word = str(st.session_state[WORD] or "").strip()[:LONGEST_WORD]
    inflected: bool = st.session_state[INFLECTED]
    upload = st.session_state.get(UPLOAD) if st.session_state[SOURCE] == OWN else None
    if upload is not None:
        sentences, duplicates, digest = read(upload.getvalue(), upload.name)
    elif st.session_state[SOURCE] == OWN:
        sentences, duplicates, digest = parsed(st.session_state[TYPED])
    else:
        sentences, duplicates, digest = builtin(word)
    return Question(word, inflected, sentences, duplicates, f"{digest}:{inflected}:{word}")


def settings() -> ProjectionSettings:
    """How the map is drawn, as set on the page."""
    value = st.session_state
    return ProjectionSettings(
        value[METHOD], value[DIMENSIONS], value[NEIGHBOURS], value[MIN_DIST], value[METRIC],
        value[SEED],
    )


def layer() -> int:
    """The layer that is shown."""
    number: int = st.session_state[LAYER]
    return number


def picked(count: int) -> tuple[int, int | None]:
    """The occurrence selected and the one it is compared with, of `count`."""
    first, second = st.session_state.get(f"{PAGE}_picked", (0, None))
    if not 0 <= first < count:
        return 0, None
    return first, second if second is not None and 0 <= second < count else None


def revision() -> int:
    """A number that grows when what is picked is changed by anything but the list itself."""
    number: int = st.session_state.get(f"{PAGE}_rev", 0)
    return number


def shown_revision() -> int:
    """A number that grows when layer or colour are changed by anything but the map itself."""
    number: int = st.session_state.get(f"{PAGE}_shown_rev", 0)
    return number


def stopped(asked: Question) -> bool:
    """Whether reading these sentences was cancelled."""
    return bool(st.session_state.get(f"{PAGE}_stopped") == asked.name)


def write_address() -> bool:
    """Put what the page shows into the address; False when it is too long for one."""
    value = st.session_state
    values = {
        name: str(value[key]) for name, key in IN_ADDRESS.items() if value[key] != DEFAULTS[key]
    }
    if value[LAYER] == models.config().num_hidden_layers:
        values.pop("layer", None)
    if not value[INFLECTED]:
        values["inflected"] = "no"
    if value[SOURCE] == OWN:
        values["text"] = value[TYPED]
    first, second = value.get(f"{PAGE}_picked", (0, None))
    if first or second is not None:
        values["picked"] = f"{first}" if second is None else f"{first}.{second}"
    return links.write(PAGE, {"word": str(value[WORD]), **values})


# ----------------------------------------------------------------- what people do (callbacks)


def word_changed() -> None:
    """Another word: nothing of the old one is picked."""
    _pick(0, None)


def own_sentences() -> None:
    """Own sentences were asked for: the field begins with those shown."""
    if st.session_state[SOURCE] == OWN and not st.session_state[TYPED].strip():
        word = st.session_state[WORD]
        shown = builtin_sentences(word) if word in builtin_words() else []
        st.session_state[TYPED] = "\n".join(one.text for one in shown)
    _pick(0, None)


def map_pressed() -> None:
    """A dot was pressed."""
    if at := (st.session_state.get(MAP) or {}).get("pick"):
        second = st.session_state.get(f"{PAGE}_picked", (0, None))[1]
        _pick(int(at[0]), None if second == at[0] else second)


def shown_changed() -> None:
    """The map shows another layer or colour."""
    if shown := (st.session_state.get(MAP) or {}).get("shown"):
        st.session_state[LAYER], st.session_state[COLOUR] = int(shown["layer"]), shown["colour"]


def cell_pressed() -> None:
    """A cell of the similarity matrix was pressed: its two occurrences are compared."""
    if at := (st.session_state.get(MATRIX) or {}).get("pick"):
        _pick(int(at[0]), int(at[1]) if at[0] != at[1] else None)


def curve_pressed() -> None:
    """A layer of the curves was pressed: it is shown."""
    if at := (st.session_state.get(CURVES) or {}).get("pick"):
        st.session_state[LAYER] = int(at[0])
        _show_anew()


def listed_pressed() -> None:
    """A sentence of the list was pressed."""
    index = (st.session_state.get(LIST) or {}).get("pick")
    if index is not None:
        second = st.session_state.get(f"{PAGE}_picked", (0, None))[1]
        _pick(int(index), None if second == index else second)


def compare_pressed() -> None:
    """A sentence of the list is to be compared with the selected one, or no longer."""
    second = (st.session_state.get(LIST) or {}).get("second")
    first = st.session_state.get(f"{PAGE}_picked", (0, None))[0]
    _pick(first, None if second is None else int(second))


def stop(asked: Question) -> None:
    """Do not read these sentences."""
    st.session_state[f"{PAGE}_stopped"] = asked.name


def read_again() -> None:
    """Read them after all."""
    st.session_state.pop(f"{PAGE}_stopped", None)


def reset_map() -> None:
    """The map as it was at first."""
    for key in (METHOD, DIMENSIONS, NEIGHBOURS, MIN_DIST, METRIC, SEED):
        st.session_state[key] = DEFAULTS[key]


# ------------------------------------------------------------------------------------------


def _pick(first: int, second: int | None) -> None:
    st.session_state[f"{PAGE}_picked"] = (first, second)
    st.session_state[f"{PAGE}_rev"] = revision() + 1


def _show_anew() -> None:
    """The map has to take layer and colour from here."""
    st.session_state[f"{PAGE}_shown_rev"] = shown_revision() + 1


def _take_address(values: dict[str, str]) -> None:
    """Take over what an address says; parts that make no sense are left out."""
    state = st.session_state
    for key, value in DEFAULTS.items():
        state[key] = value
    _show_anew()
    state[WORD] = values["word"][:LONGEST_WORD]
    if "text" in values:
        state[SOURCE], state[TYPED] = OWN, values["text"]
    state[INFLECTED] = values.get("inflected") != "no"
    choices = {"colour": COLOURS, "method": PROJECTION_METHODS, "metric": ("cosine", "euclidean")}
    for name, allowed in choices.items():
        if values.get(name) in allowed:
            state[IN_ADDRESS[name]] = values[name]
    ranges = {"dimensions": (2, 3), "neighbours": (2, 100), "seed": (0, 10**6), "layer": (0, 99)}
    for name, (least, most) in ranges.items():
        if (number := whole_number(values.get(name, ""))) is not None and least <= number <= most:
            state[IN_ADDRESS[name]] = number
    if values.get("min_dist", "").replace(".", "", 1).isdecimal():
        state[MIN_DIST] = min(0.99, float(values["min_dist"]))
    first, _, second = values.get("picked", "").partition(".")
    _pick(whole_number(first) or 0, whole_number(second))
