"""Training learns, repeats itself bit for bit, and goes on where it was stopped."""

import copy
import dataclasses
import json
import math
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.random import Generator
from torch import Tensor

from bert_core.data.batching import RowBatch
from bert_core.data.sentence_pairs import TokenisedDocument
from bert_core.model.bert import Bert
from bert_core.tokenizer import Tokenizer
from bert_core.training import loop
from bert_core.training.arguments import TrainingArguments
from bert_core.training.logs import log_to
from bert_core.training.loop import Trainer, set_dropout
from bert_core.training.objectives import MaskedRows, mask_rows
from bert_core.training.progress import Progress
from bert_core.training.sense_contrast import SenseBatches
from bert_core.training.start import from_scratch
from tests.model.tiny import tiny_config, tiny_tokenizer
from tests.training.toy import toy_arguments, toy_documents, unigram_entropy


class Stopped(Exception):
    """Somebody pulled the plug."""


def trained(
    arguments: TrainingArguments,
    folder: Path | None = None,
    stop_at: int | None = None,
    resume: bool = False,
    model_seed: int = 1,
) -> tuple[Bert, list[Progress]]:
    """A tiny model after a run, and its log; a run that is stopped raises."""
    lines: list[Progress] = []

    def note(progress: Progress) -> None:
        lines.append(progress)
        if progress.step == stop_at:
            raise Stopped

    model = from_scratch(tiny_config(), model_seed)
    Trainer(model, tiny_tokenizer(), toy_documents(), arguments, folder, note).run(resume)
    return model, lines


def same(first: Bert, second: Bert) -> bool:
    return all(map(torch.equal, first.state_dict().values(), second.state_dict().values()))


def test_a_tiny_model_learns_the_words_and_the_pairs() -> None:
    arguments = toy_arguments(
        tokens=250_000, batch_tokens=1_024, length=24, body_rate=1e-2, head_rate=1e-2, seed=2
    )
    model, lines = trained(arguments)
    last = lines[-10:]
    assert lines[0].mlm_loss > unigram_entropy()
    assert sum(line.mlm_loss for line in last) / 10 < 0.25 * unigram_entropy()
    assert sum(line.nsp_loss for line in last) / 10 < 0.7 * math.log(2)
    assert not model.training


def test_the_log_counts_steps_tokens_and_rate(tmp_path: Path) -> None:
    arguments = toy_arguments(log_every=4)
    _, lines = trained(arguments)
    assert [line.step for line in lines[:-1]] == [4 * (at + 1) for at in range(len(lines) - 1)]
    assert len(lines) > 2 and lines[-1].tokens >= 4_000, "the last steps are told too"
    for line in lines:
        assert 0 < line.tokens <= line.step * 256
        assert line.rate_factor == arguments.rate_factor(line.tokens / 4_000)
        assert line.tokens_per_second > 0 and line.seconds_left >= 0
    assert f"step {lines[0].step}" in lines[0].line()
    write = log_to(tmp_path / "log.jsonl")
    for line in lines:
        write(line)
    written = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["mlm_loss"] for line in written] == [line.mlm_loss for line in lines]


def test_a_run_ends_when_its_tokens_are_read() -> None:
    _, lines = trained(toy_arguments(tokens=1_000))
    assert lines[-2].tokens < 1_000 <= lines[-1].tokens < 1_000 + 256


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_the_same_seed_gives_the_same_weights(dropout: float) -> None:
    first, _ = trained(toy_arguments(dropout=dropout, tokens=1_500))
    torch.manual_seed(123)
    second, _ = trained(toy_arguments(dropout=dropout, tokens=1_500))
    other, _ = trained(toy_arguments(dropout=dropout, tokens=1_500, seed=7))
    assert same(first, second) and not same(first, other)


