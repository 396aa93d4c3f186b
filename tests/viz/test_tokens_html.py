"""What the page of tokens shows, made from results alone: runs of text, traces, tables."""

import re
from html import unescape

import pytest

from bert_core.outputs import Encoding, NormalisationStep, Truncation
from bert_core.tokenizer import SPECIAL_TOKENS, Tokenizer
from bert_core.viz import token_rows, tokens_html

PIECES = "em ##bed ##ding ##s cafe go ##ers the - < > b / ᄒ ##ᅡ ##ᆫ".split()


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_vocabulary([*SPECIAL_TOKENS.values(), *PIECES])


def plain(html: str) -> str:
    return unescape(re.sub("<[^>]*>", "", html))


def runs(encoding: Encoding, segment: int = 0) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (run.shown, tuple(encoding.tokens[place] for place in run.positions))
        for run in token_rows.text_runs(encoding, segment)
    ]


def test_runs_cut_the_text_where_its_tokens_change(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("Embeddings café-goers")
    assert runs(encoding) == [
        ("Em", ("em",)), ("bed", ("##bed",)), ("ding", ("##ding",)), ("s", ("##s",)), (" ", ()),
        ("café", ("cafe",)), ("-", ("-",)), ("go", ("go",)), ("ers", ("##ers",)),
    ]  # fmt: skip


def test_runs_give_a_character_to_all_its_tokens(tokenizer: Tokenizer) -> None:
    assert runs(tokenizer.encode("한 the")) == [
        ("한", ("ᄒ", "##ᅡ", "##ᆫ")), (" ", ()), ("the", ("the",))
    ]  # fmt: skip


def test_an_accent_of_its_own_stays_with_its_letter(tokenizer: Tokenizer) -> None:
    assert runs(tokenizer.encode("cafe\u0301 the"))[0] == ("cafe\u0301", ("cafe",))


def test_runs_of_each_text_of_a_pair(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("the", "go the")
    assert runs(encoding) == [("the", ("the",))]
    assert runs(encoding, 1) == [("go", ("go",)), (" ", ()), ("the", ("the",))]
    assert [run.positions for run in token_rows.text_runs(encoding, 1)] == [(3,), (), (4,)]


def test_runs_are_bounded_and_end_where_the_text_was_cut(tokenizer: Tokenizer) -> None:
    long = tokenizer.encode("the " * 5_000 + "x" * 50_000, max_tokens=512)
    shown = "".join(run.shown for run in token_rows.text_runs(long, 0))
    assert shown == "the " * 509 + "the"
    assert "2,039 of 70,000" in token_rows.text_label(long, 0)
    (only,) = token_rows.text_runs(tokenizer.encode("x" * 50_000), 0)
    assert len(only.shown) <= token_rows.LONGEST_RUN and only.positions == (1,)


@pytest.mark.parametrize(
    "char, shown",
    [("\x00", "␀"), ("\x07", "␇"), ("\t", "⇥\t"), ("\n", "⏎\n"), ("\u200b", "\\u200B"),
     ("\u202e", "\\u202E"), ("\U000e0001", "\\U000E0001"), ("\u200d", "\u200d"), ("é", "é")],
)  # fmt: skip
def test_control_characters_are_seen(char: str, shown: str) -> None:
    assert token_rows.visible(f"a{char}b") == f"a{shown}b"


def test_words_are_as_typed_with_their_tokens(tokenizer: Tokenizer) -> None:
    assert token_rows.words(tokenizer.encode("Café-goers", "Embeddings")) == (
        ("Café", (1,)), ("-", (2,)), ("goers", (3, 4)), ("Embeddings", (6, 7, 8, 9))
    )  # fmt: skip


def test_the_table_has_a_record_for_every_token(tokenizer: Tokenizer) -> None:
    first, _, third, *_ = token_rows.table(tokenizer.encode("Embeddings"))
    assert first == {
        "position": 0, "token": "[CLS]", "id": tokenizer.cls_id, "segment": 0, "start": None,
        "end": None, "characters": None, "word": None,
    }  # fmt: skip
    assert third["token"] == "##bed" and third["characters"] == "bed"
    assert (third["start"], third["end"], third["word"]) == (2, 5, 0)


def test_chips_say_where_a_token_comes_from(tokenizer: Tokenizer) -> None:
    chips = token_rows.chips(tokenizer.encode("Embeddings x", "go"))
    assert chips[3]["said"] == "characters 5 to 9 of text A, “ding”"
    assert chips[5]["kind"] == "unknown" and chips[0]["kind"] == "special"
    assert [chip["segment"] for chip in chips] == [0] * 7 + [1] * 2
    assert len({chip["word"] for chip in chips[1:5]}) == 1
    assert len({chip["word"] for chip in (chips[0], chips[1], chips[5], chips[6], chips[7])}) == 5


def test_a_trace_shows_what_was_tried_and_found(tokenizer: Tokenizer) -> None:
    html = tokens_html.trace_html(tokenizer.trace("Embeddings"))
    rows = [plain(row) for row in re.findall("<li>.*?</li>", html)]
    assert "embeddings → em ##bed ##ding ##s" in plain(html)
    assert len(rows) == 4
    assert "embeddings embedding embeddin … 3 more … embe emb em ✓ found" in rows[0]
    assert f"id {tokenizer.token_to_id('##ding')}" in rows[2] and "From character 5" in rows[2]


def test_a_trace_of_an_unknown_word_says_why(tokenizer: Tokenizer) -> None:
    stuck = plain(tokens_html.trace_html(tokenizer.trace("embedx")))
    assert "→ [UNK]" in stuck and "after em ##bed the search is stuck" in stuck
    assert "none found" in stuck
    long = plain(tokens_html.trace_html(tokenizer.trace("x" * 101)))
    assert "101 characters" in long


def test_the_table_of_look_ups_leaves_none_out(tokenizer: Tokenizer) -> None:
    trace = tokenizer.trace("embeddings")
    rows = re.findall("<tr><td.*?</tr>", tokens_html.attempts_html(trace))
    assert len(rows) == len(trace.attempts)
    assert sum("not found" not in row for row in rows) == len(trace.pieces)


def test_nothing_typed_becomes_markup(tokenizer: Tokenizer) -> None:
    evil = "<b>&'\""
    encoding = Encoding(
        evil, None, ("[CLS]", evil, "[SEP]"), (1, 2, 3), ((0, 0), (0, 6), (0, 0)),
        (None, 0, None), (0, 0, 0),
    )  # fmt: skip
    steps = (NormalisationStep(evil, evil + "A", evil + "a"),)
    shown = {
        tokens_html.trace_html(tokenizer.trace("<")),
        tokens_html.unknown_html([(evil, evil)]),
        tokens_html.encoding_html(encoding),
        tokens_html.normalisation_html(steps),
    }
    for html in shown:
        assert "<b>&" not in html and "&lt;" in html


def test_normalisation_marks_what_changed(tokenizer: Tokenizer) -> None:
    html = tokens_html.normalisation_html(tokenizer.normalisation_steps("Café\u200b the"))
    assert re.findall("<strong>(.*?)</strong>", html) == [
        "Control characters removed", "Accents removed", "Lower case"
    ]  # fmt: skip
    assert re.findall("<mark>(.*?)</mark>", html) == ["\\u200B", "é", "e", "C", "c"]
    assert "Nothing to change" in tokens_html.normalisation_html(())


def test_normalisation_of_a_long_text_shows_the_place_of_the_change() -> None:
    before = "a" * 100_000 + "B" + "a" * 100_000
    html = tokens_html.normalisation_html((NormalisationStep("x", before, before.lower()),))
    assert len(html) < 2_000 and "<mark>B</mark>" in html and "<mark>b</mark>" in html


def test_used_text_of_both_texts() -> None:
    cut = Truncation(3, 9, (2, 1))
    encoding = Encoding("abc", "xyz", (), (), (), (), (), cut)
    assert [token_rows.used_text(encoding, segment) for segment in (0, 1)] == ["ab", "x"]
