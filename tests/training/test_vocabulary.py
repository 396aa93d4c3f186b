"""A vocabulary from a text, and the entropy of its tokens."""

import math

import pytest

from bert_core.data.documents import Document
from bert_core.data.sentence_pairs import TokenisedDocument
from bert_core.training.vocabulary import small_tokenizer, unigram_entropy
from tests.training.toy import SENTENCES, toy_documents
from tests.training.toy import unigram_entropy as toy_entropy

TEXT = [Document("toy/1", "toy", SENTENCES * 5)]


def test_a_small_vocabulary_covers_its_text_and_is_the_same_every_time() -> None:
    tokenizer = small_tokenizer(TEXT, 90)
    assert tokenizer.vocab_size <= 90 and tokenizer.pad_id == 0
    assert tokenizer.encode("the river flows").tokens[1:-1] == ("the", "river", "flows")
    ids = tokenizer.encode_ids(list(SENTENCES))
    assert not any(tokenizer.unk_id in sentence for sentence in ids)
    assert small_tokenizer(TEXT, 90).digest == tokenizer.digest


@pytest.mark.parametrize(("text", "size"), [(TEXT, 5), ([Document("a/1", "a", ())], 100)])
def test_a_vocabulary_of_nothing_is_refused(text: list[Document], size: int) -> None:
    with pytest.raises(ValueError, match="must be above 5|text is empty"):
        small_tokenizer(text, size)


def test_the_entropy_is_that_of_the_token_frequencies() -> None:
    half = [TokenisedDocument("a", ((7, 7, 9, 9), (7, 9)))]
    assert unigram_entropy(half, 10) == pytest.approx(math.log(2))
    assert unigram_entropy(toy_documents(4), 26) == pytest.approx(toy_entropy())
