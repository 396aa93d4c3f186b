"""What evaluation tells besides: other mask rates, frequencies, pairs the wrong way round."""

from typing import Any

import pytest
import torch
from torch import Tensor

import bert_core.training.evaluate as module
from bert_core.data.documents import Document
from bert_core.data.sentence_pairs import IS_NEXT, Row
from bert_core.training.evaluate import evaluate
from tests.training.test_evaluate import (  # noqa: F401
    answering,
    asked,
    checkpoint,
    documents,
    perfect,
)
from tests.training.toy import SENTENCES


def test_other_rates_are_scored_too() -> None:
    result = evaluate(checkpoint(), documents(), more_rates=(0.4, 1.0))
    found, tokens = result.masked_words_by_rate, result.tokens
    assert list(found) == ["0.15", "0.4", "1"] and found["0.15"] == result.masked_words
    alone = evaluate(checkpoint(), documents())
    assert alone.masked_words_by_rate == {"0.15": alone.masked_words}
    assert found["1"].places == tokens and found["1"].mask_rate == 1.0
    assert found["0.4"].places == pytest.approx(0.4 * tokens, rel=0.1)


def test_scores_by_frequency_in_the_training_text_add_up(asked: list[Any]) -> None:  # noqa: F811
    """Right for the tokens that the training text has, wrong for the others."""
    known = [Document("toy/t", "toy", (SENTENCES[0],) * 3)]
    bert = checkpoint()
    seen = {id for id in bert.tokenizer.encode(SENTENCES[0]).ids[1:-1]}

    def logits(number: int) -> Tensor:
        targets = asked[-1].targets
        right = torch.tensor([int(id) in seen for id in targets])
        return torch.where(right[:, None], perfect(targets), -perfect(targets))

    found = evaluate(answering(bert, logits), documents(), trained_on=known)
    bands = found.masked_words_by_frequency
    assert list(bands) == list(module.BANDS)
    assert bands["1,000 and more"].top1 == 1 and bands["below 10"].top1 == 0
    assert found.masked_words is not None
    assert sum(band.places for band in bands.values()) == found.masked_words.places
    unseen = bands["100 to 1,000"]
    assert (unseen.places, unseen.loss, unseen.perplexity) == (0, None, None)
    assert (unseen.top1, unseen.top5, unseen.top1_at_mask) == (None, None, None)
    assert evaluate(bert, documents()).masked_words_by_frequency == {}


def test_a_text_without_pairs_has_no_accuracy() -> None:
    single = [Document("toy/1", "toy", SENTENCES[:1]), Document("toy/2", "toy", SENTENCES[1:2])]
    found = evaluate(checkpoint(), single)
    for kind in ("", "_same_source", "_short", "_swapped"):
        scores = getattr(found, f"next_sentence{kind}")
        assert (scores.accuracy, scores.pairs) == (None, 0)


def test_swapped_pairs_are_the_ones_that_follow_the_other_way_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged: list[list[Row]] = []
    original = module._judged
    monkeypatch.setattr(
        module, "_judged", lambda bert, rows: (judged.append(list(rows)), original(bert, rows))[1]
    )
    found = evaluate(checkpoint(heads=("pooler", "nsp")), documents(30))
    plain, swapped = judged[0], judged[-1]
    follows = [row for row in plain if row.next_label == IS_NEXT]
    assert found.next_sentence_swapped is not None
    assert found.next_sentence_swapped.pairs == len(swapped) == len(follows)
    turned = 0
    for before, after in zip(follows, swapped, strict=True):
        cut = before.segment_ids.index(1)
        first, second = before.ids[1 : cut - 1], before.ids[cut:-1]
        if after.next_label == IS_NEXT:
            assert after == before
            continue
        turned += 1
        assert after.ids[1:-1] == (*second, after.ids[0 + len(second) + 1], *first)
        assert sum(after.segment_ids) == len(first) + 1
    assert 0.3 < turned / len(swapped) < 0.7
