"""How good a model is on documents it has not seen: masked words and next sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from bert_core.checkpoint.load import Checkpoint
from bert_core.data.batching import batch_rows
from bert_core.data.documents import Document
from bert_core.data.sentence_pairs import NO_LABEL, Row, RowMaker, TokenisedDocument
from bert_core.outputs import Evaluation, MaskedWordScores, NextSentenceScores
from bert_core.training.objectives import mask_rows
from bert_core.training.text import tokenise

BATCH_TOKENS = 4_096
ROW_TOKENS = 128
"""Longest row, in tokens, unless the model has fewer positions."""


def evaluate(
    checkpoint: Checkpoint, documents: Sequence[Document], seed: int = 42, mask_rate: float = 0.15
) -> Evaluation:
    """Scores on `documents`, which the model should not have been trained on.

    Masked words are asked for in runs of sentences of up to 128 tokens, next sentences in pairs.

    Raises:
        ValueError: when the documents hold no text.
    """
    texts = tokenise(documents, checkpoint.tokenizer)
    if not texts:
        raise ValueError("the held-out text is empty; give more documents")
    tokenizer, model = checkpoint.tokenizer, checkpoint.model
    length = min(ROW_TOKENS, model.config.max_position_embeddings)
    maker = RowMaker(tokenizer.cls_id, tokenizer.sep_id, length, short=0.0, single=0.0)
    total, by_source = None, {}
    if model.mlm is not None:
        counts = {
            source: _count_masked(checkpoint, _single_rows(maker, group, seed), seed, mask_rate)
            for source, group in _by_source(texts).items()
        }
        by_source = {source: count.scores(mask_rate) for source, count in counts.items()}
        total = sum(counts.values(), _MaskedCount()).scores(mask_rate)
    kinds = (
        replace(maker, same_source=0.0),
        replace(maker, same_source=1.0),
        replace(maker, short=1.0),
    )
    pairs = [_next_sentence(checkpoint, texts, kind, seed) for kind in kinds]
    tokens = sum(len(sentence) for text in texts for sentence in text.sentences)
    return Evaluation(len(texts), tokens, seed, total, by_source, *pairs)


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
        return MaskedWordScores(
            loss=self.loss / max(1, self.places),
            top1=self.first / max(1, self.places),
            top5=self.among_five / max(1, self.places),
            top1_at_mask=self.first_at_mask / max(1, self.at_mask),
            places=self.places,
            mask_rate=mask_rate,
        )


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
    checkpoint: Checkpoint, rows: Iterable[Row], seed: int, mask_rate: float
) -> _MaskedCount:
    model, tokenizer = checkpoint.model, checkpoint.tokenizer
    assert model.mlm is not None
    rng, count = np.random.default_rng(seed), _MaskedCount()
    for batch in batch_rows(rows, BATCH_TOKENS, tokenizer.pad_id):
        masked = mask_rows(batch, tokenizer, rng, mask_rate, model.device)
        with torch.inference_mode():
            states = model(masked.ids, masked.segment_ids, masked.padding).last
            logits = model.mlm(states.flatten(0, 1)[masked.places]).float()
        true = logits.gather(1, masked.targets[:, None])  # (N, 1)
        before = torch.arange(logits.shape[1], device=model.device) < masked.targets[:, None]
        rank = ((logits > true) | ((logits == true) & before)).sum(1)  # ties: the lower id first
        at_mask = masked.ids.flatten()[masked.places] == tokenizer.mask_id
        count += _MaskedCount(
            float((logits.logsumexp(1) - true[:, 0]).sum()),
            int((rank == 0).sum()),
            int((rank < 5).sum()),
            int((rank[at_mask] == 0).sum()),
            int(at_mask.sum()),
            len(rank),
        )
    return count


def _next_sentence(
    checkpoint: Checkpoint, texts: Sequence[TokenisedDocument], maker: RowMaker, seed: int
) -> NextSentenceScores | None:
    model, rng = checkpoint.model, np.random.default_rng(seed)
    if model.nsp is None:
        return None
    paired = [text for text in texts if text.paired]
    rows = [row for row in maker.rows(paired, rng) if row.next_label != NO_LABEL]
    confusion = np.zeros((2, 2), dtype=int)
    for batch in batch_rows(rows, BATCH_TOKENS, checkpoint.tokenizer.pad_id):
        parts = (batch.ids, batch.segment_ids, batch.padding)
        ids, segments, padding = (torch.from_numpy(part).to(model.device) for part in parts)
        with torch.inference_mode():
            answers = model.nsp(model(ids, segments, padding).pooled).argmax(1).cpu().numpy()
        np.add.at(confusion, (batch.next_labels, answers), 1)
    (a, b), (c, d) = confusion.tolist()
    return NextSentenceScores((a + d) / max(1, len(rows)), ((a, b), (c, d)), len(rows))
