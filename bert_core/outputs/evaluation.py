"""How good a model is on text it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MaskedWordScores:
    """How often the model finds the token that was hidden, on held-out text.

    Without a place there is no score: None.
    """

    loss: float | None
    """Mean cross entropy at the chosen places, in nats."""
    perplexity: float | None
    """e to the power of the loss: among how many tokens a guess by lot would be as good."""
    top1: float | None
    """Share of the chosen places where the true token is the likeliest."""
    top5: float | None
    top1_at_mask: float | None
    """Top-1 over the places where [MASK] really stood: 80% of those chosen."""
    places: int
    mask_rate: float


@dataclass(frozen=True)
class NextSentenceScores:
    """How often the model tells whether B follows A, on held-out pairs."""

    accuracy: float | None
    """None without a pair."""
    confusion: tuple[tuple[int, int], tuple[int, int]]
    """Rows: B truly follows, B is random. Columns: answered follows, answered random."""
    pairs: int


@dataclass(frozen=True)
class ClozeScores:
    """How often the gap of a sentence is filled with a word that fits."""

    top1: float
    top5: float
    """Share of the sentences where a word that fits is among the first five guesses."""
    copied: float
    """Share where the first guess does not fit and is a word of the sentence."""
    sentences: int


@dataclass(frozen=True)
class WordInContextScores:
    """How often the likeness of a word's two vectors tells whether the sense is the same."""

    accuracy_by_layer: tuple[float, ...]
    """From the input embeddings to the last layer; chance is 0.5."""
    pairs: int
    """Half of them in one sense."""
    words: int


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
    next_sentence_swapped: NextSentenceScores | None
    """Half in order, half with what follows put first: an order that published BERTs are not
    trained to tell."""
    masked_words_by_rate: dict[str, MaskedWordScores]
    """By the share of the text that is hidden: `masked_words`, then the other rates asked for."""
    masked_words_by_frequency: dict[str, MaskedWordScores]
    """By how often the hidden token stands in the training text, per million tokens."""
    cloze: dict[str, ClozeScores]
    """Sentences with a gap, written for this project: all, then by kind."""
