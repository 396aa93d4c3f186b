"""The tokenizer against the two references of `transformers`.

`BertTokenizer` is the reference for tokens, ids, offsets, words and truncation;
`BertTokenizerLegacy`, in plain Python and without the `tokenizers` library, for tokens and ids.
"""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertTokenizer
from transformers.models.bert.tokenization_bert_legacy import BertTokenizerLegacy

from bert_core.tokenizer import Tokenizer
from tests.tokenizer.agreement import assert_agree
from tests.tokenizer.samples import REAL_STRINGS, random_text, random_texts

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def old_and_settled(char: str) -> bool:
    """Whether all tables of Unicode agree on a character: those that Python, the library and the
    plain Python reference have are of different years. The capital sigma is tested apart."""
    category = unicodedata.category(char)
    return char != "Σ" and category == unicodedata.ucd_3_2_0.category(char) not in ("Cn", "Cs")


@pytest.mark.parametrize("text", REAL_STRINGS, ids=ascii)
def test_real_strings_agree_with_the_reference(
    tokenizer: Tokenizer, reference: BertTokenizer, text: str
) -> None:
    assert_agree(tokenizer, reference, [text])


def test_random_strings_agree_with_the_reference(
    tokenizer: Tokenizer, reference: BertTokenizer
) -> None:
    assert_agree(tokenizer, reference, random_texts(2500, seed=1))


def test_generated_strings_agree_with_the_reference(
    tokenizer: Tokenizer, reference: BertTokenizer
) -> None:
    @settings(max_examples=300, deadline=None)
    @given(any_text)
    def agree(text: str) -> None:
        assert_agree(tokenizer, reference, [text])

    agree()


def test_plain_python_reference_agrees(tokenizer: Tokenizer, legacy: BertTokenizerLegacy) -> None:
    rng = random.Random(2)
    texts = [random_text(rng, old_and_settled) for _ in range(1500)]
    real = [text for text in REAL_STRINGS if all(map(old_and_settled, text))]
    assert len(real) > 20
    for text in real + texts:
        assert tokenizer.encode(text, max_tokens=10**9).ids == tuple(legacy(text)["input_ids"]), (
            text
        )


def test_capital_sigma_is_lower_cased_by_itself_as_in_the_library(
    tokenizer: Tokenizer, legacy: BertTokenizerLegacy
) -> None:
    assert tokenizer.pieces("ΟΔΟΣ") == tokenizer.pieces("οδοσ") != tokenizer.pieces("οδος")
    assert legacy.tokenize("ΟΔΟΣ") == legacy.tokenize("οδος")


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("strip_accents", [None, True, False])
@pytest.mark.parametrize("chinese", [True, False])
def test_every_setting_agrees_with_the_reference(
    vocabulary: list[str], lowercase: bool, strip_accents: bool | None, chinese: bool
) -> None:
    ours = Tokenizer.from_vocabulary(vocabulary, lowercase, strip_accents, chinese)
    theirs = BertTokenizer(
        vocab={token: id for id, token in enumerate(vocabulary)},
        do_lower_case=lowercase,
        strip_accents=strip_accents,
        tokenize_chinese_chars=chinese,
    )
    assert_agree(ours, theirs, REAL_STRINGS + random_texts(50, seed=3))
