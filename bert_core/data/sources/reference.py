"""Readers of short articles, recipes, countries and days, in packages of the Python index."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

from bert_core.data.sources.prose import Texts, groups, one_line, text_files

_STEPS_A_PARAGRAPH = 4
_VERB = re.compile(
    r"\b(is|are|was|were|has|have|had|be|been|became|can|may|will|would|remains?|includes?)\b"
)


def wiki_vital(archive: Path) -> Texts:
    """Yield the beginnings of Wikipedia's ten thousand vital articles."""
    for _, content in text_files(archive, r".*summaries_en-us\.json"):
        for article in json.loads(content).values():
            extract = re.sub(r"\s*\((?:\s*[;,]?\s*)*\)", "", article["extract"])  # empty ( ; )
            paragraphs = [one_line(p) for p in extract.split("\n") if len(p.split()) >= 5]
            if paragraphs:
                yield paragraphs


def recipes(archive: Path) -> Texts:
    """Yield the recipes of Wikibooks: the dish and its steps."""
    for _, content in text_files(archive, r".*recipes_en-us\.json"):
        for recipe in json.loads(content).values():
            found = [_step(step) for step in recipe.get("steps") or []]
            steps = [step for step in found if len(step.split()) >= 3]
            if len(steps) >= 2:
                ended = (step if step[-1] in ".!?:" else f"{step}." for step in steps)
                first, *others = (" ".join(part) for part in groups(ended, _STEPS_A_PARAGRAPH))
                yield [f"{one_line(recipe['title'])}. {first}", *others]


def _step(step: str) -> str:
    return re.sub(r"\s*\(\s*/?\s*\)|/(?=\))", "", one_line(step))


def factbook(archive: Path) -> Texts:
    """Yield what the World Factbook writes of each country in whole sentences."""
    seen: set[str] = set()
    for _, content in text_files(archive, r".*/data/[^/]+/[a-z]{2}\.json"):
        paragraphs = []
        for field in _fields(json.loads(content)):
            if field not in seen and _is_told(field):
                seen.add(field)
                ended = field if field[-1] in ".!?" else f"{field}."
                paragraphs.append(ended[0].upper() + ended[1:])
        if len(paragraphs) >= 2:
            yield paragraphs


def _fields(value: object) -> Iterator[str]:
    """Every line of every field, without markup and without the name before its colon."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _fields(inner)
    elif isinstance(value, str):
        for part in re.split(r"<br\s*/?>|</?p>", value):
            plain = one_line(html.unescape(re.sub(r"<[^>]+>", "", part)))
            yield re.sub(r"^(note|note \d+|\w[\w ]{0,30}):\s*", "", plain)


def _is_told(field: str) -> bool:
    """Twelve words or more, with a verb, few figures, and no list."""
    digits = sum(character.isdigit() for character in field)
    return (
        len(field.split()) >= 12
        and digits < 0.06 * len(field)
        and field.count(";") <= 4
        and _VERB.search(field) is not None
        and not re.match(r"%|This entry|figures? ", field)
    )


def days(archive: Path) -> Texts:
    """Yield what happened on each day of the year: 'In 1582: ...'."""
    for _, content in text_files(archive, r".*/en-us/day_\d+_month_\d+_events\.dialog"):
        paragraphs = []
        for line in content.splitlines():
            match = re.match(r"\s*(\d+(?: BC)?|AD \d+)\s*[-–]\s*(.+)", line)
            if match and len(match[2].split()) >= 6:
                event = one_line(re.sub(r"\[\d+\]", "", match[2]))
                end = "" if event[-1] in ".!?" else "."
                paragraphs.append(f"In {match[1]}: {event}{end}")
        if len(paragraphs) >= 2:
            yield paragraphs
