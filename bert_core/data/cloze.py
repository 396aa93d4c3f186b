"""Sentences with one word hidden and the words that fit, written for this project.

Four kinds: facts, grammar, idiom, and copying: sentences in which a model that repeats a word it
has just read gives itself away ("Paris is the capital of [MASK].").
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "assets" / "cloze" / "cloze.csv"
KINDS = ("fact", "grammar", "idiom", "copying")


@dataclass(frozen=True)
class Cloze:
    """One sentence with [MASK], and what may stand there, in lower case."""

    sentence: str
    answers: tuple[str, ...]
    kind: str


def cloze_sentences() -> tuple[Cloze, ...]:
    """All of them, in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Cloze(row["sentence"], tuple(row["answers"].split()), row["kind"])
            for row in csv.DictReader(file)
        )
