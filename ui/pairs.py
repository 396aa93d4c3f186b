"""State of the page "Sentence pairs": two sentences, or a paragraph and where it is cut."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from ui import fields, links, models

PAGE = "pairs"
(
    MODE, FIRST, SECOND, PARAGRAPH, CUT, EXAMPLE, SEED, TOKENS, DOTS, GAME,
) = (
    f"{PAGE}_{name}"
    for name in (
        "mode", "first", "second", "paragraph", "cut", "example", "seed", "tokens", "dots", "game",
    )
)  # fmt: skip
TWO, ONE = "Two sentences", "Cut a paragraph"
GUESSES = f"{PAGE}_guesses"
"""What was guessed in the game so far: a letter a pair, FOLLOWS or ELSEWHERE."""
FOLLOWS, ELSEWHERE = "y", "n"
FIRST_SEED, FIRST_GAME, MOST_SEED = 42, 1, 999_999


@dataclass(frozen=True)
class State:
    """What is typed. Both ways of typing are kept, the one that is not shown too."""

    first: str = ""
    second: str = ""
    paragraph: str = ""
    cut: int = 1
    """Words, or characters where there are no words, before the cut."""
    whole: bool = False
    """The paragraph is asked about, not the two sentences."""

    @property
    def pair(self) -> tuple[str, str]:
        """A and B."""
        if not self.whole:
            return self.first, self.second
        ends = places_to_cut(self.paragraph)
        if not ends:
            return self.paragraph, ""
        end = ends[min(max(self.cut, 1), len(ends)) - 1]
        return self.paragraph[:end].strip(), self.paragraph[end:].strip()


EXAMPLES = {
    "A storm": State("The storm hit the coast on Tuesday.", "Thousands were left without power."),
    "Two topics": State("The storm hit the coast on Tuesday.", "My piano needs to be tuned."),
    "Order": State(
        "He opened the fridge to get some milk.",
        "There was none left, so he went to the shop.",
    ),
    "A contradiction": State("The shop is open all night.", "The shop is closed at night."),
    "The same twice": State(
        "Thousands were left without power.", "Thousands were left without power."
    ),
    "A paragraph to cut": State(
        paragraph="The bakery opens at six. By then the ovens have been hot for hours, and a "
        "queue stands in the street. On the other side of town the harbour is still dark.",
        cut=21, whole=True,
    ),
    "Right to left": State("ذهبنا إلى المكتبة في الصباح.", "كانت الأبواب مغلقة."),
}  # fmt: skip
"""Pairs to begin with, written for this project."""
SETTINGS: dict[str, Any] = {SEED: FIRST_SEED, GAME: FIRST_GAME}


def places_to_cut(paragraph: str) -> list[int]:
    """Where A can end: after every word but the last; with no spaces, after every character."""
    text = paragraph[: models.LONGEST_TEXT]
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    if len(ends) == 1:
        start = ends[0] - len(text.strip())
        ends = list(range(start + 1, ends[0] + 1))
    return ends[:-1]


def current() -> State:
    """The state, from the address when that says something new; before any widget is drawn."""
    if (asked := links.read(PAGE, "a")) is not None:
        _from_address(asked)
    state: State = st.session_state.setdefault(PAGE, next(iter(EXAMPLES.values())))
    _show(state, only_missing=True)
    fields.keep_settings(PAGE, SETTINGS)
    st.session_state.setdefault(GUESSES, "")
    return state


def write_address(state: State) -> bool:
    """Put what the page shows into the address; False when it is too long for one."""
    value = st.session_state
    if state.whole:
        values = {"a": state.paragraph, "cut": str(state.cut)}
    else:
        values = {"a": state.first, "b": state.second}
    if value[SEED] != FIRST_SEED:
        values["seed"] = str(value[SEED])
    if value[GAME] != FIRST_GAME:
        values["game"] = str(value[GAME])
    if value[GUESSES]:
        values["guesses"] = value[GUESSES]
    return links.write(PAGE, values)


def revision() -> int:
    """A number that grows when the texts are changed."""
    number: int = st.session_state.get(f"{PAGE}_rev", 0)
    return number


# ----------------------------------------------------------------- what people do (callbacks)


def text_changed() -> None:
    """One of the two sentences was edited."""
    state: State = st.session_state[PAGE]
    _set(replace(state, first=st.session_state[FIRST], second=st.session_state[SECOND]))


def paragraph_changed() -> None:
    """The paragraph was edited: the cut stays where it was, as far as there are words."""
    _set(replace(st.session_state[PAGE], paragraph=st.session_state[PARAGRAPH]))


def cut_changed() -> None:
    """The paragraph is cut elsewhere."""
    _set(replace(st.session_state[PAGE], cut=int(st.session_state[CUT])))


def mode_changed() -> None:
    """The other way of typing; the two sentences become the paragraph when there is none."""
    state: State = st.session_state[PAGE]
    whole = st.session_state[MODE] == ONE
    if whole and not state.paragraph.strip():
        joined = f"{state.first.strip()} {state.second.strip()}".strip()
        before = len(state.first.split())
        state = replace(state, paragraph=joined, cut=max(1, before))
    _set(replace(state, whole=whole))


def example_chosen() -> None:
    """An example was chosen; what it does not have is left as it was typed."""
    name, state = st.session_state.get(EXAMPLE), st.session_state[PAGE]
    if name in EXAMPLES:
        new = EXAMPLES[name]
        if new.whole:
            _set(replace(state, paragraph=new.paragraph, cut=new.cut, whole=True))
        else:
            _set(replace(state, first=new.first, second=new.second, whole=False))
    st.session_state[EXAMPLE] = None


def guessed(answer: str) -> None:
    """A guess in the game: FOLLOWS or ELSEWHERE."""
    st.session_state[GUESSES] += answer


def new_game() -> None:
    """Other pairs are to be drawn: their seed was changed."""
    st.session_state[GUESSES] = ""


def next_game() -> None:
    """The game with the next seed."""
    st.session_state[GAME] = st.session_state[GAME] % MOST_SEED + 1
    new_game()


# ------------------------------------------------------------------------------------------


def _set(state: State) -> None:
    state = replace(state, cut=min(max(1, state.cut), max(1, len(places_to_cut(state.paragraph)))))
    st.session_state[PAGE] = state
    _show(state)
    st.session_state[f"{PAGE}_rev"] = revision() + 1


def _show(state: State, only_missing: bool = False) -> None:
    """Let the fields show the state."""
    for key, value in (
        (MODE, ONE if state.whole else TWO), (FIRST, state.first), (SECOND, state.second),
        (PARAGRAPH, state.paragraph), (CUT, state.cut),
    ):  # fmt: skip
        if not only_missing or key not in st.session_state:
            st.session_state[key] = value


def _from_address(values: dict[str, str]) -> None:
    """Take over what an address says; parts that make no sense are left out."""
    first, second = (values.get(name, "")[: models.LONGEST_TEXT] for name in ("a", "b"))
    old: State = st.session_state.get(PAGE, State())
    if "cut" in values:
        cut = fields.whole_number(values["cut"]) or 1
        _set(replace(old, paragraph=first, cut=cut, whole=True))
    else:
        _set(replace(old, first=first, second=second, whole=False))
    state = st.session_state
    state[SEED] = _seed(values.get("seed", ""), FIRST_SEED)
    state[GAME] = _seed(values.get("game", ""), FIRST_GAME)
    guesses = values.get("guesses", "")
    state[GUESSES] = guesses if re.fullmatch(f"[{FOLLOWS}{ELSEWHERE}]{{0,20}}", guesses) else ""


def _seed(typed: str, otherwise: int) -> int:
    number = fields.whole_number(typed)
    return otherwise if number is None or number > MOST_SEED else number
