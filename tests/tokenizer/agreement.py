"""The comparison of an encoding with that of a tokenizer of `transformers`."""

from __future__ import annotations

from transformers import BertTokenizer

from bert_core.outputs import Encoding
from bert_core.tokenizer import Tokenizer


def assert_same(ours: Encoding, theirs: object) -> None:
    assert ours.tokens == tuple(theirs.tokens()), ours.text
    assert ours.ids == tuple(theirs["input_ids"])
    assert ours.offsets == tuple(theirs["offset_mapping"]), ours.text
    assert ours.word_ids == tuple(theirs.word_ids()), ours.text
    assert ours.segment_ids == tuple(theirs["token_type_ids"])


def assert_agree(tokenizer: Tokenizer, reference: BertTokenizer, texts: list[str]) -> None:
    for text in texts:
        theirs = reference(text, return_offsets_mapping=True)
        assert_same(tokenizer.encode(text, max_tokens=10**9), theirs)
