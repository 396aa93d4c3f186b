"""HTML of the steps and of a filled-in sentence: nothing typed becomes markup."""

import math
from html.parser import HTMLParser

import pytest

from bert_core.outputs import Guess
from bert_core.viz.steps_html import sentence_html, steps_html
from tests.viz.answers import GUESSES, answer, prediction

HOSTILE = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</code></li></ol><b>",
    "&lt;b&gt;", "&#60;", "'\"", "<!-- -->", "\" onmouseover=\"x",
]  # fmt: skip


class Seen(HTMLParser):
    """Tags, attributes and text of a piece of HTML, and whether it is balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def steps(*guesses: Guess, **changes: float) -> Seen:
    place = prediction(1, guesses=guesses, **changes)
    return Seen(steps_html(answer("a b", [(0, 1), (2, 3)], place), place))


@pytest.mark.parametrize("token", HOSTILE)
def test_a_token_stays_text_in_the_steps(token: str) -> None:
    plain = steps(*GUESSES)
    seen = steps(Guess(token, 1, 3.5, 0.5, 1), Guess(token, 2, 3.0, 0.4, 2))
    assert (seen.tags, seen.attributes) == (plain.tags, plain.attributes)
    assert seen.text.count(token) == 4  # softmax, word, and twice among the logits


@pytest.mark.parametrize("token", HOSTILE)
@pytest.mark.parametrize("filled", [False, True])
def test_a_run_stays_text_in_the_sentence(token: str, filled: bool) -> None:
    seen = Seen(sentence_html([("the ", False), (token, filled), (" b", False)]))
    assert seen.text == f"the {token} b"
    assert seen.tags == ["p", "mark"][: 1 + filled]
    assert seen.attributes == [("class", "sentence"), ("dir", "auto")]


def test_the_steps_are_five_and_have_the_real_numbers() -> None:
    seen = steps(*GUESSES)
    assert seen.tags.count("li") == 5 and seen.tags[0] == "ol"
    for said in (
        "(tokens 4 × hidden 8)", "position 1", "(0.00, 0.25, 0.50, 0.75, 1.00, 1.25, …)",
        "(vocabulary 30,522)", "river 3.00, bank 2.00, ##s 1.00, …", "here e^3.92",
        "“river”: e^3.00 / e^3.92 = e^-0.92 = 0.4000 = 40%", "token id:11", "Entry 11 of",
    ):  # fmt: skip
        assert said in seen.text, said


def test_the_numbers_of_the_softmax_agree() -> None:
    best = GUESSES[0]
    assert math.exp(best.logit - prediction().log_normaliser) == pytest.approx(best.probability)
