"""One tiny checkpoint on disk, as ours and as `transformers` opens it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import BertForMaskedLM, BertForNextSentencePrediction, BertModel

from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from bert_core.checkpoint.save import save_checkpoint
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer

POSITIONS = 64


@dataclass(frozen=True)
class Reference:
    """The models of `transformers` for the same files."""

    masked: BertForMaskedLM
    pairs: BertForNextSentencePrediction
    encoder: BertModel

    @torch.inference_mode()
    def probabilities(self, ids: Sequence[int], segments: Sequence[int] | None = None) -> Tensor:
        """Softmax of the masked-word logits at every place (tokens, vocabulary)."""
        parts = {"token_type_ids": torch.tensor([segments])} if segments is not None else {}
        logits: Tensor = self.masked(input_ids=torch.tensor([ids]), **parts).logits[0]
        return logits.softmax(-1)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with all heads in float32: no test may change it."""
    folder = tmp_path_factory.mktemp("analysis") / "tiny"
    model = random_model(tiny_config(max_position_embeddings=POSITIONS), seed=5)
    save_checkpoint(folder, model, tiny_tokenizer(), torch.float32)
    return folder


@pytest.fixture(scope="session")
def bert(tiny_folder: Path) -> Checkpoint:
    return load_checkpoint(tiny_folder, device="cpu")


@pytest.fixture(scope="session")
def reference(tiny_folder: Path) -> Reference:
    classes = (BertForMaskedLM, BertForNextSentencePrediction, BertModel)
    return Reference(*(one.from_pretrained(tiny_folder).eval() for one in classes))


@pytest.fixture(scope="session")
def without() -> Callable[..., Checkpoint]:
    """A checkpoint whose model has only the heads named."""

    def make(*heads: str) -> Checkpoint:
        model = random_model(tiny_config(), seed=6, heads=heads)
        return Checkpoint("bare", model, tiny_tokenizer(), ())

    return make


@pytest.fixture
def rigged(bert: Checkpoint) -> Callable[[Tensor], Checkpoint]:
    """The checkpoint with a masked-word head that answers these logits (V,) everywhere."""

    def make(logits: Tensor) -> Checkpoint:
        model = random_model(bert.model.config, seed=5)
        head = model.mlm
        assert head is not None
        head.forward = lambda hidden: logits.expand(*hidden.shape[:-1], -1)  # type: ignore[method-assign]
        return replace(bert, model=model)

    return make
