"""The lens as a table and as curves: every layer, what a reading is, nothing typed as markup."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from bert_core.outputs import Guess, Lens, LensCurve, LensReading, LensWord
from bert_core.outputs.lens import RAW, TUNED
from bert_core.viz.lens import (
    MOST_WORDS,
    PROBABILITY,
    RANK,
    followed,
    lens_caption,
    lens_figure,
    lens_html,
)
from bert_core.viz.palette import inks
from tests.viz.answers import encoding
from tests.viz.test_steps_html import HOSTILE, Seen

LAYERS, VOCABULARY = 3, 30_522
GUESSES = (
    Guess("river", 11, 3.0, 0.4, 1), Guess("bank", 12, 2.0, 0.2, 2), Guess("##s", 13, 1.0, 0.1, 3),
)  # fmt: skip


def word(name: str, id: int, chances: Sequence[float] = (0.00005, 0.02, 0.3, 0.4)) -> LensWord:
    """A word whose tuned probabilities are half its raw ones."""
    raw = np.array(chances, dtype=np.float32)
    ranks = np.array([12_000, 300, 4, 1], dtype=np.int64)
    return LensWord(name, id, {RAW: LensCurve(raw, ranks), TUNED: LensCurve(raw / 2, ranks + 1)})


RIVER, BANK, TOWN = word("river", 11), word("bank", 12), word("town", 40)
UNKNOWN = LensWord("xyzzy", None, {}, "the vocabulary has no pieces for it")


def lens(
    *words: LensWord,
    true: LensWord | None = BANK,
    guesses: Sequence[Guess] = GUESSES,
    kinds: Sequence[str] = (RAW, TUNED),
) -> Lens:
    """Readings of layers 0 to 3, the same guesses at each."""
    readings = tuple(
        LensReading(layer, kind, tuple(guesses), 2.0 + layer)
        for kind in kinds
        for layer in range(LAYERS + 1)
    )
    return Lens(encoding("a b", [(0, 1), (2, 3)]), 1, readings, tuple(words), true, VOCABULARY)


def tables(html: str) -> list[list[list[str]]]:
    """The cells of every table as text."""
    return [
        [
            [Seen(cell).text for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S)]
            for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)
        ]
        for table in html.split("<table>")[1:]
    ]


def test_a_row_for_each_layer_and_every_early_one_is_called_a_raw_reading() -> None:
    for header, *body in tables(lens_html(lens(RIVER))):
        assert header[0] == "layer"
        assert [row[0] for row in body] == [
            "0 raw reading", "1 raw reading", "2 raw reading", "3 the model’s answer",
        ]  # fmt: skip


def test_the_first_table_has_the_likeliest_words() -> None:
    header, *body = tables(lens_html(lens(RIVER)))[0]
    assert header[1:] == ["1st", "2nd", "3rd", "spread over"]
    assert [row[1:4] for row in body] == [["river 40%", "bank 20%", "##s 10%"]] * (LAYERS + 1)
    assert [row[4] for row in body] == ["4", "8", "16", "32"], "two to the power of the entropy"


def test_readings_through_the_trained_lens_are_called_so() -> None:
    html = lens_html(lens(RIVER), TUNED)
    for _, *body in tables(html):
        assert [row[0] for row in body] == [
            "0 trained lens", "1 trained lens", "2 trained lens", "3 the model’s answer",
        ]  # fmt: skip
    assert "raw" not in html


def test_the_second_table_has_the_numbers_of_the_curves() -> None:
    header, *body = tables(lens_html(lens(RIVER, UNKNOWN, BANK, TOWN)))[1]
    assert header[1:] == ["“river”, the model’s guess", "“bank”, the true word", "“town”"]
    assert [row[1] for row in body] == ["<0.01%, 12,000th", "2%, 300th", "30%, 4th", "40%, 1st"]
    tuned = tables(lens_html(lens(RIVER), TUNED))[1][1:]
    assert [row[1] for row in tuned] == ["<0.01%, 12,001st", "1%, 301st", "15%, 5th", "20%, 2nd"]
    assert len(tables(lens_html(lens(UNKNOWN)))) == 1, "nothing is followed"


def test_the_true_word_is_marked_and_only_it() -> None:
    html = lens_html(lens(RIVER))
    marked = re.findall(r"<u>(.*?)</u>", html)
    assert [Seen(one).text for one in marked] == ["bank"] * (LAYERS + 1)
    assert "<u>" not in lens_html(lens(RIVER, true=None))


@pytest.mark.parametrize("token", HOSTILE)
def test_a_token_stays_text(token: str) -> None:
    plain = Seen(lens_html(lens(word("town", 40))))
    hostile = [Guess(token, 11, 3.0, 0.4, 1), *GUESSES[1:]]
    seen = Seen(lens_html(lens(word(token, 40), guesses=hostile)))
    assert (seen.tags, seen.attributes) == (plain.tags, plain.attributes)
    assert seen.text.count(token) == 1 + LAYERS + 1
    (line,) = lens_figure(lens(word(token, 40)), [word(token, 40)])["data"]
    assert not re.search(r"<(?!br>)", line["name"] + "".join(line["hovertext"]))


@pytest.mark.parametrize(("kind", "share"), [(RAW, 1), (TUNED, 0.5)])
def test_a_line_for_each_word_with_its_probabilities(kind: str, share: float) -> None:
    data = lens_figure(lens(), [RIVER, UNKNOWN, BANK, TOWN], kind=kind)["data"]
    assert [line["name"] for line in data] == [
        "“river”, the model’s guess", "“bank”, the true word", "“town”",
    ]  # fmt: skip
    for line in data:
        assert line["x"] == [0, 1, 2, 3]
        expected = [share * value for value in (0.00005, 0.02, 0.3, 0.4)]
        assert line["y"] == pytest.approx(expected, abs=1e-6)
    assert "layer 2" in data[0]["hovertext"][2] and " of 30,522" in data[0]["hovertext"][2]


def test_ranks_are_on_a_logarithmic_axis_with_the_first_above() -> None:
    figure = lens_figure(lens(), [RIVER], RANK)
    assert figure["data"][0]["y"] == [12_000, 300, 4, 1]
    axis = figure["layout"]["yaxis"]
    bottom, top = axis["range"]
    assert axis["type"] == "log" and bottom > top
    assert bottom >= np.log10(VOCABULARY) and top < 0, "every rank is inside"


@pytest.mark.parametrize("highest", [1.0, 0.4, 0.003])
def test_every_probability_is_inside_the_axis(highest: float) -> None:
    one = word("town", 40, (0.0, highest / 2, highest / 3, highest))
    low, high = lens_figure(lens(one), [one])["layout"]["yaxis"]["range"]
    assert low < 0 and highest < high <= max(0.01, 1.2 * highest)


def test_only_the_models_answer_has_a_filled_mark() -> None:
    for line in lens_figure(lens(), [RIVER, BANK])["data"]:
        *early, last = line["marker"]["symbol"]
        assert early == [f"{last}-open"] * LAYERS


@pytest.mark.parametrize("dark", [False, True])
def test_lines_are_told_apart_without_colour_and_meanings_keep_theirs(dark: bool) -> None:
    many = [RIVER, BANK, *(word(f"w{at}", 50 + at) for at in range(MOST_WORDS))]
    data = lens_figure(lens(), many, dark=dark)["data"]
    assert len(data) == MOST_WORDS
    assert len({line["line"]["dash"] for line in data}) == MOST_WORDS
    assert len({line["marker"]["symbol"][-1] for line in data}) == MOST_WORDS
    colours = [line["line"]["color"] for line in data]
    assert len(set(colours)) == MOST_WORDS
    assert colours[:2] == [inks(dark).guess, inks(dark).true]
    for colour in colours:
        assert contrast(colour, inks(dark).paper) >= 3, colour
    assert lens_figure(lens(), many, dark=dark)["layout"]["font"]["color"] == inks(dark).ink


def contrast(first: str, second: str) -> float:
    """As WCAG 2.2 defines it."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4
                            for p in parts)  # fmt: skip
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(first), light(second)))
    return (high + 0.05) / (low + 0.05)


