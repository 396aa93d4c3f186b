"""Which sentences go into which shard, settled before the first one is embedded.

A shard is what is held in memory, and what is lost at most when the work is cut off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bert_core.data.documents import Document
from bert_core.index.corpus import Corpus
from bert_core.index.words import silent_ids
from bert_core.tokenizer import Tokenizer

SHARD_WORDS = 50_000
_CHUNK = 4_096


@dataclass(frozen=True)
class Span:
    """Sentences `first` to `last` (not included) of one document of the corpus."""

    document: int
    first: int
    last: int


@dataclass(frozen=True)
class Plan:
    """All shards, in order: their sentences follow one another."""

    shards: tuple[tuple[Span, ...], ...]
    words: int
    """Words in them, as far as the tokenizer alone can tell."""


@dataclass(frozen=True)
class Sentence:
    """One sentence of the corpus."""

    document: str
    """Id of its document."""
    number: int
    """Its place in the document, from 0."""
    text: str


def plan_shards(
    corpus: Corpus,
    tokenizer: Tokenizer,
    limit: int | None = None,
    shard_words: int = SHARD_WORDS,
    on_document: Callable[[int], None] = lambda done: None,
) -> Plan:
    """Cut the corpus, or a sample of its documents, into shards of about `shard_words` words.

    Args:
        corpus: what to cut.
        tokenizer: what says how many words a sentence has.
        limit: stop after the sentence with which so many words are reached. Documents then come
            in the order of a hash of their ids, so that every part of the corpus is sampled.
        shard_words: most words of a shard, unless one sentence has more.
        on_document: called with the number of documents counted so far.

    Raises:
        ValueError: for a limit below 1, and for a corpus without a word.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"the limit is {limit:,} words; it must be at least 1")
    shards: list[list[Span]] = [[]]
    words = held = 0
    for done, (number, counts) in enumerate(_counted(corpus, tokenizer, limit is not None), 1):
        first = 0
        for sentence, count in enumerate(counts):
            if held and held + count > shard_words:
                shards[-1] += [Span(number, first, sentence)] if sentence > first else []
                shards.append([])
                first, held = sentence, 0
            words, held = words + count, held + count
            if limit is not None and words >= limit:
                shards[-1].append(Span(number, first, sentence + 1))
                return Plan(tuple(map(tuple, shards)), words)
        shards[-1] += [Span(number, first, len(counts))] if len(counts) > first else []
        on_document(done)
    if not words:
        raise ValueError(f"the corpus '{corpus.name}' has no word in it; give one with text")
    return Plan(tuple(tuple(shard) for shard in shards if shard), words)


def _counted(
    corpus: Corpus, tokenizer: Tokenizer, sample: bool
) -> Iterator[tuple[int, list[int]]]:
    """Number of every document, and how many words each of its sentences has."""
    order = list(range(len(corpus)))
    if sample:
        names = [id.encode("utf-8", "replace") for id in corpus.ids]
        order.sort(key=lambda at: hashlib.sha256(names[at]).digest())
    starts = _starts_word(tokenizer)
    for number in order:
        sentences = corpus.read(number).sentences
        counts: list[int] = []
        for at in range(0, len(sentences), _CHUNK):
            chunk = tokenizer.encode_ids(list(sentences[at : at + _CHUNK]))
            counts += [sum(starts[id] for id in ids) for ids in chunk]
        yield number, counts


def _starts_word(tokenizer: Tokenizer) -> list[bool]:
    """For every id, whether a word that gets a row begins with it."""
    starts = [False] * tokenizer.vocab_size
    silent = silent_ids(tokenizer)
    for id in range(tokenizer.vocab_size):
        try:
            starts[id] = id not in silent and not tokenizer.id_to_token(id).startswith("##")
        except ValueError:
            continue  # a gap in the vocabulary
    return starts


def sentences_of(corpus: Corpus, shard: Sequence[Span]) -> list[Sentence]:
    """The sentences of one shard, in order.

    Raises:
        ValueError: when a document is no longer there or no longer what it was.
    """
    found = []
    for span in shard:
        document = _read(corpus, span.document)
        if len(document.sentences) < span.last:
            raise ValueError(f"{document.id} of '{corpus.name}' was changed; {_AGAIN}")
        chosen = document.sentences[span.first : span.last]
        found += [Sentence(document.id, span.first + i, text) for i, text in enumerate(chosen)]
    return found


_AGAIN = "put it back and give the same command again, or begin an index in another folder"


def _read(corpus: Corpus, number: int) -> Document:
    try:
        return corpus.read(number)
    except OSError as error:
        why = f"{corpus.ids[number]} of '{corpus.name}' cannot be read any more: {error}"
        raise ValueError(f"{why}; {_AGAIN}") from error
