"""Our own WordPiece search, taken step by step, against the library's on every kind of word."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers.normalizers import BertNormalizer

from bert_core.outputs import TraceAttempt, WordPieceTrace
from bert_core.tokenizer import Tokenizer
from bert_core.wordpiece_trace import normalisation_steps, readable, trace_word
from tests.tokenizer.samples import SPECIALS

PIECES = ["a", "ab", "abc", "b", "##a", "##b", "##bc", "##cc", "##abca", "the", "é", "."]
TINY = {token: id for id, token in enumerate([*SPECIALS, *PIECES])}

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TEXTS = [
    "embeddings The RIVER's Straße İstanbul ΟΔΟΣ",
    "Cafe\u0301 NAI\u0308VE \u0301 한국어 नमस्ते สวัสดี مرحبا\u200f שָׁלוֹם",
    "日本語テキスト 我爱[MASK]京 ☃ ab☃c 😀\u200d👩\ufe0f",
    "a\x00b\u200b\ufffd\ue000\tc\u00a0d [MASK]ed [SEP][UNK] [mask]",
    " ".join("x" * n for n in (99, 100, 101, 1000)),
    " ".join("É" * n for n in (99, 100, 101)),
]


def by_hand(trace: WordPieceTrace) -> list[str]:
    """The look-ups as text: the candidate, with a + when it was found."""
    return [attempt.candidate + "+" * attempt.found for attempt in trace.attempts]


# --------------------------------------------------------------------------- the search


def test_the_longest_match_is_looked_for_first(tokenizer: Tokenizer) -> None:
    trace = tokenizer.trace("Embeddings")
    assert trace.word == "embeddings"
    assert trace.pieces == ("em", "##bed", "##ding", "##s")
    assert trace.ids == tuple(map(tokenizer.token_to_id, trace.pieces))
    assert trace.unknown_reason is None
    assert trace.attempts[0] == TraceAttempt(start=0, candidate="embeddings", found=False)
    assert trace.attempts[-1] == TraceAttempt(start=9, candidate="##s", found=True)
    assert [len(c.removeprefix("##")) for c in by_hand(trace)[:9]] == [10, 9, 8, 7, 6, 5, 4, 3, 3]


def test_every_look_up_is_there_in_order() -> None:
    trace = trace_word("abcab", TINY)
    assert by_hand(trace) == ["abcab", "abca", "abc+", "##ab", "##a+", "##b+"]
    assert [attempt.start for attempt in trace.attempts] == [0, 0, 0, 3, 3, 4]
    assert trace.ids == tuple(TINY[piece] for piece in ("abc", "##a", "##b"))


def test_the_search_is_greedy_and_never_turns_back() -> None:
    """a ##b ##cc would do, but abc is longer, and nothing goes on from there."""
    trace = trace_word("abcc", TINY)
    assert by_hand(trace) == ["abcc", "abc+", "##c"]
    assert (trace.pieces, trace.ids) == (("[UNK]",), (TINY["[UNK]"],))
    assert (
        trace.unknown_reason == "after abc the search is stuck: the vocabulary does not have '##c'"
    )


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("☃", "the search cannot start: the vocabulary does not have '☃'"),
        (
            "☃ab",
            "the search cannot start: the vocabulary has no beginning of '☃ab', "
            "from the whole of it down to '☃'",
        ),
        (
            "abb☃b",
            "after ab ##b the search is stuck: the vocabulary has no beginning of '##☃b', "
            "from the whole of it down to '##☃'",
        ),
    ],
)
def test_the_piece_that_was_not_found_is_named(word: str, reason: str) -> None:
    assert trace_word(word, TINY).unknown_reason == reason


@pytest.mark.parametrize("word", ["a" * 100, "á" * 100, "a\u200b" * 100])
def test_a_hundred_characters_are_split(tokenizer: Tokenizer, word: str) -> None:
    assert tokenizer.trace(word).unknown_reason is None
    assert tokenizer.trace(word).pieces == tokenizer.pieces(word) != ("[UNK]",)


