"""Every result that leaves the core: frozen dataclasses that say what shape they have.

They hold plain Python values or numpy arrays, so that a page, a figure, a notebook and a JSON
document can all be made from them without PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


# --------------------------------------------------------------------------- text to tokens


@dataclass(frozen=True)
class Truncation:
    """What did not fit into the model's positions."""

    limit: int
    """Most tokens the model takes, special tokens included."""
    tokens_in_full: int
    """Tokens the whole text would have made, special tokens included."""
    kept_characters: tuple[int, int | None]
    """Characters of the text, and of the pair if there is one, that were kept."""

    @property
    def tokens_dropped(self) -> int:
        """How many tokens were left out."""
        return self.tokens_in_full - self.limit


@dataclass(frozen=True)
class Encoding:
    """A text, or a pair of texts, as the model sees it. All sequences have length `tokens`."""

    text: str
    pair: str | None
    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]
    """Start and end of each token, in characters of the text it comes from; specials (0, 0)."""
    word_ids: tuple[int | None, ...]
    """Which word of its text each token belongs to; None for added special tokens."""
    segment_ids: tuple[int, ...]
    """0 for sentence A, 1 for sentence B."""
    truncation: Truncation | None = None

    def __post_init__(self) -> None:
        lengths = {
            len(part)
            for part in (self.tokens, self.ids, self.offsets, self.word_ids, self.segment_ids)
        }
        assert len(lengths) == 1, f"parts of an encoding differ in length: {lengths}"

    def __len__(self) -> int:
        return len(self.tokens)

    def source(self, position: int) -> str:
        """The characters of the text that became the token at `position`; '' for specials."""
        start, end = self.offsets[position]
        text = self.pair if self.segment_ids[position] else self.text
        return (text or "")[start:end]

    def word_positions(self, position: int) -> tuple[int, ...]:
        """All token positions of the word that holds `position`; just itself for specials."""
        word = self.word_ids[position]
        if word is None:
            return (position,)
        segment = self.segment_ids[position]
        return tuple(
            i
            for i, (w, s) in enumerate(zip(self.word_ids, self.segment_ids, strict=True))
            if w == word and s == segment
        )


@dataclass(frozen=True)
class NormalisationStep:
    """One thing normalisation did to a text before it was split."""

    name: str
    """What was done, in plain words: 'lower case', 'accents removed', ..."""
    before: str
    after: str


@dataclass(frozen=True)
class TraceAttempt:
    """One look-up of the greedy longest-match search."""

    start: int
    """First character of the piece tried, counted in the normalised word."""
    candidate: str
    """The piece looked up, with ## unless it begins the word."""
    found: bool


@dataclass(frozen=True)
class WordPieceTrace:
    """How WordPiece split one word: every look-up, in order (Wu et al. 2016, section 4.1)."""

    word: str
    """The normalised word, as it was looked up."""
    attempts: tuple[TraceAttempt, ...]
    pieces: tuple[str, ...]
    ids: tuple[int, ...]
    unknown_reason: str | None = None
    """Why the word became [UNK]; None when it was split."""


# --------------------------------------------------------------------------- one forward pass


@dataclass(frozen=True)
class EncoderResult:
    """What one forward pass gave for one input, on request. Arrays are float32."""

    encoding: Encoding
    hidden_states: FloatArray
    """(layers + 1, tokens, hidden): embeddings first, then the output of every layer."""
    pooled: FloatArray | None = None
    """(hidden,): the pooler's vector, from the place of [CLS]."""
    attention: FloatArray | None = None
    """(layers, heads, tokens, tokens): row i says how much token i looks at each token."""
    scores: FloatArray | None = None
    """(layers, heads, tokens, tokens): attention before the softmax, scaled by 1/sqrt(head)."""
    queries: FloatArray | None = None
    """(layers, heads, tokens, head)"""
    keys: FloatArray | None = None
    """(layers, heads, tokens, head)"""

    def __post_init__(self) -> None:
        layers, tokens = self.hidden_states.shape[0] - 1, self.hidden_states.shape[1]
        assert tokens == len(self.encoding), "hidden states and tokens differ in number"
        for array in (self.attention, self.scores):
            assert array is None or (
                array.shape[0] == layers and array.shape[2:] == (tokens, tokens)
            ), "attention does not have the shape (layers, heads, tokens, tokens)"


