"""What an encoding promises: offsets, words, segments, truncation, ids."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from transformers import BertTokenizer

from bert_core.tokenizer import Tokenizer
from tests.tokenizer.agreement import assert_same
from tests.tokenizer.samples import REAL_STRINGS, random_texts


def test_the_example_of_the_paper_summary(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("embeddings")
    assert encoding.tokens == ("[CLS]", "em", "##bed", "##ding", "##s", "[SEP]")
    assert [encoding.source(i) for i in range(6)] == ["", "em", "bed", "ding", "s", ""]
    assert encoding.word_ids == (None, 0, 0, 0, 0, None)
    assert encoding.truncation is None


def test_offsets_count_characters_not_bytes_or_code_units(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("😀 Éa e\u0301 日 the")
    assert encoding.tokens[1:-1] == ("[UNK]", "ea", "e", "日", "the")
    assert [encoding.source(i) for i in range(1, 6)] == ["😀", "Éa", "e", "日", "the"]


def test_offsets_are_slices_of_the_text_in_order(tokenizer: Tokenizer) -> None:
    for text in REAL_STRINGS + random_texts(700, seed=4):
        encoding = tokenizer.encode(text, max_tokens=10**9)
        spans = encoding.offsets[1:-1]
        assert all(0 <= start < end <= len(text) for start, end in spans), text
        assert list(spans) == sorted(spans), text
        for i in range(2, len(encoding) - 1):
            if encoding.word_ids[i] != encoding.word_ids[i - 1]:
                assert encoding.offsets[i][0] >= encoding.offsets[i - 1][1], text


def test_the_source_of_a_token_normalises_to_the_token(tokenizer: Tokenizer) -> None:
    for text in REAL_STRINGS + random_texts(700, seed=5):
        encoding = tokenizer.encode(text, max_tokens=10**9)
        times = Counter(encoding.offsets)
        for i in range(1, len(encoding) - 1):
            if encoding.tokens[i] == "[UNK]" or times[encoding.offsets[i]] > 1:
                continue  # a Hangul syllable can be several pieces, all from one character
            source = encoding.source(i)
            if encoding.tokens[i] != source:
                steps = tokenizer.normalisation_steps(source)
                source = steps[-1].after.strip() if steps else source
            inside = encoding.word_ids[i] == encoding.word_ids[i - 1]
            assert encoding.tokens[i] == ("##" if inside else "") + source, text


def test_characters_outside_all_tokens_are_spaces_or_removed(tokenizer: Tokenizer) -> None:
    for text in REAL_STRINGS + random_texts(700, seed=6):
        rest = list(text)
        for start, end in tokenizer.encode(text, max_tokens=10**9).offsets[1:-1]:
            rest[start:end] = [" "] * (end - start)
        assert tokenizer.pieces("".join(rest)) == (), text


def test_typed_special_tokens_are_words_of_their_own(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("[MASK]ed [MASK][SEP] x")
    assert encoding.tokens[1:-1] == ("[MASK]", "ed", "[MASK]", "[SEP]", "x")
    assert encoding.ids[1] == tokenizer.mask_id
    assert encoding.word_ids == (None, 0, 1, 2, 3, 4, None)
    assert [encoding.word_positions(i) for i in range(7)] == [(i,) for i in range(7)]
    assert encoding.source(3) == "[MASK]"


def test_a_pair_has_segments_and_words_of_its_own(
    tokenizer: Tokenizer, reference: BertTokenizer
) -> None:
    encoding = tokenizer.encode("Some embeddings.", "Are [MASK] embeddings?")
    theirs = reference("Some embeddings.", "Are [MASK] embeddings?", return_offsets_mapping=True)
    assert_same(encoding, theirs)
    assert encoding.word_positions(2) == (2, 3, 4, 5)
    assert encoding.word_positions(10) == (10, 11, 12, 13)
    assert encoding.source(9) == "[MASK]"
    assert tokenizer.encode("a", "").tokens == ("[CLS]", "a", "[SEP]", "[SEP]")


def test_lone_surrogates_are_replaced_one_for_one(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("a \ud83d the\udc00 river")
    assert encoding.text == "a \ufffd the\ufffd river"
    assert [encoding.source(i) for i in range(1, 4)] == ["a", "the", "river"]
    assert tokenizer.encode_ids(["\ud83dthe"]) == [[tokenizer.token_to_id("the")]]
    encoding.text.encode("utf-8")


def test_a_tokenizer_is_not_changed_by_encoding(tokenizer: Tokenizer) -> None:
    whole = tokenizer.encode("the river bank")
    tokenizer.encode("the river bank", max_tokens=3)
    assert tokenizer.encode("the river bank") == whole


@pytest.mark.parametrize(("part", "times"), [("river bank ", 5_000), ("A river, née 日! ", 60_000)])
def test_long_texts_are_quick(tokenizer: Tokenizer, part: str, times: int) -> None:
    text = part * times
    start = time.process_time()
    encoding = tokenizer.encode(text)
    assert time.process_time() - start < 10  # about 1 s a megabyte; minutes if quadratic
    assert len(encoding) == 512
    assert encoding.truncation is not None
    assert encoding.truncation.tokens_in_full == len(tokenizer.pieces(part)) * times + 2


# --------------------------------------------------------------------------- truncation

PAIRS = [
    ("a b c d e f g h", None),
    ("a b c", "a b c d e f g h"),
    ("a b c d e f g h", "a b c"),
    ("a b c d e", "a b c d e"),
    ("embeddings embeddings", "a"),
    ("☃ [MASK] é", "日本 [SEP] x"),
]


@pytest.mark.parametrize(("text", "pair"), PAIRS)
def test_truncation_agrees_with_the_reference(
    tokenizer: Tokenizer, reference: BertTokenizer, text: str, pair: str | None
) -> None:
    full = len(tokenizer.encode(text, pair))
    for limit in range(2 if pair is None else 3, full + 3):
        encoding = tokenizer.encode(text, pair, max_tokens=limit)
        theirs = reference(
            text, pair, truncation=True, max_length=limit, return_offsets_mapping=True
        )
        assert_same(encoding, theirs)
        if limit >= full:
            assert encoding.truncation is None
        else:
            assert encoding.truncation is not None
            assert len(encoding) == limit == encoding.truncation.limit
            assert encoding.truncation.tokens_in_full == full
            assert encoding.truncation.tokens_dropped == full - limit


def test_truncation_says_which_characters_were_kept(tokenizer: Tokenizer) -> None:
    def kept(limit: int, text: str, pair: str | None = None) -> tuple[int, int | None]:
        truncation = tokenizer.encode(text, pair, max_tokens=limit).truncation
        assert truncation is not None
        return truncation.kept_characters

    text = "É embeddings  end "
    assert [kept(n, text) for n in range(2, 8)] == [(n, None) for n in (0, 1, 4, 7, 11, 12)]
    assert kept(7, text, "b ") == (7, 2)
    assert kept(7, "b ", text) == (2, 7)
    assert kept(3, text, "b ") == (0, 0)


@pytest.mark.parametrize(("pair", "limit", "least"), [(None, 1, 2), ("b", 2, 3), (None, -5, 2)])
def test_special_tokens_must_fit(
    tokenizer: Tokenizer, pair: str | None, limit: int, least: int
) -> None:
    with pytest.raises(ValueError, match=f"max_tokens is {limit}; it must be at least {least}"):
        tokenizer.encode("a", pair, max_tokens=limit)


# --------------------------------------------------------------------------- ids and tokens


def test_encode_ids_is_encode_without_the_frame(tokenizer: Tokenizer) -> None:
    texts = REAL_STRINGS + random_texts(300, seed=7)
    expected = [list(tokenizer.encode(t, max_tokens=10**9).ids[1:-1]) for t in texts]
    assert tokenizer.encode_ids(texts) == expected
    assert tokenizer.encode_ids([]) == []


def test_ids_and_tokens_are_those_of_the_reference(
    tokenizer: Tokenizer, reference: BertTokenizer, vocabulary: list[str]
) -> None:
    assert tokenizer.vocab_size == len(vocabulary) == len(reference)
    assert [tokenizer.id_to_token(id) for id in range(len(vocabulary))] == vocabulary
    assert all(tokenizer.token_to_id(token) == id for id, token in enumerate(vocabulary))
    ours = [getattr(tokenizer, f"{name}_id") for name in ("unk", "sep", "pad", "cls", "mask")]
    theirs = [
        getattr(reference, f"{name}_token_id") for name in ("unk", "sep", "pad", "cls", "mask")
    ]
    assert ours == theirs
    assert tokenizer.special_ids == set(theirs)


def test_unknown_tokens_and_ids(tokenizer: Tokenizer) -> None:
    assert tokenizer.token_to_id("embeddings") is None
    for id in (-1, tokenizer.vocab_size):
        with pytest.raises(ValueError, match=f"id {id}; ids go from 0 to 30521"):
            tokenizer.id_to_token(id)
        with pytest.raises(ValueError, match=f"id {id};"):
            tokenizer.decode([id])
