"""How good a model is on documents it has not seen: masked words and next sentences."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from bert_core.checkpoint.load import Checkpoint
from bert_core.data.batching import batch_rows
from bert_core.data.documents import Document
from bert_core.data.masking import IntArray
from bert_core.data.sentence_pairs import (
    IS_NEXT,
    IS_RANDOM,
    NO_LABEL,
    Row,
    RowMaker,
    TokenisedDocument,
)
from bert_core.outputs import Evaluation, MaskedWordScores, NextSentenceScores
from bert_core.training.cloze import cloze_scores
from bert_core.training.objectives import mask_rows
from bert_core.training.text import token_counts, tokenise

BATCH_TOKENS = 4_096
ROW_TOKENS = 128
"""Longest row, in tokens, unless the model has fewer positions."""
LARGEST_LOSS = 700.0
"""In nats; e to the power of more is no number of a computer's."""
BANDS = {"1,000 and more": 1_000, "100 to 1,000": 100, "10 to 100": 10, "below 10": 0}
"""Times that a token stands in a million tokens of the training text -> the least of them."""


def evaluate(
    checkpoint: Checkpoint,
    documents: Sequence[Document],
    seed: int = 42,
    mask_rate: float = 0.15,
    more_rates: Sequence[float] = (),
    trained_on: Sequence[Document] = (),
) -> Evaluation:
    """Scores on `documents`, which the model should not have been trained on.

    Masked words are asked for in runs of sentences of up to 128 tokens, next sentences in pairs.

    Args:
        checkpoint: its heads say what can be asked.
        documents: held-out text.
        seed: of masks and pairs.
        mask_rate: share of the tokens hidden.
        more_rates: others for which the scores of all places are wanted, too.
        trained_on: the training text; scores by frequency are of how often a token stands there.

    Raises:
        ValueError: when the documents hold no text, or a rate is out of range.
    """
    texts = tokenise(documents, checkpoint.tokenizer)
    if not texts:
        raise ValueError("the held-out text is empty; give more documents")
    tokenizer, model = checkpoint.tokenizer, checkpoint.model
    length = min(ROW_TOKENS, model.config.max_position_embeddings)
    maker = RowMaker(tokenizer.cls_id, tokenizer.sep_id, length, short=0.0, single=0.0)
    total, by_source, by_rate, by_band, cloze = None, {}, {}, {}, {}
    if model.mlm is not None:
        bands = _bands(tokenise(trained_on, tokenizer), tokenizer.vocab_size)
        counts = {
            source: _count_masked(
                checkpoint, _single_rows(maker, group, seed), seed, mask_rate, bands
            )
            for source, group in _by_source(texts).items()
        }
        by_source = {source: _total(count).scores(mask_rate) for source, count in counts.items()}
        total = _total([one for count in counts.values() for one in count]).scores(mask_rate)
        if trained_on:
            by_band = {
                name: _total(of_band).scores(mask_rate)
                for name, of_band in zip(BANDS, zip(*counts.values(), strict=True), strict=True)
            }
        by_rate = {f"{mask_rate:g}": total} | {
            f"{rate:g}": _total(
                _count_masked(checkpoint, _single_rows(maker, texts, seed), seed, rate, bands)
            ).scores(rate)
            for rate in more_rates
        }
        cloze = cloze_scores(checkpoint)
    kinds = (
        replace(maker, same_source=0.0),
        replace(maker, same_source=1.0),
        replace(maker, short=1.0),
    )
    pairs = [_pairs(texts, kind, seed) for kind in kinds]
    other, same, short = (_judged(checkpoint, rows) for rows in pairs)
    swapped = _judged(checkpoint, _swapped(maker, pairs[0], seed))
    tokens = sum(len(sentence) for text in texts for sentence in text.sentences)
    return Evaluation(
        len(texts), tokens, seed, total, by_source, other, same, short, swapped, by_rate, by_band,
        cloze,
    )  # fmt: skip


def _bands(trained_on: Sequence[TokenisedDocument], vocab_size: int) -> IntArray:
    """(V,): which of BANDS each token is in; all in the first without text."""
    counts = token_counts(trained_on, vocab_size)
    per_million = counts * 1e6 / max(1, counts.sum())
    least = np.array(list(BANDS.values()))  # falling
    found: IntArray = (per_million[:, None] < least).sum(1) if trained_on else 0 * counts
    return found


