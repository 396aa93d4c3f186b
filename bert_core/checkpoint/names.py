"""One rename table between our parameter names and the published ones, used both ways."""

from __future__ import annotations

import re

RENAMES: tuple[tuple[str, str], ...] = (
    ("embeddings.token", "bert.embeddings.word_embeddings"),
    ("embeddings.position", "bert.embeddings.position_embeddings"),
    ("embeddings.segment", "bert.embeddings.token_type_embeddings"),
    ("embeddings.norm", "bert.embeddings.LayerNorm"),
    ("encoder.layers.#.attention.query", "bert.encoder.layer.#.attention.self.query"),
    ("encoder.layers.#.attention.key", "bert.encoder.layer.#.attention.self.key"),
    ("encoder.layers.#.attention.value", "bert.encoder.layer.#.attention.self.value"),
    ("encoder.layers.#.attention.output", "bert.encoder.layer.#.attention.output.dense"),
    ("encoder.layers.#.attention_norm", "bert.encoder.layer.#.attention.output.LayerNorm"),
    ("encoder.layers.#.feed_forward.up", "bert.encoder.layer.#.intermediate.dense"),
    ("encoder.layers.#.feed_forward.down", "bert.encoder.layer.#.output.dense"),
    ("encoder.layers.#.feed_forward_norm", "bert.encoder.layer.#.output.LayerNorm"),
    ("pooler.dense", "bert.pooler.dense"),
    ("mlm.transform", "cls.predictions.transform.dense"),
    ("mlm.norm", "cls.predictions.transform.LayerNorm"),
    ("mlm", "cls.predictions"),
    ("nsp.classifier", "cls.seq_relationship"),
)
"""(ours, published); # stands for the number of a layer."""

TIED_DECODER = "cls.predictions.decoder.weight"
"""Some files repeat the token embedding under this name; ours is tied, so it is only compared."""
DERIVED = ("bert.embeddings.position_ids", "cls.predictions.decoder.bias")
"""Tensors that some files repeat and that hold nothing of their own."""
TASK_HEADS = ("classifier.", "qa_outputs.")
"""Heads of fine-tuned checkpoints, which are left aside and named in the report."""

_LAYER = re.compile(r"(?<=\.)\d+(?=\.)")


def published_name(ours: str) -> str:
    """The published name of one of our parameters.

    Raises:
        KeyError: when the parameter is not in the table.
    """
    return _rename(ours, dict(RENAMES))


def our_name(published: str) -> str | None:
    """Our name of a published parameter; None when it is no part of this model.

    Takes the names of a bare encoder (without 'bert.') and of old files (gamma and beta) too.
    """
    name = re.sub(r"LayerNorm\.gamma$", "LayerNorm.weight", published)
    name = re.sub(r"LayerNorm\.beta$", "LayerNorm.bias", name)
    if not name.startswith(("bert.", "cls.")):
        name = f"bert.{name}"
    try:
        return _rename(name, {theirs: ours for ours, theirs in RENAMES})
    except KeyError:
        return None


def _rename(name: str, table: dict[str, str]) -> str:
    module, _, parameter = name.rpartition(".")
    layer = _LAYER.search(module)
    if layer is None:
        return f"{table[module]}.{parameter}"
    pattern = module[: layer.start()] + "#" + module[layer.end() :]
    return f"{table[pattern].replace('#', layer.group())}.{parameter}"
