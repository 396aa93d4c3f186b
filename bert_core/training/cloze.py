"""How often a model fills the gap of a sentence written for it with a word that fits.

B = sentences, T = tokens, V = vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bert_core.checkpoint.load import Checkpoint
from bert_core.data.batching import batch_rows
from bert_core.data.cloze import KINDS, Cloze, cloze_sentences
from bert_core.data.sentence_pairs import NO_LABEL, Row
from bert_core.outputs import ClozeScores

BATCH_TOKENS = 4_096
AMONG = 5


def cloze_scores(
    checkpoint: Checkpoint, sentences: Sequence[Cloze] | None = None
) -> dict[str, ClozeScores]:
    """Scores over 'all' sentences, then for each kind.

    Args:
        checkpoint: with a masked-word head.
        sentences: those of the project when left out.

    Raises:
        ValueError: when the model has no masked-word head.
    """
    if checkpoint.model.mlm is None:
        raise ValueError(f"{checkpoint.name} has no masked-word head, so it fills no gap")
    asked = cloze_sentences() if sentences is None else tuple(sentences)
    first, fits, copied = [], [], []
    found = _guesses(checkpoint, [one.sentence for one in asked])
    for one, guesses in zip(asked, found, strict=True):
        words = set(checkpoint.tokenizer.pieces(one.sentence))
        first.append(guesses[0] in one.answers)
        fits.append(not set(one.answers).isdisjoint(guesses))
        copied.append(guesses[0] in words and guesses[0] not in one.answers)

    def scores(kind: str | None) -> ClozeScores:
        own = [at for at, one in enumerate(asked) if kind in (None, one.kind)]

        def share(values: Sequence[bool]) -> float:
            return sum(values[at] for at in own) / max(1, len(own))

        return ClozeScores(share(first), share(fits), share(copied), len(own))

    return {"all": scores(None), **{kind: scores(kind) for kind in KINDS}}


def _guesses(checkpoint: Checkpoint, sentences: Sequence[str]) -> list[list[str]]:
    """The likeliest tokens at each sentence's [MASK], best first."""
    tokenizer = checkpoint.tokenizer
    encodings = [tokenizer.encode(sentence) for sentence in sentences]
    rows = [Row(encoding.ids, encoding.segment_ids, NO_LABEL) for encoding in encodings]
    found: dict[tuple[int, ...], list[str]] = {}
    for batch in batch_rows(rows, BATCH_TOKENS, tokenizer.pad_id):
        best = _best(checkpoint, *(torch.from_numpy(part) for part in (
            batch.ids, batch.segment_ids, batch.padding
        )))  # fmt: skip
        for ids, padding, top in zip(batch.ids, batch.padding, best.tolist(), strict=True):
            found[tuple(ids[~padding].tolist())] = [tokenizer.id_to_token(id) for id in top]
    return [found[encoding.ids] for encoding in encodings]


@torch.inference_mode()
def _best(checkpoint: Checkpoint, ids: Tensor, segments: Tensor, padding: Tensor) -> Tensor:
    """(B, AMONG) ids; every row has one [MASK]."""
    model = checkpoint.model
    assert model.mlm is not None
    states = model(*(part.to(model.device) for part in (ids, segments, padding))).last
    at_mask = states[(ids == checkpoint.tokenizer.mask_id).to(model.device)]  # (B, H)
    logits: Tensor = model.mlm(at_mask).float()  # (B, V)
    return logits.topk(AMONG).indices.cpu()
