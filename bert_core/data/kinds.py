"""Statements such as 'a robin is a kind of bird', true or corrupted, made from WordNet by rule.

    nouns by their most frequent meaning -> (word, kind above it) -> true statements
    the same words with the kinds of others -> false ones

Nobody wrote or checked these sentences. Every word and every kind stands in as many false
statements as true ones, so that neither alone gives the answer away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bert_core.data.packages import read_members
from bert_core.data.wordnet import Synset, parse_synset

TRUE, FALSE = "true", "false"
TOPICS = (5, 6, 13, 18, 20)
"""Numbers of the lexicographers' files taken: animals, things made, food, people, plants
(lexnames(5WN)): what can be said to be 'a kind of' something in plain speech."""
HIGHEST = 5
"""Steps from the root above which a kind is too general ('object', 'organism') to be told."""
STEPS = 4
"""How far above its word a kind may stand."""
TRIES = 50
_PLAIN = re.compile(r"[a-z]{3,}")
_UNKIND = re.compile(
    "sexual|prostitut|genital|drug|offensive|slur|disparag|derogat|vulgar|obscene|contempt", re.I
)


@dataclass(frozen=True)
class Pair:
    """A word and a kind of thing that it is, by the most frequent meanings of both."""

    word: str
    kind: str
    common: bool = True
    """Whether the word was met in the texts that WordNet's makers counted."""


@dataclass(frozen=True)
class Statement:
    """A statement, and whether it is true by WordNet."""

    text: str
    label: str


class Nouns:
    """WordNet's nouns: what each word means first, and what stands above each meaning."""

    def __init__(self, data: Iterable[str], index: Iterable[str]) -> None:
        rows = (parse_synset(line) for line in data if line[:1].isdigit())
        self.synsets: dict[str, Synset] = {synset.offset: synset for synset in rows}
        self.senses: dict[str, list[str]] = {}
        self.used: set[str] = set()
        """Words that were met in the texts WordNet's makers counted."""
        for line in index:
            fields = line.split()
            if line[:1] != " " and fields and fields[2].isdigit():
                self.senses[fields[0]] = fields[-int(fields[2]) :]
                if int(fields[-int(fields[2]) - 1]) > 0:
                    self.used.add(fields[0])

    def above(self, offset: str) -> list[str]:
        """The meanings above one, nearest first."""
        found = []
        while offset in self.synsets and (up := self.synsets[offset].above) != offset:
            if up in found or up not in self.synsets:
                break
            found.append(up)
            offset = up
        return found

    def word_of(self, offset: str) -> str | None:
        """A plain, common word whose most frequent meaning this is; None when there is none."""
        for word in self.synsets[offset].words:
            if word in self.used and _PLAIN.fullmatch(word) and self.senses[word][0] == offset:
                return word
        return None

    def topic(self, word: str) -> int:
        """Number of the lexicographer's file that the word's most frequent meaning is in."""
        return self.synsets[self.senses[word][0]].topic

    def everything_above(self, word: str) -> set[str]:
        """The words of all meanings above any meaning of a word, and of those themselves."""
        meanings = self.senses.get(word, [])
        offsets = {up for one in meanings for up in (one, *self.above(one))}
        return {name for one in offsets for name in self.synsets[one].words}


def read_nouns(archive: Path) -> Nouns:
    """The nouns of the Debian package wordnet-base."""
    wanted = {"usr/share/wordnet/data.noun": "", "usr/share/wordnet/index.noun": ""}
    for name, content in read_members(archive):
        if name in wanted:
            wanted[name] = content.decode("utf-8")
    data, index = wanted.values()
    return Nouns(data.splitlines(), index.splitlines())


def find_pairs(nouns: Nouns) -> list[Pair]:
    """Words and kinds they are, sorted by word: for each word up to two kinds above it."""
    found = []
    for word, senses in sorted(nouns.senses.items()):
        synset = nouns.synsets.get(senses[0])
        if synset is None or word not in synset.words or not _sayable(synset, word):
            continue
        above = nouns.above(senses[0])
        names = (nouns.word_of(up) for up in above[: max(0, min(STEPS, len(above) - HIGHEST))])
        kinds = [name for name in names if name and name not in word and word not in name]
        found += [Pair(word, kind, word in nouns.used) for kind in kinds[:2]]
    return found


def _sayable(synset: Synset, word: str) -> bool:
    """Whether it is a plain word for a thing of one of the topics, and no insult."""
    kind = synset.topic in TOPICS and not _UNKIND.search(synset.definition)
    return kind and _PLAIN.fullmatch(word) is not None


def disjoint(pairs: Sequence[Pair], share: float, seed: int) -> tuple[list[Pair], list[Pair]]:
    """Two parts without a common word, be it a word or a kind; pairs across the two are dropped.

    Kinds are drawn; a word that is no kind itself goes where its nearest kind is.

    Args:
        pairs: from `find_pairs`.
        share: about this share of the kinds goes to the second part.
        seed: of the draw.
    """
    kinds = sorted({pair.kind for pair in pairs})
    drawn = np.random.default_rng(seed).random(len(kinds))
    second = {kind: bool(chance < share) for kind, chance in zip(kinds, drawn, strict=True)}
    for pair in pairs:
        second.setdefault(pair.word, second[pair.kind])
    parts: tuple[list[Pair], list[Pair]] = ([], [])
    for pair in pairs:
        if second[pair.word] == second[pair.kind]:
            parts[second[pair.word]].append(pair)
    return parts


def chosen(pairs: Sequence[Pair], most: int, seed: int) -> list[Pair]:
    """The pairs with common words, and others drawn until there are `most`, in the given order."""
    rng = np.random.default_rng(seed)
    rare = [at for at, pair in enumerate(pairs) if not pair.common]
    free = max(0, most - (len(pairs) - len(rare)))
    drawn = {rare[at] for at in rng.permutation(len(rare))[:free].tolist()}
    return [pair for at, pair in enumerate(pairs) if pair.common or at in drawn]


def statements(nouns: Nouns, pairs: Sequence[Pair], seed: int) -> list[Statement]:
    """A true and a false statement for each pair; the false ones have the kinds of other pairs.

    A false kind is of another topic than its word, so that the statement is false without a doubt.
    A pair for which none can be found in 50 draws is left out, true statement and all.
    """
    rng = np.random.default_rng(seed)
    free = [pairs[at].kind for at in rng.permutation(len(pairs)).tolist()]
    made = []
    for pair in pairs:
        true = nouns.everything_above(pair.word)
        for place in rng.integers(len(free), size=TRIES).tolist() if free else []:
            kind = free[place % len(free)]
            if kind not in true and nouns.topic(kind) != nouns.topic(pair.word):
                free.remove(kind)
                made += [_said(pair.word, pair.kind, TRUE), _said(pair.word, kind, FALSE)]
                break
    return made


def _said(word: str, kind: str, label: str) -> Statement:
    article = "An" if word[0] in "aeiou" else "A"
    return Statement(f"{article} {word} is a kind of {kind}.", label)