def test_a_word_is_followed_once_however_it_is_typed() -> None:
    again = word("River", 11)
    assert followed(lens(), [RIVER, UNKNOWN, again, TOWN]) == (RIVER, TOWN)
    assert lens_figure(lens(), [])["data"] == []


def test_what_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match="what is 'odds'; it must be 'probability' or 'rank'"):
        lens_figure(lens(), [RIVER], "odds")
    only_raw = lens(RIVER, kinds=[RAW])
    for ask in (lambda: lens_html(only_raw, TUNED), lambda: lens_figure(only_raw, [], kind=TUNED)):
        with pytest.raises(ValueError, match="no 'tuned' readings; there are raw"):
            ask()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("what", [PROBABILITY, RANK])
def test_figures_are_what_plotly_knows(what: str, dark: bool) -> None:
    from plotly.graph_objects import Figure

    shown: Any = lens_figure(lens(), [RIVER, BANK, TOWN], what, dark)
    Figure(shown)


def test_captions_say_how_not_to_misread() -> None:
    raw, tuned = lens_caption(lens()), lens_caption(lens(), TUNED)
    assert "only ever learned to read layer 3" in raw and "not that the layer knows nothing" in raw
    assert "linear map" in tuned and "Belrose" in tuned and "raw" not in tuned.lower()
