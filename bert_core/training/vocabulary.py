"""A small vocabulary for a small model, and what knowing its frequencies alone is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

from bert_core.data.documents import Document
from bert_core.data.sentence_pairs import TokenisedDocument
from bert_core.tokenizer import Tokenizer
from bert_core.tokenizer_files import SPECIAL_TOKENS
from bert_core.training.text import token_counts

SMALL = 4_000
"""Entries. The head over the published vocabulary of 30,522 would take most of a tiny model's time
and weights, and most of its entries would hardly ever occur in a short text."""

LETTERS = 100
"""Characters that have entries; a word with another one is unknown."""


def small_tokenizer(documents: Sequence[Document], size: int = SMALL) -> Tokenizer:
    """A WordPiece tokenizer with at most `size` entries learned from the documents, lower-cased.

    The same documents give the same vocabulary.

    Raises:
        ValueError: when `size` leaves no room beside the special tokens, or there is no text.
    """
    if size <= len(SPECIAL_TOKENS):
        raise ValueError(f"size is {size}; it must be above {len(SPECIAL_TOKENS)}")
    special = ["[PAD]", *(token for token in SPECIAL_TOKENS.values() if token != "[PAD]")]
    learner = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    learner.normalizer = normalizers.BertNormalizer()
    learner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    sentences = [sentence for document in documents for sentence in document.sentences]
    letters = _alphabet(sentences, learner.normalizer)
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, show_progress=False, initial_alphabet=letters, limit_alphabet=len(letters),
        # with numbers of their own from the start, of equal pairs the same is always joined first
        special_tokens=[*special, *(f"##{letter}" for letter in letters)],
    )  # fmt: skip
    learner.train_from_iterator(sentences, trainer)
    pieces = set(learner.get_vocab()) - set(special)
    if not pieces:
        raise ValueError("the training text is empty; give at least one document")
    return Tokenizer.from_vocabulary([*special, *sorted(pieces)])


def _alphabet(sentences: Sequence[str], normalizer: normalizers.BertNormalizer) -> list[str]:
    """The most frequent characters after normalisation, but for white space, sorted."""
    counts: Counter[str] = Counter()
    for sentence in sentences:
        counts.update(normalizer.normalize_str(sentence))
    found = [letter for letter in counts if not letter.isspace()]
    return sorted(sorted(found, key=lambda letter: (-counts[letter], letter))[:LETTERS])


def unigram_entropy(documents: Iterable[TokenisedDocument], vocab_size: int) -> float:
    """Nats a token: the loss of always answering with how often each token stands in the text.

    -sum_t p(t) ln p(t), which is what a model has that looks at nothing: hidden places are drawn
    from all tokens alike.
    """
    counts = token_counts(documents, vocab_size).astype(np.float64)
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
