"""What the page "Masked words" asks of the model, and how it words the answers."""

from __future__ import annotations

import json
import shlex

import streamlit as st

from bert_core.outputs import Encoding, FillStep, MaskedWords, MaskPrediction
from bert_core.viz.bars_svg import bars_svg
from bert_core.viz.numbers import counted, percent
from bert_core.viz.rows import place_title, table
from ui import components, export, models
from ui.masked_words import ASKED, COUNT, PAGE, Hidden, State, choose_place, encode

BESIDE = 3
"""Most places whose bars stand side by side; with more, one is chosen from a list."""
MOST_LISTED, LIST_HEIGHT = 12, 420
"""Places listed without scrolling, and the height in pixels of a list that scrolls."""


def words_asked() -> tuple[str, ...]:
    """The words in the field "How likely is ...", without repeats."""
    typed = (word.strip() for word in st.session_state[ASKED].split(","))
    return tuple(dict.fromkeys(word for word in typed if word))[:10]


def predict(encoding: Encoding, hidden: Hidden) -> MaskedWords:
    """The model's answers for the page's settings.

    Raises:
        ValueError: as `bert_core.analysis.predictions.masked_words`.
    """
    from bert_core.analysis.predictions import masked_words

    return models.ask(masked_words, encoding, hidden, st.session_state[COUNT], words_asked())


def fill_jointly(result: MaskedWords) -> tuple[FillStep, ...]:
    """The hidden places filled one at a time, most certain first."""
    from bert_core.analysis.predictions import fill_jointly as fill

    return models.ask(fill, result)


def shown_states(encoding: Encoding, hidden: Hidden) -> dict[int, tuple[str, str]]:
    """Position -> (action, token shown): what the chips look like."""
    shown = {}
    for place, id in hidden.items():
        action = "mask" if id is None else "keep" if id == encoding.ids[place] else "random"
        shown[place] = (action, "[MASK]" if id is None else models.tokenizer().id_to_token(id))
    return shown


def places_shown(result: MaskedWords) -> tuple[MaskPrediction, ...]:
    """The places whose bars are shown: all of a few; of many the one chosen, or the first."""
    places = result.predictions
    if len(places) <= BESIDE:
        return places
    chosen = st.session_state.get(f"{PAGE}_place")
    return tuple(place for place in places if place.position == chosen)[:1] or places[:1]


def place_list(result: MaskedWords, chosen: int) -> None:
    """All hidden places as a list to choose from."""
    key = f"{PAGE}_places"
    rows = [
        (
            place.position,
            place_title(result.encoding, place),
            f"{place.guesses[0].token} {percent(place.guesses[0].probability)}",
        )
        for place in result.predictions
    ]
    with st.container(height=LIST_HEIGHT if len(rows) > MOST_LISTED else "content", border=False):
        components.place_list(
            f"{len(rows)} hidden places", rows, chosen, key=key, on_pick=lambda: choose_place(key)
        )


def masking_story(state: State) -> str:
    """What the masking function did, in words."""
    encoding = encode(state.text)
    actions = [action for action, _ in shown_states(encoding, state.hidden).values()]
    masked, swapped, kept = (actions.count(name) for name in ("mask", "random", "keep"))
    own = sum(word is not None for word in encoding.word_ids)
    return (
        f"Seed {state.seed}: {counted(len(actions), 'token')} of {own:,} chosen; {masked} shown "
        f"as [MASK], {swapped} swapped for a random token, {kept} kept. In training it is 80%, "
        "10% and 10%, and BERT has to answer for all of them."
    )


def command(result: MaskedWords) -> str | None:
    """The command that gives the same numbers; None when no text can say what the model was shown.

    A text with [MASK] in it cannot say that only a part of a word is hidden, or that a place that
    was swapped or kept is asked for.
    """
    encoding, end, parts = result.encoding, 0, []
    for prediction in result.predictions:
        start, stop = encoding.offsets[prediction.position]
        parts += [encoding.text[end:start], "[MASK]"]
        end = stop
    text = "".join([*parts, encoding.text[end:]])
    if encode(text).ids != result.masked_ids:
        return None
    words = ["python", "-m", "bert_core", "fill-mask", text]
    words += ["--top-k", str(st.session_state[COUNT])]
    if words_asked():
        words += ["--words", ",".join(words_asked())]
    if models.current_name() != models.BUNDLED:
        words += ["--model", models.current_name()]
    return shlex.join([*words, "--json"])


def exports(result: MaskedWords) -> dict[str, tuple[str, str]]:
    """File name -> (content, kind) of everything the page shows."""

    rows = table(result)
    document = {
        "model": models.current_name(),
        "text": result.encoding.text,
        "tokens": result.encoding.tokens,
        "shown_ids": result.masked_ids,
        "rows": rows,
    }
    return {
        "masked-words.svg": (bars_svg(result), "image/svg+xml"),
        "masked-words.csv": (export.as_csv(rows), "text/csv"),
        "masked-words.json": (json.dumps(document, ensure_ascii=False, indent=2), "text/json"),
    }
