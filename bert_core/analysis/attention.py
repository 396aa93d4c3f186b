"""What tokens or whole words look at, in every head of every layer.

L = layers, A = heads, T = tokens, U = units: the tokens or whole words that rows and columns are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bert_core.analysis.encoding import encode
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import AttentionMaps, EncoderResult, Encoding, FloatArray, Unit

DoubleArray = npt.NDArray[np.float64]


def attention_maps(
    checkpoint: Checkpoint,
    text: str,
    pair: str | None = None,
    words: bool = False,
    special: bool = True,
) -> AttentionMaps:
    """Attention of every head on a text: `as_units` of one forward pass.

    Raises:
        ValueError: when the text is empty.
    """
    return as_units(encode(checkpoint, text, pair, attention=True), words, special)


def as_units(result: EncoderResult, words: bool = False, special: bool = True) -> AttentionMaps:
    """Attention between tokens or words, with or without [CLS] and [SEP], of a pass already made.

    Words follow Clark et al. 2019, section 4.1: attention to a word that was split is the sum over
    its pieces, attention from it the mean.

    Without [CLS] and [SEP], those that the tokenizer added, the attention left in a row (joined to
    words first, if asked for) is scaled to sum to 1 again. This is done on the logarithms of the
    softmax of the scores, so that it is the proportions of the model in every row, also in one
    which leaves nothing to ordinary tokens that float32 could hold. What was typed as [SEP],
    [CLS] or [MASK] is an ordinary unit.

    Args:
        result: of `encode(..., attention=True)`.
        words: join the pieces of whole words; a unit's label is then the characters as typed.
        special: keep the [CLS] and [SEP] that the tokenizer added.

    Returns:
        Maps of attention (L, A, U, U); every row sums to 1. Tokens with [CLS] and [SEP] are the
        array of `result` itself.

    Raises:
        ValueError: when `result` has no attention, or, without [CLS] and [SEP], no other token.
    """
    if result.attention is None or result.scores is None:
        raise ValueError("attention was not kept; call encode with attention=True")
    units = _units(result.encoding, words)
    if special:
        attention = _joined(result.attention, units) if words else result.attention
    else:
        units = [unit for unit in units if not unit.special]
        if not units:
            raise ValueError("the text is empty; without [CLS] and [SEP] there is nothing to show")
        attention = _rescaled(result.scores, units)
    return AttentionMaps(result.encoding, tuple(units), attention, words, special)


def difference(first: AttentionMaps, second: AttentionMaps) -> FloatArray:
    """How much more each unit of the second looks at each: (L, A, U, U), second less first.

    Units are matched by their places, so this is for two texts of the same build, such as one
    with a word exchanged.

    Raises:
        ValueError: when the two differ in the number of units, in layers or heads, or one is of
            words and the other of tokens.
    """
    count, other = len(first.units), len(second.units)
    kinds = ["words" if maps.words else "tokens" for maps in (first, second)]
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"the first is of {kinds[0]}, the second of {kinds[1]}; both must be alike"
        )
    if count != other:
        raise ValueError(
            f"the first text has {count} {kinds[0]}, the second {other}; to be compared they must "
            "have the same number"
        )
    shapes = first.attention.shape[:2], second.attention.shape[:2]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"(layers, heads) are {shapes[0]} and {shapes[1]}; both must be of one model"
        )
    change: FloatArray = second.attention - first.attention
    return change


def _units(encoding: Encoding, words: bool) -> list[Unit]:
    """Tokens, or words with [CLS] and [SEP] between, in order."""
    if words:
        groups = dict.fromkeys(encoding.word_positions(place) for place in range(len(encoding)))
    else:
        groups = dict.fromkeys((place,) for place in range(len(encoding)))
    return [_unit(encoding, group, words) for group in groups]


def _unit(encoding: Encoding, positions: tuple[int, ...], words: bool) -> Unit:
    first, last = positions[0], positions[-1]
    segment, special = encoding.segment_ids[first], encoding.word_ids[first] is None
    label = encoding.tokens[first]
    if words and not special:
        text = (encoding.pair if segment else encoding.text) or ""
        label = text[encoding.offsets[first][0] : encoding.offsets[last][1]]
    return Unit(label, positions, segment, special)


def _belongs(units: Sequence[Unit], tokens: int) -> DoubleArray:
    """(U, T): 1 where the token is part of the unit, else 0."""
    belongs = np.zeros((len(units), tokens))
    for at, unit in enumerate(units):
        belongs[at, list(unit.positions)] = 1
    return belongs


def _joined(attention: FloatArray, units: Sequence[Unit]) -> FloatArray:
    """Sums over the columns of each unit, means over its rows: (L, A, T, T) -> (L, A, U, U)."""
    belongs = _belongs(units, attention.shape[-1])
    mean = belongs / belongs.sum(axis=1, keepdims=True)
    return np.stack([(mean @ layer @ belongs.T).astype(np.float32) for layer in attention])


def _rescaled(scores: FloatArray, units: Sequence[Unit]) -> FloatArray:
    """Softmax joined to these units, rows scaled to sum to 1: (L, A, T, T) -> (L, A, U, U).

    Each unit's rows are divided by the largest weight among its columns, of whatever size, which
    the scaling takes out again.
    """
    belongs = _belongs(units, scores.shape[-1])
    own = belongs.any(axis=0)  # (T,)
    maps = []
    for layer in scores:  # (A, T, T); one at a time, for memory
        logs = layer - layer.max(axis=-1, keepdims=True).astype(np.float64)
        logs -= np.log(np.exp(logs).sum(axis=-1, keepdims=True))
        logs[..., ~own] = -np.inf
        largest = logs.max(axis=-1, keepdims=True)  # (A, T, 1)
        for unit in units:
            places = list(unit.positions)
            largest[:, places] = largest[:, places].max(axis=1, keepdims=True)
        shares = belongs @ np.exp(logs - largest) @ belongs.T  # (A, U, U)
        maps.append((shares / shares.sum(axis=-1, keepdims=True)).astype(np.float32))
    return np.stack(maps)
