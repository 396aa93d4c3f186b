"""A batch in parts: how many, and which of them the processes do not average yet."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch

from bert_core.training.engine import Engine, SeveralProcesses
from bert_core.training.loop import Trainer
from bert_core.training.objectives import MaskedTensors, Pretraining
from bert_core.training.start import from_scratch
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer
from tests.training.test_engine import batch
from tests.training.toy import toy_arguments, toy_documents


@pytest.mark.parametrize(("ours", "launcher"), [(1, 3), (3, 1), (1, 1)])
def test_the_launcher_may_ask_for_it_and_the_last_part_alone_is_averaged(
    ours: int, launcher: int
) -> None:
    said: list[str] = []

    class Watched(SeveralProcesses):
        def __init__(self) -> None:
            Engine.__init__(self)
            self._accelerator = SimpleNamespace(  # type: ignore[assignment]
                gradient_accumulation_steps=launcher,
                no_sync=lambda losses: said.append("alone") or nullcontext(),
            )

        def learn_part(
            self, losses: torch.nn.Module, part: MaskedTensors, counts: tuple[int, int]
        ) -> tuple[float, float]:
            said.append(f"{len(part.ids)} rows")
            return super().learn_part(losses, part, counts)

    model, whole = random_model(tiny_config(), seed=8).requires_grad_(True), batch()
    Watched().learn(Pretraining(model), whole, whole.counts, ours)
    in_parts = ["alone", "3 rows", "alone", "2 rows", "2 rows"]
    assert said == (in_parts if max(ours, launcher) == 3 else ["7 rows"])


def test_a_run_learns_in_as_many_parts_as_it_is_told() -> None:
    asked: list[int] = []

    class Watched(Engine):
        def learn(self, *given: object) -> tuple[float, float]:
            asked.append(given[3])  # type: ignore[arg-type]
            return super().learn(*given)  # type: ignore[arg-type]

    Trainer(
        from_scratch(tiny_config(), 1), tiny_tokenizer(), toy_documents(),
        toy_arguments(tokens=500, accumulate=4), engine=Watched(),
    ).run()  # fmt: skip
    assert asked and set(asked) == {4}
