"""What the tests of the model share."""

import pytest

from bert_core.config import BertConfig
from bert_core.model.bert import Bert
from tests.model.tiny import random_model, tiny_config


@pytest.fixture(scope="module")
def config() -> BertConfig:
    return tiny_config()


@pytest.fixture(scope="module")
def model(config: BertConfig) -> Bert:
    """Shared by the tests of a file: none may leave it changed."""
    return random_model(config, seed=11)