@pytest.mark.parametrize("dropout", [0.0, 0.2])
@pytest.mark.parametrize("stop_at", [2, 4, 13])
def test_a_resumed_run_ends_in_the_very_same_weights(
    dropout: float, stop_at: int, tmp_path: Path
) -> None:
    """Stopped before the first state, soon after it, and in the second pass over the text."""
    arguments = toy_arguments(dropout=dropout)
    expected, log = trained(arguments)
    with pytest.raises(Stopped):
        trained(arguments, tmp_path, stop_at)
    # The initial weights of the second process are of no account once there is a state.
    seed = 1 if stop_at < arguments.save_every else 99
    resumed, rest = trained(arguments, tmp_path, resume=True, model_seed=seed)
    assert rest[0].step == stop_at // 3 * 3 + (1 if stop_at % 3 else -2)
    assert [line.mlm_loss for line in rest] == [line.mlm_loss for line in log][-len(rest) :]
    assert rest[-1].tokens == log[-1].tokens
    assert same(resumed, expected)


def test_every_step_masks_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[float] = []

    def watched(batch: RowBatch, tokenizer: Tokenizer, rng: Generator, *rest: Any) -> MaskedRows:
        drawn.append(copy.deepcopy(rng).random())
        return mask_rows(batch, tokenizer, rng, *rest)

    monkeypatch.setattr("bert_core.training.loop.mask_rows", watched)
    _, lines = trained(toy_arguments(tokens=1_500))
    assert len(set(drawn)) == len(drawn) == len(lines) > 3
    trained(toy_arguments(tokens=1_500))
    assert drawn[: len(lines)] == drawn[len(lines) :]


def test_without_resume_a_saved_state_is_left_aside(tmp_path: Path) -> None:
    expected, _ = trained(toy_arguments(tokens=1_500))
    with pytest.raises(Stopped):
        trained(toy_arguments(tokens=1_500), tmp_path, stop_at=4)
    again, lines = trained(toy_arguments(tokens=1_500), tmp_path)
    assert lines[0].step == 1 and same(again, expected)


def test_a_loss_that_is_no_number_stops_the_run() -> None:
    model = from_scratch(tiny_config(), 1)
    assert model.nsp is not None
    with torch.no_grad():
        model.nsp.classifier.bias[0] = torch.nan
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    trainer = Trainer(model, tiny_tokenizer(), toy_documents(), toy_arguments())
    with pytest.raises(ValueError, match="no longer a number at step 0; lower the learning rate"):
        trainer.run()
    for name, weight in model.state_dict().items():
        assert torch.equal(weight.nan_to_num(5), before[name].nan_to_num(5)), name


def test_text_is_needed() -> None:
    model = from_scratch(tiny_config(), 1)
    for documents in ([], [type(toy_documents()[0])("toy", ())]):
        with pytest.raises(ValueError, match="the training text is empty"):
            Trainer(model, tiny_tokenizer(), documents, toy_arguments())


def test_text_without_a_word_of_the_vocabulary_is_named() -> None:
    unknown = tiny_tokenizer().unk_id
    document = TokenisedDocument("toy", ((unknown, unknown), (unknown,)))
    with pytest.raises(ValueError, match="no word of the training text is in the vocabulary"):
        Trainer(from_scratch(tiny_config(), 1), tiny_tokenizer(), [document], toy_arguments())


def test_a_batch_without_a_word_costs_nothing_and_stops_nothing() -> None:
    tokenizer, known = tiny_tokenizer(), toy_documents(1)
    unknown = TokenisedDocument("toy", ((tokenizer.unk_id,) * 30,) * 40)
    model = from_scratch(tiny_config(), 1)
    lines: list[Progress] = []
    Trainer(model, tokenizer, [*known, unknown], toy_arguments(), on_progress=lines.append).run()
    assert lines and all(math.isfinite(line.mlm_loss) for line in lines)


