"""Made-up attention, summaries and answers, for the tests of their figures."""

import numpy as np

from bert_core.outputs import (
    AttentionMaps,
    Encoding,
    HeadAblation,
    HeadImportance,
    HeadSummary,
    Question,
    TokenChange,
    TokenImportance,
    Unit,
)

TOKENS = ("[CLS]", "the", "<b>", "bank", "[SEP]")


def encoding() -> Encoding:
    """Five tokens, one of them HTML."""
    return Encoding(
        text="the <b> bank", pair=None, tokens=TOKENS, ids=(2, 5, 6, 7, 3),
        offsets=((0, 0), (0, 3), (4, 7), (8, 12), (12, 12)), word_ids=(None, 0, 1, 2, None),
        segment_ids=(0,) * 5, truncation=None,
    )  # fmt: skip


def maps(layers: int = 2, heads: int = 3, count: int = 5, seed: int = 1) -> AttentionMaps:
    """Random rows that sum to 1."""
    weights = np.random.default_rng(seed).random((layers, heads, count, count)) ** 3 + 1e-3
    weights /= weights.sum(axis=-1, keepdims=True)
    labels = [TOKENS[at] if count == 5 else f"t{at}" for at in range(count)]
    units = tuple(
        Unit(label, (at,), 0, label in ("[CLS]", "[SEP]")) for at, label in enumerate(labels)
    )
    return AttentionMaps(encoding(), units, weights.astype(np.float32), False, True)


def summaries(layers: int = 2, heads: int = 3) -> tuple[HeadSummary, ...]:
    """Each head's entropy is its number; the first is named."""
    return tuple(
        HeadSummary(
            at // heads + 1, at % heads + 1, float(at), 2.0, 0.1, 0.2, 0.1, 0.3, 0.1, 0.05,
            None if at else "to [SEP]",
        )
        for at in range(layers * heads)
    )  # fmt: skip


def question(kind: str = "masked word") -> Question:
    """'bank' is hidden and has 40%."""
    return Question(encoding(), kind, 3, (2, 5, 6, 4, 3), 7, "bank", 0.4)  # type: ignore[arg-type]


def head_importance() -> HeadImportance:
    """Head 3 of layer 2 loses 30 points; the others nothing to speak of."""
    probability = np.full((2, 3), 0.4, np.float32)
    probability[0, 0], probability[1, 2] = 0.41, 0.1
    ablation = HeadAblation(question(), probability, 0.001, np.array([0.3, 0.05], np.float32))
    measures = {"attention": np.zeros((2, 3), np.float32)}
    return HeadImportance(ablation, measures, {"attention": None, "integrated gradients": 0.75})


def token_importance() -> TokenImportance:
    """'the' speaks for the answer, '<b>' against it."""
    gone = (TokenChange(1, "the", 0.2), TokenChange(2, "<b>", 0.8))
    measures = {"attention": np.array([0, 0.5, 0.25, 0, 0], np.float32)}
    return TokenImportance(question(), gone, measures, {"attention": 0.5})
