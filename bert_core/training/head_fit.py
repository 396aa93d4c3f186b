"""One task head in training: passes over examples, a look at held-out ones after each.

N = texts, C = classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bert_core.cancel import Asked, stop_if
from bert_core.model.task_head import TaskHead
from bert_core.outputs.task_heads import HeadEpoch
from bert_core.training.head_arguments import HeadArguments
from bert_core.training.head_body import STOPPED, Body, FrozenBody

CLIP = 1.0
"""Largest norm of the gradient."""


@contextmanager
def _threads(one: bool) -> Iterator[None]:
    """With `one`, a single thread: for small matrices several only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1 if one else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class HeadFit:
    """One head in training."""

    def __init__(
        self,
        body: Body,
        truths: Sequence[int],
        labels: tuple[str, ...],
        arguments: HeadArguments,
        cancelled: Asked,
    ) -> None:
        self.body, self.arguments, self.cancelled = body, arguments, cancelled
        self.truths = torch.tensor(truths)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(arguments.seed)
            head = TaskHead(body.hidden, len(labels), arguments.pooled, arguments.dropout)
        self.head = head.to(body.device)

    def run(
        self, train: Sequence[int], test: Sequence[int], told: Callable[[float], None]
    ) -> list[HeadEpoch]:
        """Learn from these examples, and look at those after every pass."""
        arguments, rng = self.arguments, np.random.default_rng(self.arguments.seed)
        self.body.begin(self.head, train)
        passes = arguments.passes(len(train))
        steps = passes * math.ceil(len(train) / arguments.batch)
        optimizer = self._optimizer()
        done, curve = 0, []
        with torch.random.fork_rng(devices=[]), _threads(isinstance(self.body, FrozenBody)):
            torch.manual_seed(arguments.seed)
            for epoch in range(1, passes + 1):
                order = rng.permutation(np.asarray(train)).tolist()
                total = 0.0
                for start in range(0, len(order), arguments.batch):
                    stop_if(self.cancelled, STOPPED)
                    chosen = order[start : start + arguments.batch]
                    done += 1
                    total += self._step(optimizer, chosen, done / (steps + 1)) * len(chosen)
                    told(done / steps)
                if not math.isfinite(total):
                    raise ValueError(
                        f"the loss is no number any more in pass {epoch}; lower the learning rate "
                        f"(it is {arguments.rate:g})"
                    )
                curve.append(self._look(epoch, total / len(order), test))
        return curve

    def _optimizer(self) -> torch.optim.Optimizer:
        decay = self.arguments.weight_decay
        groups = [{"params": list(self.head.parameters()), "peak": self.arguments.rate}]
        if own := self.body.parameters():
            groups.append({"params": own, "peak": self.arguments.encoder_rate})
        return torch.optim.AdamW(groups, lr=self.arguments.rate, weight_decay=decay)

    def _step(
        self, optimizer: torch.optim.Optimizer, chosen: list[int], progress: float
    ) -> float:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * self.arguments.rate_factor(progress)
        self.head.train()
        logits = self.body.logits(self.head, chosen, training=True)
        loss = F.cross_entropy(logits, self.truths[chosen].to(logits.device))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        learning = [one for group in optimizer.param_groups for one in group["params"]]
        torch.nn.utils.clip_grad_norm_(learning, CLIP)
        optimizer.step()
        return loss.item()

    def _look(self, epoch: int, loss: float, test: Sequence[int]) -> HeadEpoch:
        if not test:
            return HeadEpoch(epoch, loss, math.nan, math.nan)
        logits, truths = self.answers(test), self.truths[list(test)]
        right = float((logits.argmax(dim=1) == truths).float().mean())
        return HeadEpoch(epoch, loss, float(F.cross_entropy(logits, truths)), right)

    def answers(self, chosen: Sequence[int]) -> Tensor:
        """Logits (N, C) for these texts."""
        self.head.eval()
        found = []
        with torch.no_grad():
            for start in range(0, len(chosen), 4 * self.arguments.batch):
                stop_if(self.cancelled, STOPPED)
                some = list(chosen[start : start + 4 * self.arguments.batch])
                found.append(self.body.logits(self.head, some, training=False).float().cpu())
        return torch.cat(found) if found else torch.zeros(0, self.head.classifier.out_features)

    def finish(self) -> dict[str, Tensor]:
        """All tensors that learned, rounded to float16, in which they are saved."""
        own = self.body.finish(self.head)
        own |= {f"task.{name}": tensor for name, tensor in self.head.state_dict().items()}
        return {name: tensor.detach().cpu().half().float() for name, tensor in own.items()}