def test_memory_is_put_in_order_where_the_shape_of_the_batches_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = from_scratch(tiny_config(), 1).train()
    trainer = Trainer(model, tiny_tokenizer(), toy_documents(), toy_arguments())
    long, short = (
        MaskedRows(np.full((2, width), 7), np.zeros((2, width), int), None, np.array([1]),
                   np.array([8]), np.array([0, 1]), 2 * width)
        for width in (9, 5)
    )  # fmt: skip
    shared = dataclasses.replace(long, rows=np.arange(18).reshape(2, 9) % 9 // 5,
                                 next_labels=np.array([0, 1, 1, 0]))  # fmt: skip
    calls: list[int] = []
    monkeypatch.setattr(loop, "return_kept_memory", lambda: calls.append(at))
    for at, batch in enumerate((long, long, short, short, long, shared, long, long)):  # noqa: B007
        trainer._train_on(batch)
    assert calls == [0, 2, 4, 6]

    def contrasted(model: Bert, batch: object, weight: float) -> Tensor:
        return sum((part.sum() for part in model.parameters()), torch.zeros(()))

    class Drawing:
        def draw(self, rng: object) -> None: ...

    calls.clear()
    monkeypatch.setattr(loop, "sense_loss", contrasted)
    trainer.senses = cast(SenseBatches, Drawing())
    trainer.arguments = dataclasses.replace(trainer.arguments, sense_weight=0.1)
    for at in range(3):  # noqa: B007
        trainer._train_on(long)
    assert calls == [1, 2], "its batches have another shape each time"


def test_dropout_is_that_of_the_arguments() -> None:
    model = from_scratch(tiny_config(), 1)
    set_dropout(model, 0.25)
    found = [module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)]
    assert found == [0.25] * (1 + 2 * 2)


@pytest.mark.parametrize(("asked", "of_embeddings"), [(0.0, 0.25), (0.0625, 0.0625)])
def test_each_part_learns_at_its_rate_and_matrices_alone_decay(
    asked: float, of_embeddings: float
) -> None:
    model = from_scratch(tiny_config(), 1)
    arguments = toy_arguments(
        body_rate=0.25, head_rate=0.5, weight_decay=0.125, embedding_rate=asked
    )
    rates = {"embeddings": of_embeddings, "encoder": 0.25}
    optimizer = Trainer(model, tiny_tokenizer(), toy_documents(), arguments).optimizer
    settings = {
        id(weight): (group["peak"], group["weight_decay"])
        for group in optimizer.param_groups
        for weight in group["params"]
    }
    for name, weight in model.named_parameters():
        rate = rates.get(name.partition(".")[0], 0.5)
        expected = (rate, 0.125 if weight.ndim == 2 else 0.0)
        assert settings.pop(id(weight)) == expected, name
    assert not settings


def test_rows_are_of_the_kinds_asked_for() -> None:
    def kinds(**changes: float) -> tuple[int, int, float]:
        """Rows, those with a second part, and their mean length, of one pass."""
        trainer = Trainer(
            from_scratch(tiny_config(), 1), tiny_tokenizer(), toy_documents(),
            toy_arguments(**changes),
        )  # fmt: skip
        batches = [batch for _, _, batch in trainer._one_pass(0)]
        paired = sum(int((batch.next_labels >= 0).sum()) for batch in batches)
        rows = sum(len(batch.ids) for batch in batches)
        return rows, paired, sum(batch.tokens for batch in batches) / rows

    rows, paired, _ = kinds(single=0.0, short=0.0)
    assert paired > 0.8 * rows, "but for last sentences, which nothing follows"
    assert kinds(single=1.0)[1] == 0
    assert kinds(single=1.0, short=1.0)[2] < 0.7 * kinds(single=1.0, short=0.0)[2]


def test_the_gradient_is_clipped_and_the_rate_follows_the_schedule() -> None:
    model = from_scratch(tiny_config(), 1)
    rates, norms = [], []
    trainer = Trainer(model, tiny_tokenizer(), toy_documents(), toy_arguments(clip=0.01))
    step = trainer.optimizer.step

    def watched() -> None:
        rates.append(trainer.optimizer.param_groups[0]["lr"])
        norms.append(sum(float(w.grad.norm() ** 2) for w in model.parameters()) ** 0.5)
        step()

    trainer.optimizer.step = watched  # type: ignore[method-assign, assignment]
    trainer.run()
    assert max(norms) <= 0.01001 and len(rates) > 10
    peak = rates.index(max(rates))
    assert rates[0] == 0 and rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] < 0.2 * rates[peak] and peak < len(rates) / 3
