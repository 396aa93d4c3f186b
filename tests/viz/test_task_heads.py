"""Figures of task heads: nothing typed becomes markup, and every number is the result's."""

import math
from dataclasses import replace

import numpy as np

from bert_core.outputs.task_heads import HeadAnswer, HeadScores, HeadWord, HeadWords, Mistake
from bert_core.viz import task_heads as viz
from tests.viz.answers import encoding

LABELS = ("<b>dry</b>", "wet")
ANSWER = HeadAnswer(encoding("a boat", [(0, 1), (2, 6)]), LABELS, (0.0, math.log(3)), (0.25, 0.75))
WORDS = tuple(
    HeadWord(f"w{at}", (at,), 0.5, lost, lost / 2) for at, lost in enumerate([0.9, -0.4, 0.0] * 6)
)
FOUND = HeadWords(ANSWER, 1, WORDS, 0.5)
SCORES = {
    "accuracy": 0.7, "baselines": {"a guess": 0.5}, "confusion": [[3, 1], [2, 4]],
    "classes": [{"label": label, "precision": 0.6, "recall": 0.75, "texts": 4} for label in LABELS],
}  # fmt: skip


def test_the_likeliest_class_comes_first_and_labels_are_escaped() -> None:
    shown = viz.answer_html(ANSWER)
    assert shown.index("wet") < shown.index("&lt;b&gt;dry") and "<b>dry" not in shown
    assert "75%" in shown and "25%" in shown


def test_the_words_that_carry_most_are_drawn_in_reading_order() -> None:
    figure = viz.words_figure(FOUND)
    bars, marks = figure["data"]
    shown = viz.drawn_words(FOUND)
    assert len(shown) == viz.MOST_BARS and [w.positions for w in shown] == sorted(
        word.positions for word in shown
    )
    assert bars["x"] == [word.lost for word in shown]
    assert marks["x"] == [word.gradient for word in shown]
    assert all(word.lost for word in shown)


def test_what_is_said_names_words_for_and_against() -> None:
    said = viz.words_sentence(FOUND)
    assert "“w0”" in said and "against: “w1”" in said


def test_a_sure_head_is_said_to_stay_sure() -> None:
    words = tuple(replace(word, probability=0.7512) for word in FOUND.words)
    said = viz.words_sentence(replace(FOUND, words=words))
    assert "“w0”, without which it still has 75%" in said


def test_the_matrix_shows_counts_and_shares_of_the_row() -> None:
    figure = viz.confusion_figure(SCORES)
    assert figure["data"][0]["z"] == [[0.75, 0.25], [0.3333, 0.6667]]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["3", "1", "2", "4"]
    assert "<b>" not in figure["data"][0]["text"][0][0]


def test_scores_are_those_of_the_logits() -> None:
    logits = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]], dtype=np.float32)
    scores = HeadScores.from_logits(LABELS, ["a", "b", "c"], [0, 1, 1], logits)
    assert scores.confusion.tolist() == [[1, 0], [1, 1]] and scores.accuracy == 2 / 3
    assert scores.precision == [0.5, 1.0] and scores.recall == [1.0, 0.5]
    (mistake,) = scores.mistakes
    assert (mistake.text, mistake.label, mistake.answer) == ("c", "wet", LABELS[0])
    assert math.isclose(mistake.probability, 1 / (1 + math.exp(-3)), rel_tol=1e-6)
    assert "&lt;b&gt;" in viz.mistakes_html([Mistake("<i>", LABELS[0], "wet", 0.9)])


def test_curves_have_every_pass_and_every_size() -> None:
    epochs = [{"epoch": at, "loss": 1.0 / at, "heldout_loss": 0.5, "heldout_accuracy": 0.6}
              for at in (1, 2, 3)]  # fmt: skip
    assert all(curve["x"] == [1, 2, 3] for curve in viz.training_figure(epochs)["data"])
    sizes = {"sizes": [4, 8], "head": [0.6, 0.7], "baseline": [0.5, 0.6]}
    head, words = viz.sizes_figure(sizes)["data"]
    assert head["y"] == [0.6, 0.7] and words["y"] == [0.5, 0.6]
