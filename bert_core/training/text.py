"""Documents into ids, ready for the row maker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bert_core.data.documents import Document
from bert_core.data.masking import IntArray
from bert_core.data.sentence_pairs import TokenisedDocument
from bert_core.tokenizer import Tokenizer

UNPAIRED_SOURCES = frozenset({"wordnet", "gcide", "days", "cataclysm", "devils-dictionary"})
"""Sources whose sentences stand side by side without following from each other."""


def tokenise(documents: Sequence[Document], tokenizer: Tokenizer) -> list[TokenisedDocument]:
    """The same documents as ids; sentences and documents without a token are left out."""
    flat = [sentence for document in documents for sentence in document.sentences]
    ids = iter(tokenizer.encode_ids(flat))
    tokenised = []
    for document in documents:
        sentences = [tuple(next(ids)) for _ in document.sentences]
        kept = tuple(sentence for sentence in sentences if sentence)
        if kept:
            paired = document.source not in UNPAIRED_SOURCES and len(kept) > 1
            tokenised.append(TokenisedDocument(document.source, kept, paired))
    return tokenised


def token_counts(documents: Iterable[TokenisedDocument], vocab_size: int) -> IntArray:
    """(vocabulary,): how often each token stands in the documents."""
    counts: IntArray = np.zeros(vocab_size, dtype=np.int64)
    for document in documents:
        ids = [id for sentence in document.sentences for id in sentence]
        counts += np.bincount(ids, minlength=vocab_size)
    return counts
