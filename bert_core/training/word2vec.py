"""Word2Vec on a corpus: one vector for a word, whatever its sentence (Mikolov et al. 2013).

Skip-gram with negative sampling, by gensim. A word is a run of letters in lower case; everything
else divides words and is dropped, so "Bank's" is "bank" and "s", as in BERT's lower-case
vocabulary. Windows end with the sentence.

V = words, D = dimensions.
"""

from __future__ import annotations

import re
import sys
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bert_core.checkpoint.word_vectors import save_vectors
from bert_core.data.documents import Document
from bert_core.outputs import FloatArray

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Word2VecArguments:
    """The settings of a training run.

    Raises:
        ValueError: naming the value that is out of its range.
    """

    size: int = 100
    """Dimensions of a vector."""
    window: int = 5
    """Words on either side that a word is asked to predict; each time 1 to so many."""
    negative: int = 10
    """Words drawn at random for each word predicted."""
    min_count: int = 5
    """How often a word must occur to be learned."""
    epochs: int = 15
    sample: float = 1e-4
    """Words more frequent than this share of the text are left out at random."""
    keep: int = 20_000
    """The most frequent words, which are saved."""
    seed: int = 42
    workers: int = 1
    """Threads; with more than one, two runs differ."""

    def __post_init__(self) -> None:
        ranges = {
            "size": (1, 1_000), "window": (1, 100), "negative": (1, 100), "min_count": (1, 10**6),
            "epochs": (1, 1_000), "keep": (2, 10**7), "seed": (0, 2**32 - 1), "workers": (1, 64),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be {low} to {high:,}")
        if not 0 <= self.sample <= 1:
            raise ValueError(f"sample is {self.sample}; it must be from 0 (all words) to 1")


@dataclass(frozen=True)
class WordVectors:
    """Trained vectors."""

    words: tuple[str, ...]
    """Most frequent first."""
    matrix: FloatArray
    """(V, D)"""
    learned: int
    """Words that occurred often enough; `words` may be fewer."""
    tokens: int
    """Words of the text, rare ones included."""


def split_words(text: str) -> list[str]:
    """The words of a text, by the rule above."""
    return _WORD.findall(text.lower())


def train_vectors(
    documents: Iterable[Document],
    arguments: Word2VecArguments,
    on_epoch: Callable[[int, float], None] | None = None,
) -> WordVectors:
    """Learn vectors from the sentences of `documents`.

    With one worker, the same documents and arguments give the same vectors on the same machine;
    Python's hash seed does not matter.

    Args:
        documents: the text.
        arguments: the settings.
        on_epoch: called with the number of epochs done and the seconds since the start.

    Raises:
        ValueError: when fewer than two words occur `min_count` times.
    """
    from gensim.models import Word2Vec

    intern = sys.intern  # one string a word, not one a token
    texts = (sentence for document in documents for sentence in document.sentences)
    sentences = [[intern(word) for word in split_words(text)] for text in texts]
    model = Word2Vec(
        vector_size=arguments.size, window=arguments.window, negative=arguments.negative,
        min_count=arguments.min_count, sample=arguments.sample, seed=arguments.seed,
        workers=arguments.workers, sg=1, hashfxn=_stable_hash,
    )  # fmt: skip
    model.build_vocab(sentences)
    if len(model.wv) < 2:
        raise ValueError(
            f"{len(model.wv)} words occur {arguments.min_count} times in this text; two are "
            "needed: give more text, or lower min_count"
        )
    model.train(
        sentences, total_examples=model.corpus_count, epochs=arguments.epochs,
        callbacks=[_EpochReport(on_epoch)],
    )  # fmt: skip
    words = tuple(model.wv.index_to_key[: arguments.keep])
    matrix = np.asarray(model.wv.vectors[: arguments.keep], dtype=np.float32)
    return WordVectors(words, matrix, len(model.wv), model.corpus_total_words)


def train_and_save(
    corpus: str,
    output: Path,
    arguments: Word2VecArguments,
    on_epoch: Callable[[int, float], None] | None = None,
) -> WordVectors:
    """Learn vectors from the training part of `corpus` and save them to the folder `output`.

    Args:
        corpus: 'packaged' or a folder of .txt files.
        output: gets vectors.safetensors and words.txt.
        arguments: the settings.
        on_epoch: as in `train_vectors`.

    Raises:
        ValueError: for a corpus that cannot be used, or with too few words.
    """
    from bert_core.training.recipe import corpus_split  # needs torch; --help does not

    vectors = train_vectors(corpus_split(corpus).train, arguments, on_epoch)
    name = corpus if corpus == "packaged" else Path(corpus).resolve().name
    facts = {"corpus": name, "tokens": vectors.tokens, "learned": vectors.learned}
    save_vectors(output, vectors.words, vectors.matrix, {**facts, **asdict(arguments)})
    return vectors


class _EpochReport:
    """What gensim calls while it trains."""

    def __init__(self, on_epoch: Callable[[int, float], None] | None) -> None:
        self._on_epoch = on_epoch
        self._done = 0
        self._started = time.perf_counter()

    def on_epoch_end(self, model: Any) -> None:
        self._done += 1
        if self._on_epoch is not None:
            self._on_epoch(self._done, time.perf_counter() - self._started)

    def _nothing(self, model: Any) -> None:
        pass

    on_train_begin = on_train_end = on_epoch_begin = _nothing


def _stable_hash(text: str) -> int:
    """The same in every process, unlike Python's own."""
    return zlib.crc32(text.encode())
