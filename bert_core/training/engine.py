"""One process or several: what the loop asks of what it runs on.

Several are started by `accelerate launch` (GPUs, nodes) or `torchrun` (processors), which tell
every process its number by environment variables; Hugging Face's `accelerate` does the rest. Each
process makes the same batch and takes every so many-th row of it, so that no row is read twice or
left out; gradients are averaged. Each holds the whole model (DDP), or with `--use_fsdp` a part of
every weight, gradient and moment (FSDP2, `torch.distributed.fsdp.fully_shard`). One process on a
processor parts its batch in the same way among two threads.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from threading import Barrier

import torch
from torch import Tensor, nn

from bert_core.model.bert import Bert
from bert_core.model.encoder import EncoderLayer
from bert_core.model.precision import products_in
from bert_core.training.objectives import MaskedTensors

MOST_MAKERS = 8
HALVES = 2
"""Each needs memory for gradients of all weights."""


class Engine:
    """One process on one device.

    Args:
        device: the processor when left out.
        precision: of the products, 'auto', 'bfloat16' or 'float32'.
    """

    rank = 0
    """The number of this process, from 0; the first saves and reports."""
    processes = 1

    def __init__(self, device: torch.device | None = None, precision: str = "auto") -> None:
        self.device, self.precision = device or torch.device("cpu"), precision

    @property
    def makers(self) -> int:
        """How many processes make batches ahead; 0 where the processor is what learns, too."""
        cores = os.cpu_count() or 1
        return 0 if self.device.type == "cpu" else min(MOST_MAKERS, cores - 1)

    def prepare(self, model: nn.Module) -> nn.Module:
        """The model as it is called in a step, moved to its device."""
        return model.to(self.device)

    def products(self) -> torch.autocast:
        """Entered where losses are worked out: autocast to the precision."""
        return products_in(self.precision, self.device)

    def learn(
        self, losses: nn.Module, batch: MaskedTensors, counts: tuple[int, int], parts: int = 1
    ) -> tuple[float, float]:
        """Work out the gradients of both losses' sum; the losses.

        Args:
            losses: a prepared `Pretraining`, whose parameters have no gradients yet.
            batch: the part of this process.
            counts: of the whole batch.
            parts: in how many the batch is learned, one after the other; their gradients are
                summed.
        """
        said = [0.0, 0.0]
        for number in range(parts):
            with self.alone(losses) if number + 1 < parts else nullcontext():
                own = self.learn_part(losses, batch.part(number, parts), counts)
            said = [before + loss for before, loss in zip(said, own, strict=True)]
        return said[0], said[1]

    def learn_part(
        self, losses: nn.Module, part: MaskedTensors, counts: tuple[int, int]
    ) -> tuple[float, float]:
        """Add the gradients of a part of the batch; its share of the losses."""
        with self.products():
            mlm, nsp = losses(part, counts)
        torch.autograd.backward(self.processes * (mlm + nsp))  # they are averaged then
        return mlm.item(), nsp.item()

    def alone(self, losses: nn.Module) -> AbstractContextManager[None]:
        """Entered where gradients of several processes need not be averaged yet."""
        return nullcontext()

    def whole(self, tensor: Tensor) -> Tensor:
        """A weight, its gradient or moment with the parts of all processes, which all have to ask.

        It shares memory with `tensor` where that is whole already.
        """
        return tensor

    def own_part(self, whole: Tensor, parameter: Tensor) -> Tensor:
        """Of a tensor in the shape of a parameter, what this process holds, on its device."""
        return whole.to(parameter.device)

    def whole_model(self, model: Bert) -> Bert:
        """A model that can be saved; all processes have to ask."""
        return model

    def total(self, values: Sequence[float]) -> list[float]:
        """Each value summed over all processes."""
        return list(values)

    def any_of(self, said: bool) -> bool:
        """Whether any process said so."""
        return self.total([float(said)])[0] > 0

    def wait(self) -> None:
        """Go on when all processes are here."""


class InHalves(Engine):
    """One process that learns the halves of a batch side by side, on a thread each.

    Threads that share the work of every operation wait for each other at the end of every one;
    these meet once a step. Dropout draws from one source, in the order of the calls, which then
    changes from run to run: not for a model with dropout.
    """

    def __init__(self, precision: str = "auto") -> None:
        super().__init__(precision=precision)
        threads = torch.get_num_threads()
        begun = Barrier(HALVES)

        def begin(_: int) -> None:
            torch.get_num_threads()  # sets what a new thread has; later, it would do so again
            torch.set_num_threads(max(1, threads // HALVES))  # of this thread
            begun.wait()

        self._pool = ThreadPoolExecutor(HALVES)
        list(self._pool.map(begin, range(HALVES)))
        torch.set_num_threads(threads)  # for those that are made later

    def learn_part(
        self, losses: nn.Module, part: MaskedTensors, counts: tuple[int, int]
    ) -> tuple[float, float]:
        parameters = list(losses.parameters())

        def half(number: int) -> tuple[float, float, tuple[Tensor, ...]]:
            with self.products():
                mlm, nsp = losses(part.part(number, HALVES), counts)
            return mlm.item(), nsp.item(), torch.autograd.grad(mlm + nsp, parameters)

        first, second = self._pool.map(half, range(HALVES))
        for parameter, one, other in zip(parameters, first[2], second[2], strict=True):
            before, both = parameter.grad, one.add_(other)
            parameter.grad = both if before is None else before.add_(both)
        return first[0] + second[0], first[1] + second[1]


class SeveralProcesses(Engine):
    """One of several, each with the whole model; the gradients of all are averaged (DDP)."""

    def __init__(self, device: torch.device | None = None, precision: str = "auto") -> None:
        from accelerate import Accelerator

        on_processor = not torch.cuda.is_available() or (device and device.type == "cpu")
        self._accelerator = Accelerator(cpu=bool(on_processor))
        super().__init__(self._accelerator.device, precision)
        self.rank = self._accelerator.process_index
        self.processes = self._accelerator.num_processes

    def prepare(self, model: nn.Module) -> nn.Module:
        prepared: nn.Module = self._accelerator.prepare(model)
        return prepared

    def learn(
        self, losses: nn.Module, batch: MaskedTensors, counts: tuple[int, int], parts: int = 1
    ) -> tuple[float, float]:
        asked = self._accelerator.gradient_accumulation_steps
        return super().learn(losses, batch, counts, max(parts, asked))

    def alone(self, losses: nn.Module) -> AbstractContextManager[None]:
        context: AbstractContextManager[None] = self._accelerator.no_sync(losses)
        return context

    def total(self, values: Sequence[float]) -> list[float]:
        own = torch.tensor(values, dtype=torch.float64, device=self.device)
        summed: list[float] = self._accelerator.reduce(own, "sum").tolist()
        return summed

    def wait(self) -> None:
        self._accelerator.wait_for_everyone()


class Sharded(SeveralProcesses):
    """One of several, each with a part of every weight of the model (FSDP2)."""

    def prepare(self, model: nn.Module) -> nn.Module:
        from torch.distributed.fsdp import fully_shard

        model.to(self.device)
        for layer in [part for part in model.modules() if isinstance(part, EncoderLayer)]:
            fully_shard(layer)
        for body in [part for part in model.modules() if isinstance(part, Bert)]:
            fully_shard(body, reshard_after_forward=False)  # its heads are called after it
        return model

    def whole(self, tensor: Tensor) -> Tensor:
        from torch.distributed.tensor import DTensor

        return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor

    def own_part(self, whole: Tensor, parameter: Tensor) -> Tensor:
        from torch.distributed.tensor import DTensor, distribute_tensor

        there = super().own_part(whole, parameter)
        if not isinstance(parameter, DTensor) or whole.ndim != parameter.ndim:  # a count of steps
            return there
        return distribute_tensor(there, parameter.device_mesh, parameter.placements)

    def whole_model(self, model: Bert) -> Bert:
        weights = {name: self.whole(part).detach() for name, part in model.state_dict().items()}
        found = Bert(model.config, model.heads)
        found.load_state_dict(weights)
        return found.eval()


def find_engine(
    device: torch.device | None = None, dropout: float = 0.0, precision: str = "auto"
) -> Engine:
    """The engine that this process was started for.

    Args:
        device: for one process, the processor when left out; several have one GPU each, if any,
            unless it is the processor.
        dropout: of the training.
        precision: of the products; `accelerate launch --mixed_precision bf16` asks for bfloat16.

    Raises:
        ValueError: for another mixed precision.
    """
    mixed = os.environ.get("ACCELERATE_MIXED_PRECISION", "no")
    if mixed not in ("no", "bf16"):
        raise ValueError(f"mixed precision {mixed} is not offered; give --mixed_precision bf16")
    if mixed == "bf16":
        precision = "bfloat16"
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        sharded = os.environ.get("ACCELERATE_USE_FSDP", "false").lower() == "true"
        return (Sharded if sharded else SeveralProcesses)(device, precision)
    on_processor = device is None or device.type == "cpu"
    alone = not on_processor or dropout > 0 or torch.get_num_threads() < HALVES
    return Engine(device, precision) if alone else InHalves(precision)