@dataclass(frozen=True)
class _MaskedCount:
    """Sums over places, which can be added up over sources."""

    loss: float = 0.0
    first: int = 0
    among_five: int = 0
    first_at_mask: int = 0
    at_mask: int = 0
    places: int = 0

    def __add__(self, other: _MaskedCount) -> _MaskedCount:
        return _MaskedCount(
            self.loss + other.loss,
            self.first + other.first,
            self.among_five + other.among_five,
            self.first_at_mask + other.first_at_mask,
            self.at_mask + other.at_mask,
            self.places + other.places,
        )

    def scores(self, mask_rate: float) -> MaskedWordScores:
        loss = _share(self.loss, self.places)
        return MaskedWordScores(
            loss=loss,
            perplexity=None if loss is None else math.exp(min(loss, LARGEST_LOSS)),
            top1=_share(self.first, self.places),
            top5=_share(self.among_five, self.places),
            top1_at_mask=_share(self.first_at_mask, self.at_mask),
            places=self.places,
            mask_rate=mask_rate,
        )


def _share(part: float, number: int) -> float | None:
    return part / number if number else None


def _total(counts: Iterable[_MaskedCount]) -> _MaskedCount:
    return sum(counts, _MaskedCount())


def _by_source(texts: Sequence[TokenisedDocument]) -> dict[str, list[TokenisedDocument]]:
    groups: dict[str, list[TokenisedDocument]] = {}
    for text in texts:
        groups.setdefault(text.source, []).append(text)
    return groups


def _single_rows(maker: RowMaker, texts: Sequence[TokenisedDocument], seed: int) -> Iterable[Row]:
    """Every document as rows of one segment."""
    unpaired = [replace(text, paired=False) for text in texts]
    return maker.rows(unpaired, np.random.default_rng(seed))


def _count_masked(
    checkpoint: Checkpoint, rows: Iterable[Row], seed: int, mask_rate: float, bands: IntArray
) -> list[_MaskedCount]:
    """A count for each of BANDS."""
    model, tokenizer = checkpoint.model, checkpoint.tokenizer
    assert model.mlm is not None
    rng, counts = np.random.default_rng(seed), [_MaskedCount()] * len(BANDS)
    band_of = torch.from_numpy(bands).to(model.device)
    for batch in batch_rows(rows, BATCH_TOKENS, tokenizer.pad_id):
        masked = mask_rows(batch, tokenizer, rng, mask_rate).to(model.device)
        with torch.inference_mode():
            states = model(masked.ids, masked.segment_ids, masked.padding).last
            logits = model.mlm(states.flatten(0, 1)[masked.places]).float()
        true = logits.gather(1, masked.targets[:, None])  # (N, 1)
        before = torch.arange(logits.shape[1], device=model.device) < masked.targets[:, None]
        rank = ((logits > true) | ((logits == true) & before)).sum(1)  # ties: the lower id first
        at_mask = masked.ids.flatten()[masked.places] == tokenizer.mask_id
        losses, places = logits.logsumexp(1) - true[:, 0], band_of[masked.targets]
        for band in range(len(BANDS)):
            own = places == band
            counts[band] += _MaskedCount(
                float(losses[own].sum()),
                int((rank[own] == 0).sum()),
                int((rank[own] < 5).sum()),
                int((rank[own & at_mask] == 0).sum()),
                int((own & at_mask).sum()),
                int(own.sum()),
            )
    return counts


def _pairs(texts: Sequence[TokenisedDocument], maker: RowMaker, seed: int) -> list[Row]:
    paired = [text for text in texts if text.paired]
    rows = maker.rows(paired, np.random.default_rng(seed))
    return [row for row in rows if row.next_label != NO_LABEL]


def _swapped(maker: RowMaker, rows: Iterable[Row], seed: int) -> list[Row]:
    """Of the pairs that follow, half with B put first and called random."""
    rng, found = np.random.default_rng(seed), []
    for row in rows:
        if row.next_label != IS_NEXT:
            continue
        cut = row.segment_ids.index(1)
        first, second = row.ids[1 : cut - 1], row.ids[cut:-1]
        swap = rng.random() < 0.5
        found.append(maker.row(second, first, IS_RANDOM) if swap else row)
    return found


def _judged(checkpoint: Checkpoint, rows: Sequence[Row]) -> NextSentenceScores | None:
    model = checkpoint.model
    if model.nsp is None:
        return None
    confusion = np.zeros((2, 2), dtype=int)
    for batch in batch_rows(rows, BATCH_TOKENS, checkpoint.tokenizer.pad_id):
        parts = (batch.ids, batch.segment_ids, batch.padding)
        ids, segments, padding = (torch.from_numpy(part).to(model.device) for part in parts)
        with torch.inference_mode():
            answers = model.nsp(model(ids, segments, padding).pooled).argmax(1).cpu().numpy()
        np.add.at(confusion, (batch.next_labels, answers), 1)
    (a, b), (c, d) = confusion.tolist()
    return NextSentenceScores(_share(a + d, len(rows)), ((a, b), (c, d)), len(rows))
