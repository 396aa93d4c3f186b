"""The picture: well-formed whatever was typed, and bars as long as they should be."""

import re
from xml.etree import ElementTree

import pytest

from bert_core.outputs import Guess
from bert_core.viz.bars_svg import BAR, GUESS_BLUE, TRUE_ORANGE, bars_svg
from bert_core.viz.rows import ASKED, TRUE, answer_rows
from tests.viz.answers import GUESSES, answer, prediction, word

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "</text><script>alert(1)</script>", "a & b", "&amp;", '"quoted" \'too\'', "]]>", "<!--",
    "\x00\x01\x08\x0b\x1f", "\ud800", "\udfff\ud800", "\ufffe\uffff", "שלום עולם", "\u202eabc",
    "e\u0301", "😀", "a\nb\tc", "x" * 500,
]  # fmt: skip


def parse(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture.encode("utf-8"))


def bars(root: ElementTree.Element) -> list[ElementTree.Element]:
    return root.findall(f".//{SVG}g/{SVG}rect")


@pytest.mark.parametrize("token", HOSTILE)
def test_hostile_text_stays_text(token: str) -> None:
    guesses = (*GUESSES, Guess(token, 5, 0.5, 0.01, 4))
    place = prediction(true=Guess(token, 9, 0.0, 1e-5, 900), guesses=guesses, words=(word(token),))
    text = f"a {token} b"
    root = parse(bars_svg(answer(text, [(0, 1), (2, 2 + len(token))], place)))
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds == {"svg", "g", "rect", "text"}
    assert len(bars(root)) == len(answer_rows(place)) == 6
    printable = re.sub("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", token)
    said = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert sum(name[:19] == printable[:19] for name in said) == 3
    assert any(printable in line for line in said[:1]) or len(token) > 100


def test_widths_are_proportional_to_the_probabilities() -> None:
    place = prediction(
        true=Guess("town", 40, -3.0, 0.3, 7),
        words=(word("sea", probability=0.05), word("ox", probability=1e-9)),
    )
    root = parse(bars_svg(answer("a b", [(0, 1), (2, 3)], place)))
    widths = [float(bar.attrib["width"]) for bar in bars(root)]
    assert widths[:-1] == pytest.approx(
        [BAR * row.probability / 0.4 for row in answer_rows(place)[:-1]], abs=0.06
    )
    assert widths[0] == BAR and widths[-1] == 1, "the longest is as long as it gets, none invisible"


def test_kinds_of_rows_look_different() -> None:
    place = prediction(true=GUESSES[1], words=(word("sea"),))
    drawn = bars(parse(bars_svg(answer("a b", [(0, 1), (2, 3)], place))))
    for row, bar in zip(answer_rows(place), drawn, strict=True):
        colour = TRUE_ORANGE if row.kind == TRUE else GUESS_BLUE
        looks = ("none", GUESS_BLUE) if row.kind == ASKED else (colour, None)
        assert (bar.attrib["fill"], bar.attrib.get("stroke")) == looks


def test_rows_and_places_do_not_overlap_and_fit_the_picture() -> None:
    places = (prediction(1), prediction(2, words=(word("sea"),)))
    root = parse(bars_svg(answer("a b", [(0, 1), (2, 3)], *places)))
    tops = []
    for group in root.findall(f"{SVG}g"):
        down = float(group.attrib["transform"].split()[-1].strip(")"))
        tops += [down + float(bar.attrib["y"]) for bar in group.findall(f"{SVG}rect")]
    assert len(tops) == 7
    assert all(later - earlier >= 15 for earlier, later in zip(tops, tops[1:], strict=False))
    assert tops[-1] + 15 <= float(root.attrib["height"])


def test_the_sentence_shows_what_is_hidden_and_where_it_was_cut() -> None:
    words = [f"w{i}" for i in range(40)]
    spans, at = [], 0
    for name in words:
        spans.append((at, at + len(name)))
        at += len(name) + 1
    root = parse(bars_svg(answer(" ".join(words), spans, prediction(20), prediction(22))))
    sentences = [
        group.find(f"{SVG}text").text for group in root.findall(f"{SVG}g")  # type: ignore[union-attr]
    ]
    first = " ".join(words[11:19] + ["[MASK]", "w20", "[MASK]"] + words[22:28])
    assert sentences[0] == f"… {first} …"
    assert "w19" not in sentences[1] and "w21" not in sentences[1]


def test_the_picture_holds_the_numbers() -> None:
    root = parse(bars_svg(answer("a b", [(0, 1), (2, 3)], prediction(true=GUESSES[1]))))
    said = {element.text for element in root.iter(f"{SVG}text")}
    assert {"40%", "20%  the hidden word, 2nd", "10%", "river", "Hidden: “a”"} <= said