# --------------------------------------------------------------------------- masked words


@dataclass(frozen=True)
class Guess:
    """One entry of the vocabulary as an answer for one masked place."""

    token: str
    id: int
    logit: float
    probability: float
    rank: int
    """1 for the likeliest entry of the vocabulary."""


@dataclass(frozen=True)
class WordScore:
    """How likely a word somebody asked for is at a masked place."""

    word: str
    pieces: tuple[str, ...]
    probability: float
    rank: int | None
    """1 for the likeliest; None for words of several pieces, which have no rank of their own."""
    piece_probabilities: tuple[float, ...]
    """For each piece, its probability with the pieces before it filled in; their product is
    `probability`."""
    unknown_reason: str | None = None
    """Why the word has no answer; its probability is then 0."""


@dataclass(frozen=True)
class MaskPrediction:
    """The model's answer at one masked place."""

    position: int
    guesses: tuple[Guess, ...]
    """The top k, likeliest first."""
    true: Guess | None
    """The token that was hidden, wherever it ranks; None when [MASK] was typed."""
    words: tuple[WordScore, ...]
    """The words asked for, in the order asked."""
    hidden: FloatArray
    """(hidden,): the last layer's vector at this place."""
    log_normaliser: float
    """log of the sum of exp(logit) over the vocabulary: the bottom half of the softmax."""
    entropy: float
    """Entropy of the distribution, in bits; log2(vocabulary) if the model knows nothing."""
    vocabulary: int
    """Number of entries the softmax runs over."""


@dataclass(frozen=True)
class FillStep:
    """One fill of a joint prediction: the place the model was surest of, and its answer there."""

    position: int
    guess: Guess


@dataclass(frozen=True)
class MaskedWords:
    """Answers for all masked places of one text."""

    encoding: Encoding
    """The text as typed, before places were hidden."""
    masked_ids: tuple[int, ...]
    """The ids the model was given."""
    predictions: tuple[MaskPrediction, ...]
    """One for each masked place, left to right; every place answered by itself, in one pass."""


@dataclass(frozen=True)
class MaskedPlace:
    """What the masking function did at one chosen place."""

    position: int
    original_id: int
    shown_id: int
    action: str
    """'mask' ([MASK] stands there), 'random' (another token stands there) or 'keep'."""


@dataclass(frozen=True)
class MaskingResult:
    """A run of the masking function over one sequence of ids."""

    ids: tuple[int, ...]
    """What the model is shown."""
    places: tuple[MaskedPlace, ...]
    """The places the model has to answer for."""
    candidates: int
    """How many places could have been chosen."""
    seed: int


# --------------------------------------------------------------------------- sentence pairs


@dataclass(frozen=True)
class NextSentence:
    """Does B follow A? The next-sentence head's answer."""

    encoding: Encoding
    logits: tuple[float, float]
    """(B follows, B is random), as in the published head."""
    is_next_probability: float


# --------------------------------------------------------------------------- evaluation


@dataclass(frozen=True)
class MaskedWordScores:
    """How often the model finds the token that was hidden, on held-out text."""

    loss: float
    """Mean cross entropy at the chosen places, in nats."""
    top1: float
    """Share of the chosen places where the true token is the likeliest."""
    top5: float
    top1_at_mask: float
    """Top-1 over the places where [MASK] really stood: 80% of those chosen."""
    places: int
    mask_rate: float


@dataclass(frozen=True)
class NextSentenceScores:
    """How often the model tells whether B follows A, on held-out pairs."""

    accuracy: float
    confusion: tuple[tuple[int, int], tuple[int, int]]
    """Rows: B truly follows, B is random. Columns: answered follows, answered random."""
    pairs: int


@dataclass(frozen=True)
class Evaluation:
    """A model on documents it was not trained on."""

    documents: int
    tokens: int
    seed: int
    masked_words: MaskedWordScores | None
    """None when the model has no masked-word head."""
    masked_words_by_source: dict[str, MaskedWordScores]
    next_sentence: NextSentenceScores | None
    """Pairs as in training and as published: rows of up to 128 tokens, half random, the random B
    from any other document. None when the model has no next-sentence head."""
    next_sentence_same_source: NextSentenceScores | None
    """The harder kind: the random B is from the same source, where style gives nothing away."""
    next_sentence_short: NextSentenceScores | None
    """Pairs of one or few sentences, like those people type."""
