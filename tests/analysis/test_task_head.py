"""A head's answer, and the words it hangs on."""

import math

import pytest
import torch

from bert_core.analysis.task_head import classify, head_words, log_odds
from bert_core.cancel import Cancelled
from tests.checkpoint.heads import LABELS, encoder, random_head

TEXT = "the old boats fish in the river"


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_the_answer_is_the_softmax_of_the_logits(pooling: str) -> None:
    head = random_head(encoder(), "cls" if pooling == "cls" else "mean")
    answer = classify(head, TEXT)
    ids = torch.tensor([answer.encoding.ids])
    expected = head.model.classify(ids)[0].double()
    assert answer.labels == LABELS
    assert answer.logits == pytest.approx(expected.tolist(), abs=1e-5)
    assert answer.probabilities == pytest.approx(expected.softmax(-1).tolist(), abs=1e-5)
    assert answer.best == int(expected.argmax())


@pytest.mark.parametrize("label", [0, 1])
def test_a_word_is_taken_out_with_all_its_pieces(label: int) -> None:
    head = random_head(encoder(), "mean", layers=1)
    found = head_words(head, TEXT, label)
    words = TEXT.split()
    assert [word.word for word in found.words] == words
    assert len(found.words[2].positions) == 2  # boat ##s
    for at, word in enumerate(found.words):
        rest = " ".join(words[:at] + words[at + 1 :])
        without = classify(head, rest).probabilities[label]
        assert word.probability == pytest.approx(without, abs=1e-6)
        before = found.answer.probabilities[label]
        moved = math.log(before / (1 - before)) - math.log(without / (1 - without))
        assert word.lost == pytest.approx(moved, abs=1e-4)


def test_log_odds_move_where_the_probability_is_all_but_one() -> None:
    logits = torch.tensor([[2.0, -1.0, 0.5], [60.0, -1.0, 0.5]], dtype=torch.float64)
    chance = float(logits[0].softmax(-1)[0])
    near, far = log_odds(logits, 0).tolist()
    assert near == pytest.approx(math.log(chance / (1 - chance)))
    assert far - near == pytest.approx(58.0)


def test_gradient_x_input_is_the_slope_along_the_input() -> None:
    """Summed over all tokens it is how fast the log-odds grow as the input is scaled up."""
    head = random_head(encoder())
    found = head_words(head, TEXT, 0)
    model, ids = head.model, torch.tensor([found.answer.encoding.ids])
    point = model.embeddings(ids, torch.zeros_like(ids)).double()
    model = model.double()

    def at(scale: torch.Tensor) -> float:
        states, _ = model.encoder(point * scale, None, False)
        return float(log_odds(model.task(states[-1]), 0))

    own = torch.tensor([word is not None for word in found.answer.encoding.word_ids])
    step = 1e-5
    grown, shrunk = (at(1 + sign * step * own[None, :, None].double()) for sign in (1, -1))
    slope = (grown - shrunk) / (2 * step)
    assert sum(word.gradient for word in found.words) == pytest.approx(slope, rel=1e-2, abs=1e-3)


def test_the_likeliest_class_is_watched_unless_another_is_named() -> None:
    head = random_head(encoder())
    assert head_words(head, TEXT).label == classify(head, TEXT).best


def test_a_text_of_one_word_keeps_it() -> None:
    assert head_words(random_head(encoder()), "river").words == ()


def test_the_text_is_cut_to_what_the_head_reads() -> None:
    head = random_head(encoder(), length=6)
    assert classify(head, TEXT).logits == classify(head, TEXT + " very long").logits
    assert classify(head, TEXT).encoding.truncation is not None


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_text_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="the text is empty"):
        classify(random_head(encoder()), text)


def test_it_can_be_stopped() -> None:
    with pytest.raises(Cancelled):
        head_words(random_head(encoder()), TEXT, 0, lambda: True)
