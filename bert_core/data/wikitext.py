"""Wikitext to paragraphs of plain text: compact rules, enough for encyclopedia prose.

A spot whose content cannot be told in plain text (a formula, say) becomes `HOLE`, so that a reader
can drop the sentence around it instead of training on a broken one.
"""

import html
import re

HOLE = "\ufffd"

_COMMENT = re.compile(r"<!--.*?-->", re.S)
_REFERENCE = re.compile(r"<ref\b[^>]*?/>|<ref\b[^>]*>.*?</ref\s*>", re.S | re.I)
_DROPPED = re.compile(
    r"<(gallery|timeline|table|imagemap|score|references|source|syntaxhighlight|pre|poem|code)"
    r"\b[^>]*?(?:/>|>.*?</\1\s*>)",
    re.S | re.I,
)
_FORMULA = re.compile(r"<(math|chem|hiero|sup|sub)\b[^>]*>.*?</\1\s*>", re.S | re.I)
_TEMPLATE = re.compile(r"\{\{([^{}]*)\}\}")
_TABLE = re.compile(r"\{\|(?:(?!\{\|)(?!\|\}).)*\|\}", re.S)
_LINK = re.compile(r"\[\[([^\[\]]*)\]\]")
_EXTERNAL = re.compile(r"\[(?:https?:|ftp:)?//[^\s\]]+\s*([^\]]*)\]")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_HEADING = re.compile(r"^(={2,6})\s*(.*?)\s*\1\s*$")
_NAMESPACE = re.compile(r"\s*:?\s*(file|image|media|category|wikt|wikisource|[a-z]{2,3}):", re.I)
_EMPTY_BRACKETS = re.compile(r"\s*[(\[][\s,;:/–-]*(?:or|and|also)?[\s,;:]*[)\]]")

BACK_MATTER = frozenset(
    "see also|references|notes|external links|further reading|bibliography|sources|footnotes|"
    "works cited|citations|gallery|notes and references|works|publications|discography|"
    "filmography|selected bibliography|selected works|list of works|primary sources|"
    "secondary sources|editions".split("|")
)
SILENT = re.compile(
    r"citation|cite|cn$|fact$|sfn|harv|efn|ipa|refn|rp$|main|see|further|use |pp-|about|infobox|"
    r"sidebar|portal|redirect|dubious|clarify|who|when|which|by whom|page needed|verify|anchor|"
    r"short|good article|featured|reflist|coord|failed|dead|lead|update|better|or$|why|audio|"
    r"respell|pron|listen|multiple|image|quote box|toc|clear|-$|vague|weasel|original|unreferenced",
    re.I,
)
KEEPS_FIRST = frozenset(
    "nowrap|nobr|small|smallcaps|quote|cquote|blockquote|quotation|abbr|visible anchor|vanchor|"
    "tooltip|sic|linktext|nihongo|as of|em|strong|bq".split("|")
)
KEEPS_LAST = frozenset(
    "lang|transl|transliteration|ill|interlanguage link|font|wiktionary".split("|")
)
UNITS = {
    "km": "kilometres", "km2": "square kilometres", "m": "metres", "cm": "centimetres",
    "mm": "millimetres", "mi": "miles", "sqmi": "square miles", "ft": "feet", "in": "inches",
    "kg": "kilograms", "g": "grams", "lb": "pounds", "t": "tonnes", "ha": "hectares",
    "acre": "acres", "c": "°C", "f": "°F", "km/h": "kilometres per hour", "l": "litres",
    "mph": "miles per hour", "yd": "yards", "nmi": "nautical miles", "kn": "knots",
}  # fmt: skip


def _template(match: re.Match[str]) -> str:
    parts = [part.strip() for part in match.group(1).split("|")]
    name = parts[0].lower().replace("_", " ")
    plain = [part for part in parts[1:] if part and not re.match(r"\w[\w ]*=", part)]
    if name in {"convert", "cvt"}:
        return _measure(plain)
    if name.startswith("lang-") or name in KEEPS_LAST:
        return plain[-1] if plain else ""
    if name in KEEPS_FIRST:
        text = plain[0] if plain else ""
        return f"As of {text}" if name == "as of" else text
    if name in {"circa", "c."}:
        return f"c. {plain[0]}" if plain else "c."
    if name in {"ndash", "mdash", "snd", "spaced ndash", "spnd"}:
        return " – "
    if name in {"'", "\"'", "'\""}:
        return "'"
    return "" if SILENT.match(name) or "\n" in match.group(1) else HOLE


def _measure(plain: list[str]) -> str:
    if len(plain) < 2:
        return HOLE
    if plain[1].lower() in {"-", "–", "to", "and", "by", "x", "to(-)"} and len(plain) > 3:
        middle = "to" if plain[1] in {"-", "–", "to(-)"} else plain[1]
        return f"{plain[0]} {middle} {plain[2]} {UNITS.get(plain[3].lower(), plain[3])}"
    return f"{plain[0]} {UNITS.get(plain[1].lower(), plain[1])}"


def _link(match: re.Match[str]) -> str:
    target, _, label = match.group(1).partition("|")
    if _NAMESPACE.match(target):
        return ""
    return label.rsplit("|", 1)[-1] if label else target.lstrip(":")


def _until_stable(pattern: re.Pattern[str], text: str, mode: str) -> str:
    """Replace innermost matches first until nothing changes."""
    replace = {"template": _template, "link": _link}.get(mode)
    while True:
        changed = pattern.sub(replace or " ", text)
        if changed == text:
            return text
        text = changed


def strip_markup(wikitext: str) -> str:
    """Return `wikitext` without templates, tables, references, links and tags; lines are kept."""
    text = _REFERENCE.sub("", _COMMENT.sub("", wikitext))
    text = _FORMULA.sub(HOLE, _DROPPED.sub("", text))
    text = _until_stable(_TEMPLATE, text, "template")
    text = _until_stable(_TABLE, text, "table")
    text = _until_stable(_LINK, text, "link")
    text = _EXTERNAL.sub(r"\1", text)
    text = re.sub(r"'{2,5}", "", text)
    text = re.sub(r"<br\s*/?>", " ", text, flags=re.I)
    return html.unescape(_TAG.sub("", html.unescape(text))).replace("\xa0", " ")


def _tidy(line: str) -> str:
    text = _EMPTY_BRACKETS.sub("", line)
    text = re.sub(r"([(\[])[\s,;:]+", r"\1", text)
    text = re.sub(r"\s+([,.;:)\]])", r"\1", text)
    text = re.sub(r"([,;])(?:\s*[,;])+", r"\1", text)
    return " ".join(text.split())


def paragraphs(wikitext: str) -> list[str]:
    """Return the prose paragraphs of an article, in order.

    Headings, short list items and what follows the body (references, links) are left out; an
    empty list is returned for a redirect.
    """
    if re.match(r"\s*#redirect", wikitext, re.I):
        return []
    kept: list[str] = []
    skipped_level = 0
    for line in strip_markup(wikitext).splitlines():
        heading = _HEADING.match(line.strip())
        if heading:
            level, title = len(heading.group(1)), heading.group(2).lower()
            if not skipped_level or level <= skipped_level:
                skipped_level = level if title in BACK_MATTER else 0
        elif not skipped_level and _is_paragraph(line):
            kept.append(_tidy(line.lstrip("*#:; ")))
    return kept


def _is_paragraph(line: str) -> bool:
    text = line.strip()
    if len(text) < 40 or text[0] in "|!{}=;" or "__" in text:
        return False
    if text[0] in "*#:":
        return len(text.split()) >= 12 and text.endswith(".")
    return True
