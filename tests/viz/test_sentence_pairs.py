"""The answer about a pair in figures and words: places, signs, honest sentences."""

import numpy as np
import pytest

from bert_core.outputs import (
    AgainstRandom,
    Encoding,
    GamePair,
    HeldOutSentence,
    NextSentence,
    PairChanges,
    PairWord,
    PairWords,
)
from bert_core.outputs.sentence_pairs import sigmoid
from bert_core.viz import notebook, pair_game
from bert_core.viz import sentence_pairs as viz


def given(log_odds: float) -> NextSentence:
    encoding = Encoding(
        text="<b>", pair="it <i>", tokens=("[CLS]", "<b>", "[SEP]", "it", "[SEP]"),
        ids=(2, 5, 3, 6, 3), offsets=((0, 0), (0, 3), (0, 0), (0, 2), (0, 0)),
        word_ids=(None, 0, None, 0, None), segment_ids=(0, 0, 0, 1, 1),
    )  # fmt: skip
    return NextSentence(encoding, (log_odds, 0.0), sigmoid(log_odds))


def against(own: float, *others: float) -> AgainstRandom:
    sentences = tuple(HeldOutSentence(f"toy/{at}", f"<u>{at}") for at in range(len(others)))
    logits = np.array([[one, 0] for one in others], np.float32)
    return AgainstRandom(given(own), sentences, logits)


def words(*carried: float) -> PairWords:
    """The first half in A; each word carries so much, of an answer at 50%."""
    half = len(carried) // 2
    return PairWords(
        given(0.0),
        tuple(
            PairWord(int(at >= half), f"<{at}>", (at,), (-value, 0.0))
            for at, value in enumerate(carried)
        ),
    )


def test_the_answer_is_yes_or_no_with_its_three_probabilities() -> None:
    html = viz.answer_html(PairChanges(given(np.log(4)), given(np.log(1 / 9)), (0.0, 0.0)))
    assert "Yes: <b>80%</b> that B follows A" in html
    places = [html.index(f"{chance}</b></li>") for chance in ("80%", "10%", "50%")]
    assert places == sorted(places), "as typed, swapped, without segments"
    assert "width:80.00%" in html and "width:10.00%" in html
    assert "follows <b>+1.39</b>" in html
    assert "No: <b>10%</b>" in viz.answer_html(PairChanges(given(-np.log(9)), given(0), (0, 0)))


def test_where_b_stands_is_said_without_flattery() -> None:
    assert viz.random_sentence(against(1, 0, 0.5, 2, 3)) == (
        "Your B fits A better than 2 of 4 random sentences: the 50th percentile."
    )
    assert "better than all 2 random" in viz.random_sentence(against(5, 0, 1))
    assert "no better than any of 2 random" in viz.random_sentence(against(-5, 0, 1))
    fooled = viz.fooled_sentence(against(1, -1, np.log(4)))
    assert "takes 1 of 2 random sentences" in fooled and "“<u>1” (80%)" in fooled
    assert "none of 2" in viz.fooled_sentence(against(1, -1, -2))


@pytest.mark.parametrize("dark", [False, True])
def test_every_random_sentence_is_a_dot_and_b_a_diamond(dark: bool) -> None:
    figure = viz.random_figure(against(1.0, -2, -2, -2, 0, 3), dark)
    _, dots, own = figure["data"]
    assert dots["customdata"] == [0, 1, 2, 3, 4]
    assert dots["y"] == [1, 2, 3, 1, 1], "equal ones stand on top of each other"
    assert np.allclose(dots["x"], [-2, -2, -2, 0, 3], atol=0.1)
    assert own["x"] == [1.0] and own["marker"]["symbol"] == "diamond"
    assert "&lt;u&gt;0" in dots["hovertext"][0] and "<u>" not in dots["hovertext"][0]
    axis = figure["layout"]["xaxis"]
    assert dict(zip(axis["ticktext"], axis["tickvals"], strict=True))["90%"] == (
        pytest.approx(np.log(9))
    )
    same = viz.random_figure(against(0.0, 0.0, 0.0))["data"][1]
    assert same["y"] == [1, 2], "no spread is no error"


def test_words_stand_in_reading_order_and_their_sign_is_a_direction() -> None:
    figure = viz.words_figure(words(0.5, -1.0, 0.25, 0.75))
    (bars,) = figure["data"]
    assert bars["x"] == [0.5, -1, 0.25, 0.75] and bars["y"] == [0, 1, 2, 3]
    first, second, *_ = bars["marker"]["color"]
    assert (first, second) == ("#B34700", "#0072B2")
    names = figure["layout"]["yaxis"]["ticktext"]
    assert names[0] == "A  \u2068&lt;0&gt;\u2069" and names[2].startswith("B")
    assert figure["layout"]["shapes"][0]["y0"] == 1.5, "the seam lies between A and B"
    assert "+0.50; without it 38%, not 50%" in bars["text"][0]


def test_of_many_words_the_strongest_are_drawn() -> None:
    found = words(*np.linspace(0.01, 1, 60))
    assert viz.drawn_words(found) == list(range(60 - viz.MOST_BARS, 60))
    assert "Of 60 words the 24 strongest" in viz.words_sentence(found)


def test_the_strongest_words_are_named() -> None:
    said = viz.words_sentence(words(0.5, -1.0, 0.25, 0.75))
    assert "for “B follows” is “<3>” in B: without it the answer is 32%" in said
    assert "against it is “<1>” in A: without it the answer is 73%" in said
    assert "against" not in viz.words_sentence(words(0.5, 0.5))
    assert viz.words_sentence(words(0.0, 0.0)) == "No word changes the answer."
    assert "alone in its sentence" in viz.words_sentence(PairWords(given(0), ()))


def test_tables_are_complete_sorted_and_escaped() -> None:
    found = against(1.0, 0, 2)
    rows = viz.random_rows(found)
    assert [row["document"] for row in rows] == ["toy/1", "your B", "toy/0"]
    html = viz.random_html(found)
    assert "<u>" not in html and "<i>" not in html and html.count("<tr>") == 4
    assert viz.word_rows(words(0.5, -0.5))[1] == {
        "sentence": "B", "word": "<1>", "probability without": pytest.approx(sigmoid(0.5)),
        "log-odds carried": -0.5,
    }  # fmt: skip


def test_the_game_is_scored_and_told() -> None:
    sotu, whale = "sotu/1962_john_f_kennedy_d", "moby-dick/chapter_65"
    game = [GamePair("<b>", "b", True, sotu, sotu), GamePair("a", "b", False, sotu, whale)]
    guesses, judged = [True, True], [0.2, 0.1]
    assert pair_game.scores(game, guesses, judged) == (1, 1)
    assert pair_game.scores(game, [], []) == (0, 0)
    assert pair_game.outcome(game[0], True, 0.2) == (
        "B follows A (State of the Union 1962). You: right ✓. "
        "The model gives “follows” 20%: wrong ✗."
    )
    assert "B is from elsewhere (Moby Dick, chapter 65; A: State" in (
        pair_game.outcome(game[1], True, 0.1)
    )
    html = pair_game.game_html(game, guesses, judged) + pair_game.pair_html(game[0])
    assert "<b></" not in html and "&lt;b&gt;" in html and "elsewhere ✓ 10%" in html
    assert len(pair_game.game_rows(game, guesses[:1], judged[:1])) == 1


def test_they_draw_themselves_in_a_notebook() -> None:
    for result in (against(1, 0), words(0.5, 0.5), PairChanges(given(1), given(1), (0, 0))):
        assert notebook.DRAWN[type(result)](result)
