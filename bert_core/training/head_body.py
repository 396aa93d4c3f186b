"""What a task head learns on: vectors worked out once, or layers that learn with it.

N = texts, B = batch, T = tokens, H = hidden size, C = classes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bert_core.cancel import Asked, stop_if
from bert_core.checkpoint.head_file import WHOLE
from bert_core.checkpoint.load import Checkpoint
from bert_core.model.padding import padded, padded_batches
from bert_core.model.precision import products_in
from bert_core.model.task_head import Pooling, TaskHead, pool
from bert_core.training.head_arguments import HeadArguments

MOST_TOKENS = 4_096
"""Tokens that go through the model together, padding included."""
SMALLEST_SPREAD = 1e-3
"""Vectors are divided by their standard deviation, and by no less than this."""
Told = Callable[[float], None]
"""Told the share that is done, from 0 to 1."""
STOPPED = "the training of the head was stopped"


class FrozenBody:
    """One vector a text from an encoder that stays as it is: worked out once, kept in memory."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        rows: Sequence[Sequence[int]],
        pooling: Pooling,
        told: Told,
        cancelled: Asked = None,
    ) -> None:
        config = checkpoint.model.config
        vectors = torch.zeros(len(rows), config.hidden_size)
        pad, device, done = checkpoint.tokenizer.pad_id, checkpoint.model.device, 0
        for chosen, ids, padding in padded_batches(rows, pad, MOST_TOKENS):
            stop_if(cancelled, STOPPED)
            gaps = None if padding is None else padding.to(device)
            with torch.inference_mode():
                last = checkpoint.model(ids.to(device), None, gaps).last
                vectors[chosen] = pool(last, gaps, pooling).float().cpu()
            done += len(chosen)
            told(done / len(rows))
        self.vectors = vectors  # (N, H)
        self.hidden, self.device = config.hidden_size, torch.device("cpu")

    def parameters(self) -> list[nn.Parameter]:
        """Nothing of the encoder learns."""
        return []

    def begin(self, head: TaskHead, train: Sequence[int]) -> None:
        """Scale the vectors by the mean and spread of the examples."""
        known = self.vectors[list(train)]
        self.mean = known.mean(dim=0)
        spread = known.std(dim=0, correction=0) if len(known) > 1 else torch.ones(self.hidden)
        self.spread = spread.clamp(min=SMALLEST_SPREAD)
        self.scaled = (self.vectors - self.mean) / self.spread

    def logits(self, head: TaskHead, chosen: Sequence[int], training: bool) -> Tensor:
        """(B, C) for the texts with these numbers."""
        return head.from_pooled(self.scaled[list(chosen)])

    def finish(self, head: TaskHead) -> dict[str, Tensor]:
        """The scale goes into the head's first layer, which then reads the vectors as they are."""
        with torch.no_grad():
            head.dense.weight.div_(self.spread)
            head.dense.bias.sub_(head.dense.weight @ self.mean)
        return {}


class TunedBody:
    """An encoder whose last layers learn, or all of it; what they read is kept in memory."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        rows: Sequence[Sequence[int]],
        arguments: HeadArguments,
        told: Told,
        cancelled: Asked = None,
    ) -> None:
        model, config = checkpoint.model, checkpoint.model.config
        self.rows, self.pad = rows, checkpoint.tokenizer.pad_id
        self.device, self.hidden = model.device, config.hidden_size
        whole = arguments.layers == WHOLE or arguments.layers > config.num_hidden_layers
        self.first = 0 if whole else config.num_hidden_layers - arguments.layers
        self.embeddings = copy.deepcopy(model.embeddings).float() if whole else None
        self.layers = copy.deepcopy(model.encoder.layers[self.first :]).float()
        for module in self._modules():
            module.requires_grad_(True)
        self.kept = [] if whole else self._read(checkpoint, told, cancelled)

    def _modules(self) -> list[nn.Module]:
        return [self.layers, *([self.embeddings] if self.embeddings is not None else [])]

    def _read(self, checkpoint: Checkpoint, told: Told, cancelled: Asked) -> list[Tensor]:
        """What goes into the first layer that learns: (T, H) for each text, in float16."""
        kept: list[Tensor] = [torch.empty(0)] * len(self.rows)
        done = 0
        for chosen, ids, padding in padded_batches(self.rows, self.pad, MOST_TOKENS):
            stop_if(cancelled, STOPPED)
            gaps = None if padding is None else padding.to(self.device)
            with torch.inference_mode(), self._fast():
                states = checkpoint.model(ids.to(self.device), None, gaps).hidden_states
            for at, row in zip(chosen, states[self.first], strict=True):
                kept[at] = row[: len(self.rows[at])].half().cpu()
            done += len(chosen)
            told(done / len(self.rows))
        return kept

    def _fast(self) -> torch.autocast:
        return products_in("auto", self.device)

    def parameters(self) -> list[nn.Parameter]:
        """What of the encoder learns."""
        return [one for module in self._modules() for one in module.parameters()]

    def begin(self, head: TaskHead, train: Sequence[int]) -> None:
        """Nothing to prepare."""

    def logits(self, head: TaskHead, chosen: Sequence[int], training: bool) -> Tensor:
        """(B, C) for the texts with these numbers."""
        ids, padding = padded([self.rows[at] for at in chosen], self.pad)
        gaps = None if padding is None else padding.to(self.device)
        keep = None if gaps is None else ~gaps[:, None, None, :]
        for module in self._modules():
            module.train(training)
        with self._fast():
            if self.embeddings is not None:
                ids = ids.to(self.device)
                hidden = self.embeddings(ids, torch.zeros_like(ids))
            else:
                width = ids.shape[1]
                hidden = torch.stack(
                    [F.pad(self.kept[at].float(), (0, 0, 0, width - len(self.kept[at])))
                     for at in chosen]
                ).to(self.device)  # fmt: skip
            read = None
            if head.pooling == "cls":  # nothing else is looked at
                read = torch.zeros(len(chosen), 1, dtype=torch.long, device=self.device)
            for layer in self.layers[:-1]:
                hidden, _ = layer(hidden, keep, False)
            hidden, _ = self.layers[-1](hidden, keep, False, read=read)
        logits: Tensor = head(hidden.float(), gaps)
        return logits

    def finish(self, head: TaskHead) -> dict[str, Tensor]:
        """The encoder's tensors that learned, by our names."""
        found = {f"encoder.layers.{self.first + int(name.partition('.')[0])}."
                 f"{name.partition('.')[2]}": tensor
                 for name, tensor in self.layers.state_dict().items()}  # fmt: skip
        if self.embeddings is not None:
            own = self.embeddings.state_dict()
            found |= {f"embeddings.{name}": tensor for name, tensor in own.items()}
        return found


Body = FrozenBody | TunedBody
