"""What each head does on one text, in a few numbers and, where it has one, a name.

After Clark et al. 2019, section 3. L = layers, A = heads, T = tokens, R = rows: the text's own
tokens, that is, all but the [CLS] and [SEP] which the tokenizer added.
"""

from __future__ import annotations

import math
import unicodedata

import numpy as np
import numpy.typing as npt

from bert_core.outputs import HEAD_MEASURES, EncoderResult, Encoding, FloatArray, HeadSummary

DoubleArray = npt.NDArray[np.float64]

NAMED_SHARE = 0.5
"""A head is named after what gets at least this much of its attention (Clark et al. 2019, 3.1)."""
NAMED_LIFT = 2.0
"""And at least so many times what equal attention to all tokens would give it: else every head
would be called 'same word' on a text of one word in many pieces."""
BROAD = 0.9
"""A head is 'broad' from this share of log2(T), the largest entropy there is, upwards."""
PATTERNS = (
    ("to [SEP]", "sep"),
    ("to [CLS]", "cls"),
    ("previous token", "previous"),
    ("next token", "next"),
    ("same word", "same_word"),
    ("to punctuation", "punctuation"),
)
"""Names and what each is measured by; of equal shares the earlier gives the name."""


def head_summaries(result: EncoderResult) -> tuple[HeadSummary, ...]:
    """Every head's measures and pattern, in order of layer and head.

    Each measure is a mean over the rows i of the text's own tokens. p(i, j) is the attention of
    token i to token j, where j runs over all tokens, [CLS] and [SEP] too:

    - entropy: -sum_j p(i, j) log2 p(i, j), in bits; 0 log2 0 is 0
    - distance: sum_j p(i, j) |i - j|, in tokens
    - previous, next: p(i, i - 1), p(i, i + 1); this neighbour may be [CLS] or [SEP]
    - same_word: sum of p(i, j) over the pieces j of the word of i, i among them
    - sep, cls: sum of p(i, j) over all [SEP], all [CLS], also where they were typed
    - punctuation: sum of p(i, j) over the tokens whose characters, as typed, are all of a Unicode
      category that begins with P

    The pattern is the name of the largest share that reaches both `NAMED_SHARE` and `NAMED_LIFT`
    times its value under equal attention; failing that 'broad', if the entropy reaches `BROAD`
    times log2(T); failing that None.

    Raises:
        ValueError: when `result` has no attention or the text no token of its own.
    """
    if result.attention is None:
        raise ValueError("attention was not kept; call encode with attention=True")
    encoding, tokens = result.encoding, len(result.encoding)
    rows = np.array([word is not None for word in encoding.word_ids])
    if not rows.any():
        raise ValueError("the text is empty; type a sentence")
    weights = _weights(encoding)[:, rows]  # (measures without entropy, R, T)
    equal = dict(zip(HEAD_MEASURES[1:], weights.mean(axis=(1, 2)).tolist(), strict=True))
    found = []
    for layer, attention in enumerate(result.attention, start=1):
        for head, row in enumerate(_measured(attention[:, rows], weights).tolist(), start=1):
            values = dict(zip(HEAD_MEASURES, row, strict=True))
            pattern = _pattern(values, equal, math.log2(tokens))
            found.append(HeadSummary(layer, head, **values, pattern=pattern))
    return tuple(found)


def _weights(encoding: Encoding) -> DoubleArray:
    """(measures, T, T): what p(i, j) counts in each measure after the entropy, in their order."""
    places = range(len(encoding))
    steps = np.subtract.outer(places, places).T  # j - i
    words = np.array([encoding.word_positions(place)[0] for place in places])
    tokens = np.array(encoding.tokens)
    punctuation = np.array([_is_punctuation(encoding.source(place)) for place in places])
    columns = [tokens == "[SEP]", tokens == "[CLS]", punctuation]
    return np.stack(
        [
            np.abs(steps).astype(np.float64),
            steps == -1,
            steps == 1,
            words == words[:, None],
            *(np.broadcast_to(column, steps.shape) for column in columns),
        ]
    )


def _is_punctuation(characters: str) -> bool:
    """Whether there are characters and all are punctuation."""
    return characters != "" and all(unicodedata.category(one)[0] == "P" for one in characters)


def _measured(attention: FloatArray, weights: DoubleArray) -> DoubleArray:
    """(A, measures) of one layer's rows (A, R, T), in the order of `HEAD_MEASURES`."""
    shares = attention.astype(np.float64)
    shares /= shares.sum(axis=-1, keepdims=True)  # float32, and float16 more so, is a little off
    bits = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy = -(shares * bits).sum(axis=-1).mean(axis=-1)  # (A,)
    others = np.tensordot(shares, weights, axes=((1, 2), (1, 2))) / shares.shape[1]
    others[:, 1:] = others[:, 1:].clip(0, 1)
    return np.column_stack([entropy.clip(0), others])


def _pattern(values: dict[str, float], equal: dict[str, float], widest: float) -> str | None:
    """The head's name; `equal` has the measures of equal attention, `widest` its entropy."""
    named = [
        (values[measure], name)
        for name, measure in PATTERNS
        if values[measure] >= max(NAMED_SHARE, NAMED_LIFT * equal[measure])
    ]
    if named:
        return max(named, key=lambda one: one[0])[1]
    return "broad" if values["entropy"] >= BROAD * widest else None
