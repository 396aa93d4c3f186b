"""State of the page "Masked words": the text, what is hidden, and every way to change them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import partial

import streamlit as st

from bert_core.data.masking import mask_encoding
from bert_core.outputs import Encoding
from bert_core.viz.rows import TRUE
from ui import fields, links, models

PAGE = "masked_words"
TEXT, CHIPS, COUNT, ASKED, WHOLE, EXAMPLE = (
    f"{PAGE}_{name}" for name in ("text", "chips", "k", "words", "whole", "example")
)
FEWEST, MOST = 5, 50
"""How many guesses can be shown for a place."""
REMEMBERED = 50
"""Steps that can be undone."""

DIGITS = 18
"""Of the longest number that is taken from an address."""

Hidden = dict[int, int | None]
"""Position -> the id shown there; None for [MASK]."""


@dataclass(frozen=True)
class State:
    """What the page shows, apart from the model."""

    text: str
    hidden: Hidden = field(default_factory=dict)
    seed: int | None = None
    """Seed of the masking function, while what it hid is still as it hid it."""


EXAMPLES = {
    "River bank": State("We walked along the bank of the river.", {5: None}),
    "Money bank": State("She opened an account at the bank and saved some money.", {7: None}),
    "A capital": State("Paris is the capital of France.", {6: None}),
    "Word pieces": State("The embeddings of a word depend on its context.", {2: None, 3: None}),
    "Two hidden words": State("The cat chased the mouse into the kitchen.", {2: None, 5: None}),
    "Grammar": State("The keys to the old cabinet were lying on the table.", {7: None}),
    "Copying trap": State("Paris is the capital of [MASK]."),
}
"""Sentences to begin with, written for this project."""


def current() -> State:
    """The state, from the address when that says something new."""
    if (asked := links.read(PAGE)) is not None:
        _set(_from_address(asked), undoable=PAGE in st.session_state)
        st.session_state[COUNT] = _count(asked.get("k", ""))
        st.session_state[ASKED] = asked.get("words", "")[:1_000]
        st.session_state[WHOLE] = asked.get("hide", "words") != "pieces"
    state: State = st.session_state.setdefault(PAGE, next(iter(EXAMPLES.values())))
    st.session_state.setdefault(TEXT, state.text)
    fields.keep_settings(PAGE, {COUNT: 10, ASKED: "", WHOLE: True})
    return state


def write_address(state: State) -> bool:
    """Put everything the page shows into the address; False when it is too long for one."""
    hidden = ".".join(
        str(place) if id is None else f"{place}-{id}" for place, id in sorted(state.hidden.items())
    )
    values = {"text": state.text, "masks": hidden or "none"}
    if state.seed is not None:
        values["seed"] = str(state.seed)
    if st.session_state[COUNT] != 10:
        values["k"] = str(st.session_state[COUNT])
    if st.session_state[ASKED].strip():
        values["words"] = st.session_state[ASKED]
    if not st.session_state[WHOLE]:
        values["hide"] = "pieces"
    return links.write(PAGE, values)


def typed_masks(encoding: Encoding) -> list[int]:
    """Positions where [MASK] was typed."""
    mask = models.tokenizer().mask_id
    return [place for place, id in enumerate(encoding.ids) if id == mask]


def encode(text: str) -> Encoding:
    """The text as tokens, cut to the model's positions."""
    return models.encode(text)


def valid_hidden(encoding: Encoding, hidden: Hidden) -> Hidden:
    """What of `hidden` can be hidden in this text by this model."""
    known, mask = models.tokenizer().vocab_size, models.tokenizer().mask_id
    return {
        place: id
        for place, id in hidden.items()
        if 0 < place < len(encoding)
        and encoding.word_ids[place] is not None
        and encoding.ids[place] != mask
        and (id is None or 0 <= id < known)
    }


def whole_words() -> bool:
    """Whether a press on a chip hides all pieces of its word."""
    whole: bool = st.session_state[WHOLE]
    return whole


def problem() -> str | None:
    """Why the last thing asked for could not be done."""
    return st.session_state.get(f"{PAGE}_problem")


def revision() -> int:
    """A number that grows when the state is changed by anything but a press on a chip."""
    number: int = st.session_state.get(f"{PAGE}_rev", 0)
    return number


# ----------------------------------------------------------------- what people do (callbacks)


def text_changed() -> None:
    """The text was edited: what is hidden stays hidden where its token is still there."""
    state, text = st.session_state[PAGE], st.session_state[TEXT]
    _set(State(text, _carried(encode(state.text), encode(text), state.hidden)))


