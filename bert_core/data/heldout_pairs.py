"""Held-out sentences that come with the project, and the pairs of a small game.

    held-out documents -> runs of two sentences, single sentences -> CSV files in assets/pairs

The files are written by `python -m bert_core.data.heldout_pairs`, which fetches the training text.
They hold what may be passed on: addresses of presidents, Moby Dick, and examples of WordNet.
"""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from bert_core.data.documents import CorpusSplit, Document
from bert_core.outputs import GamePair, HeldOutSentence

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "pairs"
PAIRS, SENTENCES = "pairs.csv", "sentences.csv"

FEWEST_WORDS, MOST_WORDS = 5, 35
"""Of a sentence: long enough to say something, short enough to read at a glance."""
PAIRED = {"sotu": 31, "moby-dick": 24}
"""Source -> most pairs of a document."""
SINGLE = {"sotu": 32, "moby-dick": 20, "wordnet": 4}
"""Source -> most sentences of a document, besides those in its pairs."""
LEFT_OUT = re.compile(
    r"negro|lynch|\brap(?:e|ist)|savage|cannibal|heathen|infidel|\bcolored|\brace\b|\bIndians?\b|"
    r"\bChinese|\bOriental|yellow|slave|\bmob\b|murder|outrage",
    re.I,
)
"""Of passages that put down a people, or tell of violence, nothing is taken."""
NEARBY = 3
"""Sentences around a word of `LEFT_OUT` that are left out too."""
GAME_PAIRS = 20


@dataclass(frozen=True)
class HeldOutPair:
    """Two sentences of which the second follows the first in the document."""

    document: str
    first: str
    second: str


@cache
def heldout_pairs() -> tuple[HeldOutPair, ...]:
    """The pairs of assets/pairs, in the order of the file."""
    return tuple(HeldOutPair(row["document"], row["a"], row["b"]) for row in _read(PAIRS))


@cache
def heldout_sentences() -> tuple[HeldOutSentence, ...]:
    """The single sentences of assets/pairs, in the order of the file; none is in a pair."""
    return tuple(HeldOutSentence(row["document"], row["sentence"]) for row in _read(SENTENCES))


def random_sentences(
    seed: int, count: int, without: Sequence[str] = ()
) -> tuple[HeldOutSentence, ...]:
    """Some of `heldout_sentences`, drawn without putting back.

    Args:
        seed: the same seed draws the same sentences.
        count: how many.
        without: sentences that must not be among them.

    Raises:
        ValueError: for a count below 1 or above what there is, or a negative seed.
    """
    _check_seed(seed)
    left_out = {" ".join(one.split()) for one in without}
    pool = [one for one in heldout_sentences() if one.sentence not in left_out]
    if not 1 <= count <= len(pool):
        raise ValueError(f"{count} sentences were asked for; it must be from 1 to {len(pool)}")
    order = np.random.default_rng(seed).permutation(len(pool))[:count]
    return tuple(pool[at] for at in order.tolist())


