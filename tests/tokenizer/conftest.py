"""The tokenizer of the bundled model and its two references, shared: none may be left changed."""

from __future__ import annotations

import pytest
from transformers import BertTokenizer
from transformers.models.bert.tokenization_bert_legacy import BertTokenizerLegacy

from bert_core.tokenizer import Tokenizer
from tests.tokenizer.samples import MODEL

pytest.register_assert_rewrite("tests.tokenizer.agreement")


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_folder(MODEL)


@pytest.fixture(scope="session")
def vocabulary() -> list[str]:
    return (MODEL / "vocab.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")


@pytest.fixture(scope="session")
def reference(vocabulary: list[str]) -> BertTokenizer:
    return BertTokenizer(vocab={token: id for id, token in enumerate(vocabulary)})


@pytest.fixture(scope="session")
def legacy() -> BertTokenizerLegacy:
    return BertTokenizerLegacy(str(MODEL / "vocab.txt"))
