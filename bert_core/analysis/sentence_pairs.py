"""Next-sentence prediction: does B follow A, and what does the answer hang on?

The head's two logits say "B follows" and "B is random" (Devlin et al. 2018, section 3.1). N = rows,
T = tokens, B = rows of a batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch

from bert_core.analysis.encoding import tokenise
from bert_core.cancel import Asked, stop_if
from bert_core.checkpoint.load import Checkpoint
from bert_core.model.padding import padded, padded_batches
from bert_core.outputs import (
    AgainstRandom,
    Encoding,
    FloatArray,
    HeldOutSentence,
    NextSentence,
    PairChanges,
    PairWord,
    PairWords,
)

BATCH_TOKENS = 2_048
"""Tokens that go through the model together, padding included."""
_Row = tuple[Sequence[int], Sequence[int]]
"""Ids and segments."""


def next_sentence(checkpoint: Checkpoint, first: str, second: str) -> NextSentence:
    """The next-sentence head's answer for A = `first` and B = `second`.

    Raises:
        ValueError: when the model has no next-sentence head, or a sentence is empty.
    """
    encoding = _encode(checkpoint, first, second)
    return _answer(encoding, _judge(checkpoint, [(encoding.ids, encoding.segment_ids)])[0])


def pair_changes(checkpoint: Checkpoint, first: str, second: str) -> PairChanges:
    """The answer for a pair, with A and B swapped, and with every segment id 0.

    Raises:
        ValueError: as `next_sentence`.
    """
    given = next_sentence(checkpoint, first, second)
    ids = given.encoding.ids
    zeroed = _judge(checkpoint, [(ids, [0] * len(ids))])[0]
    return PairChanges(given, next_sentence(checkpoint, second, first), _two(zeroed))


def judge_pairs(
    checkpoint: Checkpoint, pairs: Sequence[tuple[str, str]], cancelled: Asked = None
) -> FloatArray:
    """The logits (N, 2), (follows, random), of many pairs.

    Args:
        checkpoint: a model with a next-sentence head.
        pairs: A and B of each.
        cancelled: asked before every batch.

    Raises:
        ValueError: as `next_sentence`.
        Cancelled: when `cancelled` said so.
    """
    encodings = [_encode(checkpoint, *pair) for pair in pairs]
    return _judge(checkpoint, [(one.ids, one.segment_ids) for one in encodings], cancelled)


def against_random(
    checkpoint: Checkpoint,
    first: str,
    second: str,
    sentences: Sequence[HeldOutSentence],
    cancelled: Asked = None,
) -> AgainstRandom:
    """The given B among random sentences: each of them put behind A.

    Args:
        checkpoint: a model with a next-sentence head.
        first: A.
        second: the given B.
        sentences: what takes its place; at least one.
        cancelled: asked before every batch.

    Raises:
        ValueError: as `next_sentence`.
        Cancelled: when `cancelled` said so.
    """
    assert sentences, "there is nothing to hold B against"
    given = next_sentence(checkpoint, first, second)
    logits = judge_pairs(checkpoint, [(first, one.sentence) for one in sentences], cancelled)
    return AgainstRandom(given, tuple(sentences), logits)


def pair_words(
    checkpoint: Checkpoint, first: str, second: str, cancelled: Asked = None
) -> PairWords:
    """The answer with each word taken out, all its pieces together.

    Occlusion (Li, Monroe and Jurafsky 2016), as `token_changes.delete_each` does it for tokens:
    what stands behind the word moves up. A word that is alone in its sentence stays, since without
    it there is no sentence to ask about.

    Raises:
        ValueError: as `next_sentence`.
        Cancelled: when `cancelled`, which is asked before every batch, said so.
    """
    given = next_sentence(checkpoint, first, second)
    encoding = given.encoding
    groups = _removable(encoding)
    logits = _judge(checkpoint, [_without(encoding, places) for places in groups], cancelled)
    return PairWords(
        given,
        tuple(
            PairWord(
                encoding.segment_ids[places[0]],
                encoding.typed(places[0], places[-1]),
                places,
                _two(answer),
            )
            for places, answer in zip(groups, logits, strict=True)
        ),
    )


def _encode(checkpoint: Checkpoint, first: str, second: str) -> Encoding:
    if checkpoint.model.nsp is None:
        raise ValueError(
            f"{checkpoint.name} has no next-sentence head; choose a checkpoint trained on "
            "sentence pairs, such as 'bundled'"
        )
    for name, sentence in (("A", first), ("B", second)):
        if not checkpoint.tokenizer.pieces(sentence):
            raise ValueError(f"sentence {name} is empty; type one")
    return tokenise(checkpoint, first, second)


def _judge(checkpoint: Checkpoint, rows: Sequence[_Row], cancelled: Asked = None) -> FloatArray:
    """The logits (N, 2) of rows of any length, those of similar length together."""
    model, pad = checkpoint.model, checkpoint.tokenizer.pad_id
    assert model.nsp is not None
    logits = np.zeros((len(rows), 2), dtype=np.float32)
    for batch, ids, padding in padded_batches([ids for ids, _ in rows], pad, BATCH_TOKENS):
        stop_if(cancelled, "asking about sentence pairs was stopped")
        segments, _ = padded([rows[at][1] for at in batch], 0)  # (B, T)
        gaps = None if padding is None else padding.to(model.device)
        with torch.inference_mode():
            output = model(ids.to(model.device), segments.to(model.device), gaps)
            logits[batch] = model.nsp(output.pooled).float().cpu().numpy()
    return logits


def _answer(encoding: Encoding, logits: FloatArray) -> NextSentence:
    chance = torch.from_numpy(logits).softmax(-1)[0]
    return NextSentence(encoding, _two(logits), float(chance))


def _two(logits: FloatArray) -> tuple[float, float]:
    follows, random = logits.tolist()
    return follows, random


def _removable(encoding: Encoding) -> list[tuple[int, ...]]:
    """The tokens of every word that is not alone in its sentence, in order."""
    words = encoding.words
    count = Counter(encoding.segment_ids[places[0]] for places in words)
    return [places for places in words if count[encoding.segment_ids[places[0]]] > 1]


def _without(encoding: Encoding, places: Sequence[int]) -> _Row:
    kept = [at for at in range(len(encoding)) if at not in places]
    return [encoding.ids[at] for at in kept], [encoding.segment_ids[at] for at in kept]
