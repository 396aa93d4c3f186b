"""The game of the page "Sentence pairs": guess before the model does."""

from __future__ import annotations

import streamlit as st

from bert_core.outputs import GamePair
from bert_core.viz import pair_game as viz
from ui import export, fields, pair_results, pairs


def panel() -> None:
    """One pair after the other; the model's answer comes after the guess."""
    st.header("Guess before the model does", anchor=False)
    seed = st.session_state[pairs.GAME]
    drawn = pair_results.game(seed)
    guesses = [one == pairs.FOLLOWS for one in st.session_state[pairs.GUESSES]][: len(drawn)]
    st.markdown(
        f"{len(drawn)} pairs from documents that the bundled model was not trained on. In half of "
        "them B is the sentence after A, in the others it is from elsewhere. Your turn first."
    )
    if not pair_results.can_answer():
        st.info("This model has no next-sentence head and cannot play; the bundled one can.")
        return
    judged = pair_results.judged(seed)[: len(guesses)] if guesses else ()
    own, model = viz.scores(drawn, guesses, judged)
    done = len(guesses) == len(drawn)
    if guesses:
        last = len(guesses) - 1
        said = viz.outcome(drawn[last], guesses[last], judged[last])
        st.markdown(f"Pair {last + 1}: {fields.plain(said)}")
    score = f"you **{own}** right, the model **{model}**"
    if done:
        blindly = len(drawn) // 2
        st.markdown(f"All {len(drawn)} pairs: {score}. Guessing blindly gives about {blindly}.")
    else:
        _turn(drawn[len(guesses)], len(guesses) + 1, len(drawn), score if guesses else "")
    _seed(seed, done)
    if guesses:
        _list(drawn, guesses, judged)


def _turn(pair: GamePair, number: int, count: int, score: str) -> None:
    st.markdown(f"**Pair {number} of {count}**{f' · so far {score}' if score else ''}")
    st.html(viz.pair_html(pair))
    with st.container(horizontal=True):
        st.button(
            "B follows A", key=f"{pairs.PAGE}_yes", on_click=pairs.guessed,
            args=(pairs.FOLLOWS,), shortcut="Alt+Y",
        )
        st.button(
            "B is from elsewhere", key=f"{pairs.PAGE}_no", on_click=pairs.guessed,
            args=(pairs.ELSEWHERE,), shortcut="Alt+N",
        )


def _seed(seed: int, done: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Pairs drawn with seed", 0, pairs.MOST_SEED, key=pairs.GAME, width=180,
            on_change=pairs.new_game,
            help="The same seed draws the same pairs. Another seed begins another game.",
        )
        if st.session_state[pairs.GUESSES]:
            name = "Play with other pairs" if done else "Begin again with other pairs"
            st.button(name, key=f"{pairs.PAGE}_again", on_click=pairs.next_game)


def _list(drawn: tuple[GamePair, ...], guesses: list[bool], judged: tuple[float, ...]) -> None:
    with st.expander(f"The pairs guessed so far ({len(guesses)})"):
        st.html(viz.game_html(drawn, guesses, judged))
        st.caption(
            "A random B is in half of the cases from the same source as A. Two sentences that "
            "follow each other may have had a heading between them."
        )
        st.download_button(
            "Save the game as CSV", export.as_csv(viz.game_rows(drawn, guesses, judged)),
            "game.csv", "text/csv", on_click="ignore", key=f"{pairs.PAGE}_save_game",
        )
