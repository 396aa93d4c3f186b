"""Words of several senses with their uses in WordNet: what a contrast of senses learns from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from bert_core.data.documents import hash_fraction
from bert_core.data.packages import read_members
from bert_core.data.wordnet import Synset, parse_synset, synset_sentences
from bert_core.data.wordnet_senses import NAMES, PARTS_OF_SPEECH
from bert_core.outputs import WordSense
from bert_core.words.uses import Use, UsePair, sense_uses

HELD_OUT = 0.1
"""Share of the words that training leaves to evaluation."""


@dataclass(frozen=True)
class SenseOfWord:
    """One sense of one word."""

    topic: int
    """Senses of one word and one topic are near each other: a bank, and its building."""
    uses: tuple[Use, ...]
    """The word before its definition, then in examples."""


def ambiguous_words(
    archive: Path, left_out: Collection[str] = (), unseen: Collection[str] = ()
) -> dict[str, tuple[SenseOfWord, ...]]:
    """Every single word with senses of two topics or more, with all its senses.

    Args:
        archive: the Debian package of WordNet, from `packages.fetch`.
        left_out: words that are not to be among them, in lower case.
        unseen: sentences of WordNet's held-out documents: a sense whose definition is among them
            is left out.
    """
    senses: dict[str, list[tuple[int, WordSense]]] = {}
    words_left_out, sentences_left_out = frozenset(left_out), frozenset(unseen)
    for part, lines in _data_files(archive):
        for line in lines:
            if line[:1].isdigit():
                _add(senses, part, parse_synset(line), words_left_out, sentences_left_out)
    return {
        word: tuple(SenseOfWord(topic, tuple(sense_uses(word, sense))) for topic, sense in own)
        for word, own in sorted(senses.items())
        if len({topic for topic, _ in own}) > 1
    }


def is_held_out(word: str) -> bool:
    """Whether training leaves the word to evaluation: one in ten, by a hash."""
    return hash_fraction(word, "held-out word") < HELD_OUT


def example_pairs(words: Mapping[str, Sequence[SenseOfWord]], seed: int = 42) -> list[UsePair]:
    """Pairs of example sentences that share a word, half of them in one sense.

    After WiC (Pilehvar and Camacho-Collados 2019): the sense is a synset; the others are of two
    topics, and as many, at most as many of a word as there is room for, drawn by the seed.

    Args:
        words: from `ambiguous_words`.
        seed: of the draw.
    """
    same, other = list[UsePair](), list[UsePair]()
    for word, senses in words.items():
        examples = [(sense.topic, _one_a_sentence(sense.uses[1:])) for sense in senses]
        same += [UsePair(word, uses[0], uses[1], True) for _, uses in examples if len(uses) > 1]
        other += [
            UsePair(word, one[0], two[0], False)
            for (topic, one), (another, two) in combinations(examples, 2)
            if one and two and topic != another
        ]
    rng = np.random.default_rng(seed)
    size = min(len(same), len(other))
    kept = [group[at] for group in (same, other) for at in _some(len(group), size, rng)]
    return sorted(kept, key=lambda pair: pair.word)


def _some(number: int, size: int, rng: np.random.Generator) -> list[int]:
    chosen: list[int] = rng.choice(number, size, replace=False).tolist() if number else []
    return chosen


def _one_a_sentence(uses: Iterable[Use]) -> list[Use]:
    return list({use.text: use for use in uses}.values())


def _data_files(archive: Path) -> Iterable[tuple[str, list[str]]]:
    """Part of speech and lines of each data file."""
    for name, content in read_members(archive):
        folder, _, file = name.rpartition("/")
        kind, _, part = file.partition(".")
        if folder.endswith("share/wordnet") and kind == "data" and part in PARTS_OF_SPEECH:
            yield part, content.decode("utf-8").splitlines()


def _add(
    senses: dict[str, list[tuple[int, WordSense]]],
    part: str,
    synset: Synset,
    left_out: frozenset[str],
    unseen: frozenset[str],
) -> None:
    """The synset as a sense of each of its words; names and phrases are left out."""
    if not synset.definition or synset_sentences(synset)[0] in unseen:
        return
    key = f"{PARTS_OF_SPEECH[part]}-{synset.offset}"
    sense = WordSense(key, NAMES[part], synset.words, synset.definition, synset.examples)
    for word in synset.words:
        if word.isalpha() and word.islower() and word not in left_out:
            senses.setdefault(word, []).append((synset.topic, sense))
