"""A head with random weights on a tiny encoder, for tests."""

import torch
from torch import Tensor

from bert_core.checkpoint.fingerprint import fingerprint
from bert_core.checkpoint.head_file import WHOLE, HeadFacts, LoadedHead, with_head
from bert_core.checkpoint.load import Checkpoint
from bert_core.model.task_head import Pooling
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer

LABELS = ("dry", "wet", "neither")


def encoder(seed: int = 31, **changes: int) -> Checkpoint:
    """A tiny checkpoint, its weights as float16 holds them."""
    model = random_model(tiny_config(**changes), seed).half().float().requires_grad_(False)
    return Checkpoint("tiny", model, tiny_tokenizer(), ())


def random_head(
    base: Checkpoint, pooling: Pooling = "cls", layers: int = 0, length: int = 20
) -> LoadedHead:
    """A head, and layers of its own where some were trained, all as float16 holds them."""
    hidden = base.model.config.hidden_size
    facts = HeadFacts("toy", LABELS, pooling, layers, length, hidden, fingerprint(base), {"a": 1})
    draw = torch.Generator().manual_seed(7)
    shapes = {
        "task.dense.weight": (hidden, hidden), "task.dense.bias": (hidden,),
        "task.classifier.weight": (len(LABELS), hidden), "task.classifier.bias": (len(LABELS),),
    }  # fmt: skip
    own: dict[str, Tensor] = {
        name: torch.randn(shape, generator=draw) for name, shape in shapes.items()
    }
    count = base.model.config.num_hidden_layers
    first = 0 if layers == WHOLE else count - layers
    for name, tensor in base.model.state_dict().items():
        trained = any(name.startswith(f"encoder.layers.{at}.") for at in range(first, count))
        if trained or (layers == WHOLE and name.startswith("embeddings.")):
            own[name] = tensor + 0.1 * torch.randn(tensor.shape, generator=draw)
    own = {name: tensor.half().float() for name, tensor in own.items()}
    return LoadedHead("toy", facts, with_head(base, facts, own))
