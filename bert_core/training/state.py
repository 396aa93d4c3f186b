"""What a stopped run needs to go on: weights, both moments of the optimizer, and how far it was.

Chance needs no state of its own: every batch and mask follows from the seed, the pass over the text
and the number of the batch in it, and dropout from the number of the step.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from bert_core.checkpoint.whole_folder import flush
from bert_core.model.bert import Bert
from bert_core.training.engine import Engine

_FILE = "training_state.safetensors"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")

Run = dict[str, str | int | float]
"""What a run was given: a name -> a value."""
SAME = ("text", "seed", "length", "batch_tokens", "short", "single")
"""What has to be the same for a run to go on where another stopped: else its batches would be
others."""


@dataclass(frozen=True)
class Reached:
    """How far a run is."""

    step: int = 0
    """Steps taken."""
    tokens: int = 0
    """Read in them, padding not counted."""
    epoch: int = 0
    """The pass over the text, from 0."""
    batch: int = 0
    """Batches read of it."""


def state_tensors(
    model: Bert, optimizer: torch.optim.AdamW, engine: Engine | None = None
) -> dict[str, Tensor]:
    """Weights and moments, whole; all processes have to ask."""
    whole = (engine or Engine()).whole
    tensors: dict[str, Tensor] = {}
    for name, parameter in model.named_parameters():
        tensors[f"weight/{name}"] = whole(parameter.detach())
        for moment in _MOMENTS:
            tensors[f"{moment}/{name}"] = whole(optimizer.state[parameter][moment])
    return tensors


def save_state(
    folder: Path, tensors: dict[str, Tensor], reached: Reached, run: Run | None = None
) -> None:
    """Write the state under a temporary name, flush it to the disk, then rename it.

    Args:
        folder: made if it is not there.
        tensors: from `state_tensors`.
        reached: see `Reached`.
        run: see `Run`.

    Raises:
        OSError: when it cannot be written; the state of before is then still there.
    """
    said = {"reached": json.dumps(asdict(reached)), "run": json.dumps(run or {})}
    temporary = folder / f"{_FILE}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(tensors, temporary, metadata=said)
        flush(temporary)
        temporary.replace(folder / _FILE)
        flush(folder)
    except (OSError, SafetensorError) as error:
        temporary.unlink(missing_ok=True)
        kept = saved_step(folder)
        before = "there is none of before" if kept is None else f"that of step {kept:,} is kept"
        raise OSError(
            f"the state of step {reached.step:,} could not be written to '{folder}' ({error}); "
            f"{before}"
        ) from error


def load_state(
    folder: Path,
    model: Bert,
    optimizer: torch.optim.AdamW,
    run: Run | None = None,
    engine: Engine | None = None,
) -> tuple[Reached, list[str]] | None:
    """Put the saved state into the model and the optimizer; None without one.

    Returns:
        How far it was, and what of `run` is another, in words.

    Raises:
        ValueError: when the state cannot be read, is that of another model, or of a run that
            differs from `run` in what has to be the same.
    """
    path, own_part = folder / _FILE, (engine or Engine()).own_part
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            reached, before = _said(file)
            changes = _changes(path, before, run or {})
            _check_shapes(path, model, {name: file.get_slice(name) for name in file.keys()})
            for name, parameter in model.named_parameters():
                with torch.no_grad():
                    parameter.copy_(own_part(file.get_tensor(f"weight/{name}"), parameter))
                optimizer.state[parameter] = {
                    moment: own_part(file.get_tensor(f"{moment}/{name}"), parameter)
                    for moment in _MOMENTS
                }
    except (SafetensorError, KeyError) as error:
        raise ValueError(
            f"'{path}' is not a whole state to go on from ({error}); --anew begins anew"
        ) from error
    return reached, changes


def saved_step(folder: Path) -> int | None:
    """The step of the state in `folder`; None where there is none that can be read."""
    saved = saved_run(folder)
    return None if saved is None else saved[0].step


def saved_run(folder: Path) -> tuple[Reached, Run] | None:
    """How far the state in `folder` is, and what its run was given; None as for `saved_step`."""
    try:
        with safe_open(folder / _FILE, framework="pt") as file:
            return _said(file)
    except (OSError, SafetensorError, KeyError):
        return None


def _said(file: Any) -> tuple[Reached, Run]:
    said: dict[str, str] = file.metadata() or {}
    return Reached(**json.loads(said["reached"])), json.loads(said["run"])


def _changes(path: Path, old: Run, new: Run) -> list[str]:
    changed = [name for name, value in old.items() if name in new and new[name] != value]
    for name in changed:
        if name in SAME:
            raise ValueError(
                f"'{path}' is the state of a run whose {name} was {old[name]}; now it is "
                f"{new[name]}. Give the same, choose another --work, or begin anew with --anew"
            )
    return [f"{name} was {old[name]}, and is {new[name]} from here on" for name in changed]


def _check_shapes(path: Path, model: Bert, slices: dict[str, object]) -> None:
    wanted = {f"weight/{name}": list(part.shape) for name, part in model.named_parameters()}
    found = {
        name: part.get_shape()  # type: ignore[attr-defined]
        for name, part in slices.items()
        if name.startswith("weight/")
    }
    if wanted != found:
        raise ValueError(
            f"'{path}' is the state of a model of another shape; start with the same model, choose "
            "another --work, or begin anew with --anew"
        )