@pytest.mark.parametrize("length", [101, 1000])
def test_longer_words_are_unknown_without_a_look_up(tokenizer: Tokenizer, length: int) -> None:
    trace = tokenizer.trace("a" * length)
    assert trace == WordPieceTrace(
        "a" * length,
        (),
        ("[UNK]",),
        (tokenizer.unk_id,),
        f"the word has {length} characters; WordPiece takes words of at most 100",
    )
    assert tokenizer.pieces("a" * length) == ("[UNK]",)


def test_the_longest_word_is_that_of_the_file(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    packed = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    packed["model"]["max_input_chars_per_word"] = 5
    (tmp_path / "tokenizer.json").write_text(json.dumps(packed), encoding="utf-8")
    short = Tokenizer.from_folder(tmp_path)
    assert_traces_agree(short, "river rivers")
    assert "at most 5" in str(short.trace("rivers").unknown_reason)


# --------------------------------------------------------------------------- the library


def assert_traces_agree(tokenizer: Tokenizer, text: str) -> None:
    traces = tokenizer.traces(text)
    assert tuple(piece for trace in traces for piece in trace.pieces) == tokenizer.pieces(text)
    assert [id for trace in traces for id in trace.ids] == tokenizer.encode_ids([text])[0]
    for trace in traces:
        found = tuple(attempt.candidate for attempt in trace.attempts if attempt.found)
        assert trace.pieces == (("[UNK]",) if trace.unknown_reason else found)


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_real_words_agree_with_the_library(tokenizer: Tokenizer, text: str) -> None:
    assert_traces_agree(tokenizer, text)


def test_words_of_all_of_unicode_agree_with_the_library(tokenizer: Tokenizer) -> None:
    rng = random.Random(11)
    planes = [(0x20, 0x17F), (0x20, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF)]
    for _ in range(3000):
        chars = [chr(rng.randint(*rng.choice(planes))) for _ in range(3)]
        assert_traces_agree(tokenizer, "em".join(chars) + rng.choice(["bed", " the", "[MASK]"]))


def test_generated_texts_agree_with_the_library(tokenizer: Tokenizer) -> None:
    @settings(max_examples=200, deadline=None)
    @given(any_text)
    def agree(text: str) -> None:
        assert_traces_agree(tokenizer, text)

    agree()


@settings(max_examples=300, deadline=None)
@given(st.text("abc", min_size=1, max_size=12))
def test_words_of_a_tiny_vocabulary_agree_with_the_library(word: str) -> None:
    tokenizer = Tokenizer.from_vocabulary(list(TINY))
    assert tokenizer.trace(word) == trace_word(word, TINY)
    assert_traces_agree(tokenizer, word)


def test_words_out_of_the_vocabulary_itself_are_found_at_once(tokenizer: Tokenizer) -> None:
    for id in range(2000, tokenizer.vocab_size, 97):
        token = tokenizer.id_to_token(id)
        if token.startswith("##") or tokenizer.pieces(token) != (token,):
            continue
        assert tokenizer.trace(token).attempts == (TraceAttempt(0, token, True),)


def test_a_typed_special_token_is_found_whole(tokenizer: Tokenizer) -> None:
    for word in ("[MASK]", " [MASK] "):
        trace = tokenizer.trace(word)
        assert (trace.word, trace.pieces, trace.ids) == ("[MASK]", ("[MASK]",), (103,))
        assert by_hand(trace) == ["[MASK]+"]


@pytest.mark.parametrize(
    ("text", "words"), [("", 0), (" \u200b\u0301", 0), ("two words", 2), ("don't", 3), ("日本", 2)]
)
def test_a_trace_is_of_exactly_one_word(tokenizer: Tokenizer, text: str, words: int) -> None:
    with pytest.raises(ValueError, match=f"is {words} words to the tokenizer; it must be exactly"):
        tokenizer.trace(text)
    assert len(tokenizer.traces(text)) == words


# --------------------------------------------------------------------------- [UNK] in a text


def test_the_reason_of_every_unknown_token_is_given(tokenizer: Tokenizer) -> None:
    text = f"the ☃ [UNK] x☃y {'a' * 101} river"
    encoding = tokenizer.encode(text, "é☃")
    reasons = [tokenizer.unknown_reason(encoding, i) for i in range(len(encoding))]
    assert [reason is not None for reason in reasons] == [t == "[UNK]" for t in encoding.tokens]
    assert [reason for reason in reasons if reason] == [
        "the search cannot start: the vocabulary does not have '☃'",
        "[UNK] was typed",
        "after x the search is stuck: the vocabulary has no beginning of '##☃y', "
        "from the whole of it down to '##☃'",
        "the word has 101 characters; WordPiece takes words of at most 100",
        "after e the search is stuck: the vocabulary does not have '##☃'",
    ]


def test_no_unknown_token_is_without_a_reason(tokenizer: Tokenizer) -> None:
    rng = random.Random(12)
    seen = 0
    for _ in range(1500):
        text = "".join(chr(rng.randint(0x80, 0xD7FF)) + rng.choice("a ") for _ in range(4))
        encoding = tokenizer.encode(text)
        for i, token in enumerate(encoding.tokens):
            assert (tokenizer.unknown_reason(encoding, i) is not None) == (token == "[UNK]")
            seen += token == "[UNK]"
    assert seen > 1000


# --------------------------------------------------------------------------- normalisation


def test_normalisation_is_told_step_by_step(tokenizer: Tokenizer) -> None:
    steps = tokenizer.normalisation_steps("É\x00\tX日")
    assert [(step.name, step.before, step.after) for step in steps] == [
        ("control characters removed", "É\x00\tX日", "É\tX日"),
        ("white space unified", "É\tX日", "É X日"),
        ("CJK characters spaced out", "É X日", "É X 日 "),
        ("accents removed", "É X 日 ", "E X 日 "),
        ("lower case", "E X 日 ", "e x 日 "),
    ]
    assert tokenizer.normalisation_steps("the river") == ()
    assert [step.name for step in tokenizer.normalisation_steps("The")] == ["lower case"]


NORMALISERS = [
    BertNormalizer(clean, chinese, accents, lowercase)
    for clean in (True, False)
    for chinese in (True, False)
    for accents in (None, True, False)
    for lowercase in (True, False)
]


@settings(max_examples=200, deadline=None)
@given(any_text | st.text("aÉe\u0301\u0323日İΣ\t\x00\u200b\u00a0ß각", max_size=20))
def test_the_last_step_is_the_output_of_the_library(text: str) -> None:
    for normaliser in NORMALISERS:
        steps = normalisation_steps(text, normaliser)
        assert (steps[-1].after if steps else text) == normaliser.normalize_str(text)
        assert all(step.before != step.after for step in steps)
        befores = [text, *(step.after for step in steps)]
        assert [step.before for step in steps] == befores[:-1]


def test_typed_special_tokens_are_not_normalised(tokenizer: Tokenizer) -> None:
    (step,) = tokenizer.normalisation_steps("The [MASK]ed[SEP] [Mask]")
    assert step.after == "the [MASK]ed[SEP] [mask]"


# --------------------------------------------------------------------------- text again


def test_pieces_are_put_together_again() -> None:
    assert readable(["em", "##bed", "##ding", "##s", "the", "##m"]) == "embeddings them"
    assert readable(["##ding", "##s"]) == "##dings"
    assert readable(["日", "本", "a"]) == "日本 a"
    assert readable(["日", "本", "a"], join_cjk=False) == "日 本 a"
    assert readable([]) == ""
