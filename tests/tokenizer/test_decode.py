"""Ids to text again: spaced as a reader expects, and encoding to the same ids."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from transformers import BertTokenizer

from bert_core.tokenizer import Tokenizer
from tests.tokenizer.samples import REAL_STRINGS, SPECIALS, random_texts


@pytest.mark.parametrize(
    "text",
    [
        "the embeddings, (really) and so on.",
        'he said, "i don\'t know!" and left; why?',
        "it cost $3.50, or 1,000,000 people's 50% at 10:30...",
        "a well-known either/or at o'clock [MASK].",
        "in 2005, 300 'odd' [notes] {here}",
        "“quoted” ¿que? 日本 text",
        "[CLS] the [MASK] sat. [SEP]",
    ],
)
def test_decode_puts_spaces_where_a_reader_expects_them(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text).ids[1:-1]) == text


def test_decode_keeps_special_tokens_unless_asked(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("the [MASK] sat").ids
    assert tokenizer.decode(ids) == "[CLS] the [MASK] sat [SEP]"
    assert tokenizer.decode(ids, skip_special_tokens=True) == "the sat"
    assert tokenizer.decode([]) == ""


def test_decode_agrees_with_the_reference_up_to_spaces(
    tokenizer: Tokenizer, reference: BertTokenizer
) -> None:
    for text in REAL_STRINGS + random_texts(500, seed=8):
        ids = list(tokenizer.encode(text, max_tokens=10**9).ids)
        expected = reference.decode(ids).replace(" ", "")
        assert tokenizer.decode(ids).replace(" ", "") == expected


def test_decoded_text_encodes_to_the_same_ids(tokenizer: Tokenizer, vocabulary: list[str]) -> None:
    cased = Tokenizer.from_vocabulary(vocabulary, lowercase=False, tokenize_chinese_chars=False)
    for each in (tokenizer, cased):
        for text in REAL_STRINGS + random_texts(700, seed=9):
            ids = each.encode(text, max_tokens=10**9).ids
            assert each.encode(each.decode(ids[1:-1]), max_tokens=10**9).ids == ids, text


PUNCTUATION = [*".,'\"-/:;!?()[]{}$#%_’“”«»¿"]
LETTERS = ["a", "s", "o", "1", "123", "MASK", "SEP", "日", "\U0002b820", "\U0002b920"]


@settings(max_examples=250, deadline=None)
@given(st.lists(st.sampled_from([*PUNCTUATION, *LETTERS, "[MASK]", "##", " ", " "]), max_size=12))
@example(["[", " ", "MASK", " ", "]"])
@example(["\U0002b820", " ", "\U0002b820"])  # a CJK character the library does not space out
def test_decoded_punctuation_encodes_to_the_same_ids(parts: list[str]) -> None:
    pieces = [f"##{token}" for token in LETTERS]
    tokenizer = Tokenizer.from_vocabulary(
        [*SPECIALS, *PUNCTUATION, *LETTERS, *pieces], lowercase=False
    )
    ids = tokenizer.encode("".join(parts)).ids
    assert tokenizer.encode(tokenizer.decode(ids[1:-1])).ids == ids
