"""Scores on held-out text, on models whose score is known beforehand."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from bert_core.checkpoint.load import Checkpoint
from bert_core.data.documents import Document
from bert_core.data.sentence_pairs import NO_LABEL, RowMaker
from bert_core.outputs import Evaluation, NextSentenceScores
from bert_core.training import evaluate as module
from bert_core.training.evaluate import evaluate
from tests.model.tiny import VOCABULARY, random_model, tiny_config, tiny_tokenizer
from tests.training.toy import SENTENCES

SIZE = len(VOCABULARY)


def checkpoint(seed: int = 3, **changes: Any) -> Checkpoint:
    heads = changes.pop("heads", ("pooler", "mlm", "nsp"))
    config = tiny_config(**{"max_position_embeddings": 128, **changes})
    return Checkpoint("tiny", random_model(config, seed, heads), tiny_tokenizer(), ())


def documents(number: int = 8, source: str = "toy", sentences: int = 6) -> list[Document]:
    """Documents of sentences of which each is told by its first word."""
    return [
        Document(f"{source}/{at}", source, tuple(SENTENCES[(at + i) % 4] for i in range(sentences)))
        for at in range(number)
    ]


def answering(bert: Checkpoint, logits: Callable[[int], Tensor]) -> Checkpoint:
    """The checkpoint with a masked-word head that answers `logits(number of places)`."""
    assert bert.model.mlm is not None
    bert.model.mlm.forward = lambda hidden: logits(len(hidden))  # type: ignore[method-assign]
    return bert


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every batch of masked rows that evaluation makes, in order."""
    seen: list[Any] = []
    original = module.mask_rows

    def watch(*arguments: Any) -> Any:
        rows = original(*arguments)
        seen.append(rows.to(torch.device("cpu")))
        return rows

    monkeypatch.setattr(module, "mask_rows", watch)
    monkeypatch.setattr(module, "cloze_scores", lambda _: {})  # gaps are not made by mask_rows
    return seen


def perfect(targets: Tensor) -> Tensor:
    return 100 * torch.nn.functional.one_hot(targets, SIZE).float()


def test_counts_are_those_of_the_text(asked: list[Any]) -> None:
    """One source of one sentence of 8 tokens, one of two documents: 30% of them, by hand."""
    texts = [
        Document("a/1", "a", ("the old river flows to the sea .",)),
        Document("b/1", "b", ("a boat runs by the town", "the sea has fish in it .")),
        Document("b/2", "b", ("very long boats .",)),
    ]
    result = evaluate(checkpoint(), texts, mask_rate=0.3)
    assert result.documents == 3
    assert result.tokens == 8 + (6 + 7) + 5
    masked, by_source = result.masked_words, result.masked_words_by_source
    assert masked is not None and list(by_source) == ["a", "b"]
    candidates = [8, 6 + 6, 5]  # "it" is unknown, and [UNK] is never chosen
    places = [round(0.3 * number) for number in candidates]
    assert by_source["a"].places == places[0]
    assert by_source["b"].places == sum(places[1:])
    assert masked.places == sum(places) == sum(len(batch.places) for batch in asked)
    assert masked.mask_rate == by_source["a"].mask_rate == 0.3


@pytest.mark.parametrize("rate", [0.15, 0.4])
def test_the_mask_rate_is_the_share_of_tokens_asked_for(rate: float) -> None:
    result = evaluate(checkpoint(), documents(40), mask_rate=rate)
    assert result.masked_words is not None
    assert result.masked_words.places / result.tokens == pytest.approx(rate, abs=0.01)


def test_scores_add_up_over_the_sources() -> None:
    result = evaluate(checkpoint(), documents(5, "a") + documents(9, "b") + documents(2, "c"))
    total, parts = result.masked_words, result.masked_words_by_source
    assert total is not None and set(parts) == {"a", "b", "c"}
    places = np.array([part.places for part in parts.values()])
    assert total.places == places.sum()
    for name in ("loss", "top1", "top5"):
        values = np.array([getattr(part, name) for part in parts.values()])
        assert getattr(total, name) == pytest.approx((values * places).sum() / places.sum())


def test_a_perfect_model_scores_one(asked: list[Any]) -> None:
    bert = answering(checkpoint(), lambda number: perfect(asked[-1].targets))
    masked = evaluate(bert, documents()).masked_words
    assert masked is not None and len(asked) > 0
    assert (masked.top1, masked.top5, masked.top1_at_mask) == (1, 1, 1)
    assert masked.loss == pytest.approx(0, abs=1e-6)
    assert masked.perplexity == pytest.approx(1, abs=1e-6)


def test_second_and_sixth_best_are_told_apart(asked: list[Any]) -> None:
    for better, top5 in ((1, 1.0), (4, 1.0), (5, 0.0)):

        def logits(number: int, better: int = better) -> Tensor:
            targets = asked[-1].targets[:, None]
            others = (targets + torch.arange(1, better + 1)) % SIZE
            return torch.zeros(number, SIZE).scatter(1, targets, 1.0).scatter(1, others, 2.0)

        masked = evaluate(answering(checkpoint(), logits), documents()).masked_words
        assert masked is not None and (masked.top1, masked.top5) == (0.0, top5)
        total = np.exp(1) + better * np.exp(2) + SIZE - 1 - better
        assert masked.loss == pytest.approx(np.log(total) - 1, abs=1e-5)
        assert masked.perplexity == pytest.approx(total / np.e, rel=1e-4)


