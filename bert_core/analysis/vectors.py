"""The vector of a word in its sentence, for many sentences: one word, many vectors.

B = batch, T = tokens, H = hidden size, L = layers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bert_core.analysis.encoding import as_array, as_padded_batch
from bert_core.checkpoint.load import Checkpoint
from bert_core.model.padding import batches_by_length
from bert_core.outputs import Encoding, FloatArray

BATCH_TOKENS = 4_096
WINDOW = 4_096
"""Lines sorted by length together; all that is held in memory besides the vectors."""
MOST_TOKENS_A_CHARACTER = 4
"""A Korean syllable may become three letters, and no character more than four."""


@dataclass(frozen=True)
class Target:
    """Some characters of a text whose vector is wanted."""

    text: str
    start: int
    end: int
    line: int | None = None
    """Its line in the file it was read from, the first being 1."""


def read_targets(path: Path) -> list[Target]:
    """The targets in a JSONL file, a document a line.

    A line is {"words": [...], "index": i} or {"sentence": s, "start": a, "end": b}, with
    character positions.

    Raises:
        ValueError: naming the line that is wrong, and what would be right.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}; give a JSONL file in UTF-8") from error
    targets = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                targets.append(_target(json.loads(line), number))
            except ValueError as error:
                raise ValueError(
                    f'{path}, line {number}: {error}; a line is {{"words": [...], "index": i}} '
                    'or {"sentence": s, "start": a, "end": b}'
                ) from error
    if not targets:
        raise ValueError(f"{path} has no line with a word in it")
    return targets


def _target(values: object, line: int) -> Target:
    if not isinstance(values, dict):
        raise ValueError("it is not a JSON object")
    wanted = ("words", "index") if "words" in values else ("sentence", "start", "end")
    if missing := [name for name in wanted if name not in values]:
        raise ValueError(f"it lacks {' and '.join(missing)}")
    if "words" in values:
        words, index = values["words"], values["index"]
        if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
            raise ValueError("words must be a list of strings")
        if not words:
            raise ValueError("words is empty")
        if not isinstance(index, int) or not 0 <= index < len(words):
            raise ValueError(f"index is {index!r}; it must be from 0 to {len(words) - 1}")
        start = sum(len(word) + 1 for word in words[:index])
        return Target(" ".join(words), start, start + len(words[index]), line)
    text, first, last = values["sentence"], values["start"], values["end"]
    if not (isinstance(text, str) and isinstance(first, int) and isinstance(last, int)):
        raise ValueError("sentence must be a string, start and end whole numbers")
    if not 0 <= first < last <= len(text):
        raise ValueError(f"{first} to {last} is no part of a sentence of {len(text)} characters")
    return Target(text, first, last, line)


def embed(
    checkpoint: Checkpoint,
    targets: list[Target],
    layer: int | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    """The vector of every target: the mean over its word pieces.

    Args:
        checkpoint: the model.
        targets: what to embed.
        layer: one layer, 0 being the embeddings; None for all.
        out: array to write into, a memory-mapped file for instance.

    Returns:
        (targets, layers + 1, hidden), or (targets, hidden) with `layer`; float32.

    Raises:
        ValueError: for a layer the model does not have, or a target that has no token or ends
            beyond the positions of the model, naming it.
    """
    config = checkpoint.model.config
    if layer is not None and not 0 <= layer <= config.num_hidden_layers:
        raise ValueError(f"layer is {layer}; it must be from 0 to {config.num_hidden_layers}")
    if out is None:
        out = np.empty(result_shape(checkpoint, len(targets), layer), dtype=np.float32)
    for start in range(0, len(targets), WINDOW):
        window = range(start, min(start + WINDOW, len(targets)))
        located = [(at, *_locate(checkpoint, targets[at], at)) for at in window]
        for batch in _batches(located):
            out[[at for at, _, _ in batch]] = _vectors(checkpoint, batch, layer)
    return out


def result_shape(checkpoint: Checkpoint, targets: int, layer: int | None) -> tuple[int, ...]:
    """Shape of what `embed` returns."""
    config = checkpoint.model.config
    if layer is not None:
        return targets, config.hidden_size
    return targets, config.num_hidden_layers + 1, config.hidden_size


_Located = tuple[int, Encoding, list[int]]
"""Number of the target, its text as tokens, the positions of its pieces."""


def is_cut(checkpoint: Checkpoint, target: Target) -> bool:
    """Whether a target ends beyond the positions of the model, so that `embed` would refuse it."""
    limit = checkpoint.model.config.max_position_embeddings
    if len(target.text) * MOST_TOKENS_A_CHARACTER <= limit - 2:  # [CLS] and [SEP]
        return False
    return _ends_beyond(checkpoint.tokenizer.encode(target.text, max_tokens=limit), target)


def _ends_beyond(encoding: Encoding, target: Target) -> bool:
    kept = len(encoding.text) if encoding.truncation is None else encoding.offsets[-2][1]
    return bool(encoding.text[kept : target.end].strip())


def _locate(checkpoint: Checkpoint, target: Target, at: int) -> tuple[Encoding, list[int]]:
    limit = checkpoint.model.config.max_position_embeddings
    encoding = checkpoint.tokenizer.encode(target.text, max_tokens=limit)
    positions = encoding.positions_of(target.start, target.end)
    name = f"target {at + 1}" if target.line is None else f"line {target.line}"
    wanted = target.text[target.start : target.end]
    if _ends_beyond(encoding, target):
        raise ValueError(
            f"{name}: {wanted!r} ends beyond the {limit} tokens the model reads; "
            "shorten the text before it"
        )
    if not positions:
        raise ValueError(f"{name}: {wanted!r} has no token; choose characters of a word")
    return encoding, positions


def _batches(located: Iterable[_Located]) -> Iterator[list[_Located]]:
    """Batches of texts of similar length, so that little is padded."""
    items = list(located)
    for numbers in batches_by_length([len(item[1]) for item in items], BATCH_TOKENS):
        yield [items[at] for at in numbers]


def _vectors(checkpoint: Checkpoint, batch: list[_Located], layer: int | None) -> FloatArray:
    """(B, L + 1, H), or (B, H) with `layer`."""
    ids, padding = as_padded_batch(checkpoint, [item[1] for item in batch])  # (B, T)
    weights = torch.zeros(ids.shape, device=ids.device)  # (B, T): 1/pieces at the target's pieces
    for row, (_, _, positions) in enumerate(batch):
        weights[row, positions] = 1 / len(positions)
    with torch.inference_mode():
        states = checkpoint.model(ids, padding=padding).hidden_states
    if layer is not None:
        return as_array(_mean(states[layer], weights))
    return as_array(torch.stack([_mean(state, weights) for state in states], dim=1))


def _mean(state: Tensor, weights: Tensor) -> Tensor:
    """(B, H) from (B, T, H) and weights (B, T)."""
    return torch.einsum("bth,bt->bh", state.float(), weights)
