"""Snippets of film reviews with the mean of twenty people's ratings; and VADER's lexicon.

Both are in the source archive of vaderSentiment 0.5 (Hutto and Gilbert 2014, "VADER: A
Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text").
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bert_core.data.packages import PackageError, read_member

_ROOT = "vaderSentiment-0.5"
_RESOURCES = f"{_ROOT}/additional_resources/hutto_ICWSM_2014.tar.gz"
_LEXICON = f"{_ROOT}/vaderSentiment/vader_sentiment_lexicon.txt"
_SNIPPETS = "movieReviewSnippets_GroundTruth.txt"

NEGATIONS = frozenset(
    "not no never none nobody nothing nowhere neither nor cannot without hardly scarcely rarely "
    "seldom despite lacks lack".split()
)
"""Words, besides those that end in n't, that turn a feeling round when they stand before it."""
NEGATED = -0.74
"""What a feeling is multiplied with when it is negated (Hutto and Gilbert 2014)."""
REACH = 3
"""Words before a feeling that are looked at for a negation."""


@dataclass(frozen=True)
class Rated:
    """A snippet and how people rated it, from -4 (very negative) to 4."""

    text: str
    rating: float


def read_snippets(archive: Path) -> list[Rated]:
    """The rated snippets, in the file's order; a text that stands twice is read once.

    Raises:
        PackageError: when the archive does not hold them.
    """
    found: dict[str, Rated] = {}
    for line in _resource(archive, _SNIPPETS).splitlines():
        cells = line.split("\t")
        if len(cells) == 3 and (text := " ".join(cells[2].replace("''", '"').split())):
            found.setdefault(text.lower(), Rated(text, float(cells[1])))
    return list(found.values())


def _resource(archive: Path, name: str) -> str:
    packed = io.BytesIO(read_member(archive, _RESOURCES))
    with tarfile.open(fileobj=packed) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.name.endswith(f"/{name}") else None
            if content is not None and not Path(member.name).name.startswith("._"):
                return content.read().decode("utf-8")
    raise PackageError(f"{archive} holds no '{name}'; delete it to fetch it again")


def read_lexicon(archive: Path) -> dict[str, float]:
    """Word -> the feeling in it, from -4 to 4, of VADER's lexicon; its signs are left out."""
    lines = read_member(archive, _LEXICON).decode("utf-8", "replace").splitlines()
    cells = (line.split("\t") for line in lines if "\t" in line)
    known = ((row[0].strip().rstrip(":"), row[1]) for row in cells)
    return {word: float(value) for word, value in known if re.fullmatch(r"[a-z][a-z'-]*", word)}


def lexicon_score(text: str, lexicon: dict[str, float]) -> float:
    """The sum of the feelings of a text's words, each turned round after a negation.

    This is the lexicon with its most important rule, not the whole of VADER (capitals, degrees,
    'but'): above 0 positive, below negative, 0 when no word is in the lexicon.
    """
    words = re.findall(r"[a-z]+(?:['-][a-z]+)*", text.lower().replace("\u2019", "'"))
    return sum(_feelings(words, lexicon))


def _feelings(words: list[str], lexicon: dict[str, float]) -> Iterator[float]:
    for at, word in enumerate(words):
        if feeling := lexicon.get(word):
            before = words[max(0, at - REACH) : at]
            negated = any(one in NEGATIONS or one.endswith("n't") for one in before)
            yield feeling * (NEGATED if negated else 1)