def game_pairs(seed: int, count: int = GAME_PAIRS) -> tuple[GamePair, ...]:
    """Pairs to be guessed: in half of them B follows A, in half it is from another document.

    A random B begins nowhere else in the game, and half of them are from the same source as A, so
    that style gives nothing away.

    Args:
        seed: the same seed draws the same game.
        count: how many, an even number.

    Raises:
        ValueError: for a negative seed.
    """
    _check_seed(seed)
    rng, pairs = np.random.default_rng(seed), heldout_pairs()
    order = rng.permutation(len(pairs)).tolist()
    drawn, rest = order[:count], order[count:]
    random = set(rng.permutation(count)[: count // 2].tolist())
    same = set(sorted(random)[::2])
    found = []
    for place, at in enumerate(drawn):
        pair, b = pairs[at], at
        if place in random:
            b = _other(pairs, at, rest, place in same)
            rest.remove(b)
        found.append(
            GamePair(pair.first, pairs[b].second, b == at, pair.document, pairs[b].document)
        )
    return tuple(found)


def _other(pairs: Sequence[HeldOutPair], at: int, rest: Sequence[int], same_source: bool) -> int:
    """The first of `rest`, which are in random order, from another document, of the same source."""
    own = pairs[at].document
    return next(
        one
        for one in rest
        if pairs[one].document != own
        and (_source(pairs[one].document) == _source(own)) == same_source
    )


def _source(document: str) -> str:
    return document.partition("/")[0]


def _check_seed(seed: int) -> None:
    if seed < 0:
        raise ValueError(f"the seed is {seed}; it must be 0 or more")


def _read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ------------------------------------------------------------------ how the files are made


def choose(
    split: CorpusSplit, seed: int = 42
) -> tuple[list[HeldOutPair], list[HeldOutSentence]]:
    """Pairs and single sentences of the held-out documents whose text may be passed on.

    No sentence is in two pairs, and none stands in a training document too. Of WordNet only the
    examples of verbs are taken, which are whole sentences.
    """
    trained = {sentence for one in split.train for sentence in one.sentences}
    pairs, singles = [], []
    for document in split.heldout:
        if document.source not in SINGLE:
            continue
        # of its own, so that a further document changes nothing about the others
        rng = np.random.default_rng([seed, zlib.crc32(document.id.encode())])
        fits = [
            fit and sentence not in trained
            for fit, sentence in zip(_fit(document), document.sentences, strict=True)
        ]
        starts = _starts(fits, rng)[: PAIRED.get(document.source, 0)]
        pairs += [_pair(document, at) for at in sorted(starts)]
        taken = {at + more for at in starts for more in (0, 1)}
        left = [at for at, fit in enumerate(fits) if fit and at not in taken]
        if document.source == "wordnet":
            left = [at for at in left if _is_example(document, at)]
        chosen = rng.permutation(left)[: SINGLE.get(document.source, 0)].astype(int).tolist()
        singles += [HeldOutSentence(document.id, document.sentences[at]) for at in sorted(chosen)]
    return pairs, singles


def _fit(document: Document) -> list[bool]:
    """For every sentence, whether it can be taken."""
    found = [
        FEWEST_WORDS <= len(sentence.split()) <= MOST_WORDS and sentence[0].isalnum()
        for sentence in document.sentences
    ]
    for at, sentence in enumerate(document.sentences):
        if LEFT_OUT.search(sentence):
            for near in range(max(0, at - NEARBY), min(len(found), at + NEARBY + 1)):
                found[near] = False
    return found


def _starts(fits: Sequence[bool], rng: np.random.Generator) -> list[int]:
    """Places, in random order, of two sentences that fit; no two of them overlap."""
    found: list[int] = []
    for at in rng.permutation(max(0, len(fits) - 1)).tolist():
        if fits[at] and fits[at + 1] and not {at - 1, at, at + 1} & set(found):
            found.append(at)
    return found


def _pair(document: Document, at: int) -> HeldOutPair:
    return HeldOutPair(document.id, document.sentences[at], document.sentences[at + 1])


def _is_example(document: Document, at: int) -> bool:
    """A definition begins with its words and a colon."""
    return document.id.startswith("wordnet/verb") and ":" not in document.sentences[at]


def write(folder: Path = FOLDER) -> tuple[int, int]:
    """Write both files into `folder`, from the packaged text; how many pairs and sentences.

    Raises:
        PackageError: when the text cannot be fetched.
    """
    from bert_core.data.corpora import packaged_documents, split_documents

    pairs, singles = choose(split_documents(packaged_documents()))
    folder.mkdir(parents=True, exist_ok=True)
    _save(folder / PAIRS, ("document", "a", "b"),
          [(one.document, one.first, one.second) for one in pairs])  # fmt: skip
    _save(folder / SENTENCES, ("document", "sentence"),
          [(one.document, one.sentence) for one in singles])  # fmt: skip
    return len(pairs), len(singles)


def _save(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


if __name__ == "__main__":
    print("{} pairs and {} sentences are in {}".format(*write(), FOLDER))