def test_places_where_the_mask_stood_are_counted_alone(asked: list[Any]) -> None:
    """A model that is right where [MASK] is shown, and wrong elsewhere."""

    def logits(number: int) -> Tensor:
        batch = asked[-1]
        hidden = batch.ids.flatten()[batch.places] == VOCABULARY.index("[MASK]")
        return torch.where(hidden[:, None], perfect(batch.targets), -perfect(batch.targets))

    masked = evaluate(answering(checkpoint(), logits), documents(60)).masked_words
    assert masked is not None and masked.top1_at_mask == 1
    assert masked.top1 == pytest.approx(0.8, abs=0.05)  # 80% of the chosen places show [MASK]


def test_a_model_that_answers_the_same_to_everything_is_no_better_than_chance() -> None:
    bert = answering(checkpoint(), lambda number: torch.zeros(number, SIZE))
    masked = evaluate(bert, documents()).masked_words
    assert masked is not None and masked.loss == pytest.approx(np.log(SIZE), abs=1e-5)
    assert masked.top1 == masked.top5 == 0, "of equal logits the lower id comes first: [PAD]"


def test_untrained_models_score_about_chance() -> None:
    scores = [evaluate(checkpoint(seed), documents(12)) for seed in range(6)]
    masked = [score.masked_words for score in scores]
    assert all(one is not None and one.loss > np.log(SIZE) - 0.5 for one in masked)
    assert np.mean([one.top1 for one in masked if one is not None]) < 0.2
    pairs = [score.next_sentence for score in scores]
    accuracy = np.mean([one.accuracy for one in pairs if one is not None])
    assert accuracy == pytest.approx(0.5, abs=0.15)


def check(scores: NextSentenceScores | None, accuracy: float) -> None:
    assert scores is not None and scores.pairs > 20
    (right, wrong), (missed, found) = scores.confusion
    assert right + wrong + missed + found == scores.pairs
    assert scores.accuracy == (right + found) / scores.pairs == accuracy
    assert min(right + wrong, missed + found) >= 0.3 * scores.pairs


def test_the_next_sentence_is_judged_by_the_label(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models told the label answer all of the pairs right, and with it turned round none."""
    labels: list[np.ndarray] = []
    original = module.batch_rows

    def watch(*arguments: Any) -> Any:
        for batch in original(*arguments):
            labels.append(batch.next_labels)
            yield batch

    monkeypatch.setattr(module, "batch_rows", watch)
    for turned, accuracy in ((False, 1.0), (True, 0.0)):
        bert = checkpoint(heads=("pooler", "nsp"))
        assert bert.model.nsp is not None
        bert.model.nsp.forward = lambda pooled, turned=turned: torch.nn.functional.one_hot(  # type: ignore[method-assign]
            torch.tensor(labels[-1] ^ turned), 2
        )
        result = evaluate(bert, documents(40))
        for name in ("next_sentence", "next_sentence_same_source", "next_sentence_short"):
            check(getattr(result, name), accuracy)


def test_rows_of_the_confusion_are_the_truth_and_columns_the_answers() -> None:
    bert = checkpoint(heads=("pooler", "nsp"))
    assert bert.model.nsp is not None
    always_follows = torch.tensor([1.0, 0.0])
    bert.model.nsp.forward = lambda pooled: always_follows.expand(len(pooled), 2)  # type: ignore[method-assign]
    scores = evaluate(bert, documents(40)).next_sentence
    assert scores is not None
    (follows, none), (random, nothing) = scores.confusion
    assert min(follows, random) > 0 and (none, nothing) == (0, 0)
    assert scores.accuracy == follows / scores.pairs


def test_the_kinds_of_pairs_are_what_they_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    makers: list[RowMaker] = []
    rows = RowMaker.rows

    def watch(maker: RowMaker, *arguments: Any) -> Any:
        made = list(rows(maker, *arguments))
        if any(row.next_label != NO_LABEL for row in made):
            makers.append(maker)
        return iter(made)

    monkeypatch.setattr(RowMaker, "rows", watch)
    evaluate(checkpoint(heads=("pooler", "nsp")), documents(20) + documents(20, "other"))
    plain, same, short = makers
    assert (plain.same_source, plain.short, plain.single, plain.length) == (0, 0, 0, 128)
    assert (same.same_source, same.short) == (1, 0)
    assert short.short == 1


def test_the_same_seed_gives_the_same_figures() -> None:
    bert = checkpoint()

    def scores(seed: int) -> dict[str, Any]:
        return asdict(evaluate(bert, documents(20), seed))

    assert scores(7) == scores(7)
    first, other = scores(7), scores(8)
    assert first["masked_words"]["loss"] != other["masked_words"]["loss"]
    assert first["next_sentence"] != other["next_sentence"]


@pytest.mark.parametrize("positions", [32, 40])
def test_rows_fit_a_model_of_few_positions(positions: int) -> None:
    result = evaluate(checkpoint(max_position_embeddings=positions), documents())
    assert result.masked_words is not None and result.masked_words.places > 0


def test_heads_a_model_lacks_have_no_score() -> None:
    def scored(*heads: str) -> Evaluation:
        return evaluate(checkpoint(heads=heads), documents())

    words, pairs = scored("mlm"), scored("pooler", "nsp")
    assert words.masked_words is not None and words.next_sentence is None
    assert words.next_sentence_same_source is None and words.next_sentence_short is None
    assert pairs.masked_words is None and pairs.masked_words_by_source == {}
    assert pairs.next_sentence is not None


@pytest.mark.parametrize("texts", [[], [Document("a/1", "a", (" ", ""))]])
def test_no_text_is_named(texts: list[Document]) -> None:
    with pytest.raises(ValueError, match="held-out text is empty"):
        evaluate(checkpoint(), texts)


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.5, float("nan")])
def test_a_mask_rate_out_of_range_is_named(rate: float) -> None:
    with pytest.raises(ValueError, match="mask rate is .*above 0 and at most 1"):
        evaluate(checkpoint(), documents(), mask_rate=rate)
