"""The shape of a model: its limits, its files and its presets."""

import dataclasses
import json
from typing import Any

import pytest

from bert_core.config import PRESETS, BertConfig


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocab_size": 0}, "vocab_size is 0; it must be a whole number of 1 or more"),
        ({"hidden_size": -768}, "hidden_size is -768; it must be a whole number"),
        ({"num_hidden_layers": 2.0}, r"num_hidden_layers is 2\.0; it must be a whole number"),
        ({"intermediate_size": "3072"}, "intermediate_size is '3072'; it must be a whole number"),
        ({"type_vocab_size": True}, "type_vocab_size is True; it must be a whole number"),
        ({"max_position_embeddings": None}, "max_position_embeddings is None"),
        ({"num_attention_heads": 7}, "hidden_size 768 cannot be split evenly over 7"),
        ({"hidden_act": "swish"}, "hidden_act is 'swish'; it must be one of gelu, gelu_new, relu"),
        ({"hidden_act": None}, "hidden_act is None; it must be one of"),
        ({"hidden_dropout_prob": 1.0}, r"hidden_dropout_prob is 1\.0; it must be from 0 up to"),
        ({"hidden_dropout_prob": "0.1"}, "hidden_dropout_prob is '0.1'"),
        ({"attention_probs_dropout_prob": -0.1}, r"attention_probs_dropout_prob is -0\.1"),
        ({"pad_token_id": 30_522}, "pad_token_id is 30522; it must be from 0 to 30521"),
        ({"pad_token_id": -1}, "pad_token_id is -1; it must be from 0"),
    ],
)
def test_what_is_out_of_range_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        BertConfig(**changes)
    with pytest.raises(ValueError, match=f"^{message}"):
        BertConfig.from_dict(changes)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model_type": "roberta"}, "model_type is 'roberta'; only 'bert'"),
        ({"model_type": None}, "model_type is None; only 'bert'"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type is 'relative_key'"),
        ({"is_decoder": True}, "is_decoder is true; only encoders"),
    ],
)
def test_another_architecture_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        BertConfig.from_dict(values)


def test_a_config_comes_back_from_its_file() -> None:
    config = BertConfig(
        vocab_size=100,
        hidden_size=20,
        num_hidden_layers=3,
        num_attention_heads=5,
        intermediate_size=30,
        hidden_act="relu",
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.3,
        max_position_embeddings=77,
        type_vocab_size=1,
        layer_norm_eps=1e-7,
        initializer_range=0.5,
        pad_token_id=9,
    )
    defaults = dataclasses.asdict(BertConfig())
    changed = dataclasses.asdict(config)
    assert all(changed[name] != defaults[name] for name in defaults), "all fields are put to test"
    values = json.loads(json.dumps(config.to_dict()))
    assert values["model_type"] == "bert" and values["position_embedding_type"] == "absolute"
    assert BertConfig.from_dict(values) == config
    assert BertConfig.from_dict({**values, "transformers_version": "9", "other": []}) == config
    assert config.head_size == 4


def test_a_config_cannot_be_changed_or_given_in_order() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        BertConfig().hidden_size = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        BertConfig(100)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "layers", "hidden", "heads", "intermediate", "head_size"),
    [
        ("tiny", 2, 128, 2, 512, 64),
        ("bundled", 6, 384, 12, 1_536, 32),
        ("base", 12, 768, 12, 3_072, 64),
        ("large", 24, 1_024, 16, 4_096, 64),
    ],
)
def test_presets_have_their_shape(
    name: str, layers: int, hidden: int, heads: int, intermediate: int, head_size: int
) -> None:
    config = PRESETS[name]
    assert (config.num_hidden_layers, config.hidden_size) == (layers, hidden)
    assert (config.num_attention_heads, config.intermediate_size) == (heads, intermediate)
    assert config.head_size == head_size
    assert (config.vocab_size, config.max_position_embeddings, config.type_vocab_size) == (
        30_522,
        512,
        2,
    )


def test_base_is_bert_base_as_published_and_the_default() -> None:
    assert PRESETS["base"] == BertConfig()
    assert set(PRESETS) == {"tiny", "bundled", "base", "large"}
    base = BertConfig()
    assert (base.hidden_act, base.layer_norm_eps, base.pad_token_id) == ("gelu", 1e-12, 0)
    assert base.hidden_dropout_prob == base.attention_probs_dropout_prob == 0.1
