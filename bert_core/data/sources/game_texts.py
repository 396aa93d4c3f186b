"""Readers of what games tell: dialogue, descriptions, help."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from bert_core.data.sources.prose import Texts, groups, prose_paragraphs, text_files, word_count

_CATACLYSM_KEYS = frozenset(
    "text description dynamic_line desc message yes no lore snippet topic".split()
)
_CATACLYSM_WORDS = (
    (r"</?color[a-z_]*>|<name_[bg]>", ""),
    (r"<(?:fuck|fucking|swear!?|freaking)>", "damn"),
    (r"<the_cataclysm>", "the Cataclysm"),
    (r"<zombies?>", "zombies"),
    (r"<mypronoun>", "they"),
)
_CATACLYSM_TEXTS = 40
_ENDLESS_SKY_NAMES = {"<first>": "Alex", "<last>": "Morgan", "<ship>": "Wanderer"}
_ENDLESS_SKY_TEXT = re.compile(
    r"^\s+`([^`]*)`|"
    r"^\s*(?:description|spaceport|dialog|log) (?:\"[^\"\n]*\" \"[^\"\n]*\" )?"
    r"[`\"]([^`\n]*)[`\"]\s*$",
    re.M,
)
_FREECIV_TEXT = re.compile(r"_\(\"((?:[^\"]|\"(?!\)))*)\"\)")


def cataclysm(archive: Path) -> Texts:
    """Yield the dialogue and descriptions of Cataclysm, of one file in one text or several."""
    seen: set[str] = set()
    folder = r"usr/share/games/cataclysm-dda/json/(?!.*(?:mapgen|names|recipes))"
    for _, content in text_files(archive, folder + r".*\.json"):
        try:
            data = json.loads(content)
        except ValueError:
            continue
        found = (text for text in prose_paragraphs(_spoken(data)) if text not in seen)
        paragraphs = list(found)
        seen.update(paragraphs)
        if len(paragraphs) > 2:
            yield from groups(paragraphs, _CATACLYSM_TEXTS)


def _spoken(value: object, key: str = "") -> Iterator[str]:
    """What is written for people in a file's JSON: by its key, or by its length."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _spoken(inner, key if name in ("str", "str_sp") else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _spoken(inner, key)
    elif isinstance(value, str) and " " in value and key not in ("//", "copy-from"):
        if key in _CATACLYSM_KEYS or len(value.split()) > 8:
            for pattern, word in _CATACLYSM_WORDS:
                value = re.sub(pattern, word, value)
            if not re.search(r"<[a-z_]+>|%\d?\$?[sd]", value):
                yield from value.split("\n")


def endless_sky(archive: Path) -> Texts:
    """Yield the conversations and descriptions of Endless Sky, a mission or a place a text."""
    for _, content in text_files(archive, r"usr/share/games/endless-sky/data/.*\.txt"):
        for part in re.split(r"\n(?=[a-z])", content):
            found = (said or told for said, told in _ENDLESS_SKY_TEXT.findall(part))
            named = (re.sub(r"<[a-z ]+>", _endless_sky_name, text) for text in found)
            paragraphs = prose_paragraphs(named, fewest_words=4)
            if word_count(paragraphs) > 25:
                yield paragraphs


def _endless_sky_name(match: re.Match[str]) -> str:
    return _ENDLESS_SKY_NAMES.get(match[0], match[0])


def freeciv(archive: Path) -> Texts:
    """Yield the help of Freeciv, and what it tells of nations and rules; a file is a text."""
    folder = r"usr/share/games/freeciv/"
    for _, content in text_files(
        archive, rf"{folder}(?:helpdata\.txt|(?:nation|civ2civ3)/[^/]*\.ruleset)"
    ):
        joined = (
            re.sub(r"\"\s*,?\s*\\?\n\s*|\\n\\?\n?|\\\n", " ", text)
            for text in _FREECIV_TEXT.findall(content)
        )
        paragraphs = [
            re.sub(r"\\\\\s*", "", text)
            for text in prose_paragraphs(joined, fewest_words=6)
            if "%" not in text
        ]
        if paragraphs:
            yield paragraphs
