"""What heads look at, summaries of it, and whether it matters for an answer.

L = layers, A = heads, T = tokens, U = units: the tokens or whole words that rows and columns are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bert_core.outputs.arrays import FloatArray
from bert_core.outputs.text import Encoding


@dataclass(frozen=True)
class Unit:
    """One row and column of an attention map: a token, or a whole word."""

    label: str
    """The token as the tokenizer writes it, or the word as it was typed."""
    positions: tuple[int, ...]
    """Its tokens."""
    segment: int
    special: bool
    """[CLS] and [SEP], which the tokenizer added."""


@dataclass(frozen=True)
class AttentionMaps:
    """Attention of every head, between tokens or words."""

    encoding: Encoding
    units: tuple[Unit, ...]
    attention: FloatArray
    """(L, A, U, U): row i says how unit i shares its attention out; every row sums to 1."""
    words: bool
    """Whether units are whole words: columns of a word's pieces are summed, rows averaged."""
    special: bool
    """Whether [CLS] and [SEP] are among the units; if not, rows were scaled to sum to 1 again."""

    def __post_init__(self) -> None:
        count = len(self.units)
        assert self.attention.ndim == 4 and self.attention.shape[2:] == (count, count)


HEAD_MEASURES = (
    "entropy", "distance", "previous", "next", "same_word", "sep", "cls", "punctuation",
)  # fmt: skip
"""What is measured of each head, in the order of `HeadSummary`."""


@dataclass(frozen=True)
class HeadSummary:
    """One head on one text; means over the rows of the text's own tokens."""

    layer: int
    """From 1."""
    head: int
    """From 1."""
    entropy: float
    """Bits; log2(T) when it looks at all tokens alike."""
    distance: float
    """Tokens between a token and what it looks at, weighted by attention."""
    previous: float
    """Share of attention that goes to the token before, from 0 to 1; so are those below."""
    next: float
    same_word: float
    """To the token itself and the other pieces of its word."""
    sep: float
    cls: float
    punctuation: float
    pattern: str | None
    """A name, where the head has one that is known: 'previous token', 'to [SEP]', 'broad' …"""


FlowMethod = Literal["rollout", "flow"]


@dataclass(frozen=True)
class AttentionFlow:
    """How much of each input token may reach each token at each layer."""

    method: FlowMethod
    """Rollout, or maximum flow (Abnar and Zuidema 2020)."""
    encoding: Encoding
    weights: FloatArray
    """(L, T, T): row i of layer l says from which input tokens token i at layer l gathers; rows
    sum to 1."""


@dataclass(frozen=True)
class Question:
    """What the model is asked, so that its answer can be watched while something is changed."""

    encoding: Encoding
    """The text, or the pair, as typed."""
    kind: Literal["masked word", "next sentence"]
    position: int
    """The masked place; 0, that of [CLS], for the next sentence."""
    shown_ids: tuple[int, ...]
    """What the model is given: the text's ids with [MASK] at the place."""
    answer_id: int
    """The token whose probability is watched; 0 ('B follows A') for the next sentence."""
    answer: str
    """The same in words."""
    probability: float
    """Of the answer, with nothing changed."""


@dataclass(frozen=True)
class HeadAblation:
    """The answer's probability with each head switched off, one at a time."""

    question: Question
    probability: FloatArray
    """(L, A): with that head off."""
    all_off: float
    """With every head of every layer off."""
    layer_off: FloatArray
    """(L,): with all heads of one layer off."""

    @property
    def change(self) -> FloatArray:
        """(L, A): probability with the head off less that with all on."""
        change: FloatArray = self.probability - self.question.probability
        return change


@dataclass(frozen=True)
class TokenChange:
    """The answer's probability after one token was changed."""

    position: int
    """In the encoding of the question."""
    token: str
    """What stood there."""
    probability: float
    """Of the answer, after the change."""
    replacement: str | None = None
    """The word that was put there; None where the token was taken out."""


@dataclass(frozen=True)
class TokenImportance:
    """For every token, how much the answer hangs on it, by several measures."""

    question: Question
    deleted: tuple[TokenChange, ...]
    """With the token taken out: what really happens. Not for [CLS], [SEP] and the masked place."""
    measures: dict[str, FloatArray]
    """Name -> (T,): 'attention' (from the place, mean of heads, last layer), 'rollout',
    'gradient x input', 'integrated gradients'; 0 at [CLS], [SEP] and the masked place."""
    rank_correlation: dict[str, float | None]
    """Name -> Spearman's rank correlation of its absolute values with the absolute change of the
    log-probability by deletion, over the tokens in `deleted`; None below three tokens or where a
    measure is the same for all."""


@dataclass(frozen=True)
class HeadImportance:
    """For every head, measures that may or may not say what its ablation does."""

    ablation: HeadAblation
    measures: dict[str, FloatArray]
    """Name -> (L, A): 'attention' (the largest weight in the place's row that is not to a special
    token), 'gradient x attention', 'integrated gradients'."""
    rank_correlation: dict[str, float | None]
    """Name -> Spearman's rank correlation of its absolute values with the absolute change of the
    log-probability by ablation, over all heads; None below three heads or where a measure is the
    same for all."""