def chip_pressed() -> None:
    """A chip was pressed: take over what the browser says is hidden."""
    answer = (st.session_state.get(CHIPS) or {}).get("hidden")
    if not answer or answer["rev"] != revision():
        return
    state: State = st.session_state[PAGE]
    encoding = encode(state.text)
    hidden: Hidden = {}
    for place, action, _ in answer["places"]:
        position = int(place) + 1  # after [CLS]
        hidden[position] = None if action == "mask" else state.hidden.get(position)
    _set(replace(state, hidden=valid_hidden(encoding, hidden), seed=None), from_chips=True)


def example_chosen() -> None:
    """An example was chosen."""
    name = st.session_state.get(EXAMPLE)
    if name in EXAMPLES:
        _set(EXAMPLES[name])
    st.session_state[EXAMPLE] = None


def mask_some(seed: int | None = None) -> None:
    """Hide 15% with the masking function of the training; without a seed, with the next one."""
    state: State = st.session_state[PAGE]
    if seed is None:
        seed = 1 if state.seed is None else state.seed + 1
    try:
        result = mask_encoding(
            encode(state.text), models.tokenizer(), seed, whole_words=st.session_state[WHOLE]
        )
    except ValueError as error:
        st.session_state[f"{PAGE}_problem"] = str(error)
        return
    mask = models.tokenizer().mask_id
    hidden: Hidden = {
        place.position: None if place.shown_id == mask else place.shown_id
        for place in result.places
    }
    _set(State(state.text, hidden, seed))


def put_in(key: str) -> None:
    """A bar was pressed: its word goes into the sentence, where it is no longer hidden."""
    answer = (st.session_state.get(key) or {}).get("pick")
    if not answer:
        return
    state: State = st.session_state[PAGE]
    position, word, kind = int(answer[0]), str(answer[1]), answer[2]
    old = encode(state.text)
    text = state.text if kind == TRUE else _with_word(old, position, word)
    hidden = {place: id for place, id in state.hidden.items() if place != position}
    _set(State(text, _carried(old, encode(text), hidden)))


def choose_place(key: str) -> None:
    """A hidden place was chosen from the list."""
    answer = (st.session_state.get(key) or {}).get("pick")
    if answer is not None:
        st.session_state[f"{PAGE}_place"] = int(answer)


def clear() -> None:
    """Nothing is hidden any more."""
    _set(State(st.session_state[PAGE].text))


def undo() -> None:
    """Back to the state before the last change."""
    history: list[State] = st.session_state.get(f"{PAGE}_history", [])
    if history:
        _set(history.pop(), undoable=False)


def can_undo() -> bool:
    """Whether there is a change to undo."""
    return bool(st.session_state.get(f"{PAGE}_history"))


# ------------------------------------------------------------------------------------------


def _set(state: State, undoable: bool = True, from_chips: bool = False) -> None:
    old: State | None = st.session_state.get(PAGE)
    if undoable and old is not None and old != state:
        history: list[State] = st.session_state.setdefault(f"{PAGE}_history", [])
        history.append(old)
        del history[:-REMEMBERED]
    st.session_state[PAGE] = state
    st.session_state.pop(f"{PAGE}_problem", None)
    if not from_chips:
        st.session_state[TEXT] = state.text
        st.session_state[f"{PAGE}_rev"] = revision() + 1


def _with_word(encoding: Encoding, position: int, word: str) -> str:
    """The text with the token at `position` replaced by `word`, which stays a token of its own."""
    start, end = encoding.offsets[position]
    before, after = encoding.text[:start], encoding.text[end:]
    following = encoding.tokens[position + 1]
    if word.startswith("##"):
        word, before = word[2:], before.rstrip()
    elif before[-1:].isalnum() and word[0].isalnum():
        before += " "
    if after[:1].isalnum() and word[-1:].isalnum() and not following.startswith("##"):
        after = f" {after}"
    return before + word + after


def _carried(old: Encoding, new: Encoding, hidden: Hidden) -> Hidden:
    """What is hidden in `old`, at the same tokens of `new`."""
    moved: Hidden = {}
    matcher = SequenceMatcher(None, old.tokens, new.tokens, autojunk=False)
    for start, to, size in matcher.get_matching_blocks():
        for place in range(start, start + size):
            if place in hidden:
                moved[place - start + to] = hidden[place]
    return valid_hidden(new, moved)


def _from_address(values: dict[str, str]) -> State:
    """The state an address asks for; parts that make no sense are left out."""
    hidden: Hidden = {}
    number = partial(fields.whole_number, digits=DIGITS)
    for part in values.get("masks", "").split("."):
        place, _, id = part.partition("-")
        if number(place) is not None and (not id or number(id) is not None):
            hidden[int(place)] = number(id)
    text = values.get("text", "")
    return State(text, valid_hidden(encode(text), hidden), number(values.get("seed", "")))


def _count(typed: str) -> int:
    number = fields.whole_number(typed[:DIGITS], DIGITS)
    return 10 if number is None else min(MOST, max(FEWEST, number))
