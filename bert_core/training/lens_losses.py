"""How far a lens is off on held-out text, and what its training shares with that.

L = layers, H = hidden size, V = vocabulary size, N = masked places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bert_core.checkpoint.lens_file import TunedLens
from bert_core.checkpoint.load import Checkpoint
from bert_core.data.batching import RowBatch, batch_rows
from bert_core.data.sentence_pairs import RowMaker, TokenisedDocument
from bert_core.model.heads import MaskedWordHead
from bert_core.outputs.lens import RAW, TUNED, LensLosses
from bert_core.training.objectives import MaskedTensors, mask_rows

BATCH_TOKENS = 1_024
LONGEST_ROW = 128
NO_READINGS = "its layers cannot be read as guesses"
MASK_RATE = 0.15
"""As published, and as in `evaluate`."""


def measure_lens(
    checkpoint: Checkpoint,
    lens: TunedLens,
    documents: Sequence[TokenisedDocument],
    places: int = 5_000,
    seed: int = 42,
) -> LensLosses:
    """How far every layer's readings are off, raw and tuned, at places where [MASK] stands.

    The documents, on which nothing should have been trained, are read in a random order, in rows
    of one segment, until there are so many places or no more text.

    Raises:
        ValueError: when the model has no masked-word head, the lens is of another size, or the
            documents hold no text.
    """
    head, tokenizer = checkpoint.masked_word_head(NO_READINGS), checkpoint.tokenizer
    lens.check_sizes(checkpoint)
    rng = np.random.default_rng([seed, 2])
    sums, measured = torch.zeros(2, 2, checkpoint.model.config.num_hidden_layers + 1), 0
    unpaired = [replace(document, paired=False) for document in documents]
    for batch in one_pass(checkpoint, unpaired, BATCH_TOKENS, LONGEST_ROW, rng):
        masked = mask_rows(batch, tokenizer, rng, MASK_RATE).to(checkpoint.model.device)
        at_mask = masked.ids.flatten()[masked.places] == tokenizer.mask_id
        with torch.inference_mode():
            vectors = masked_vectors(checkpoint, masked)[:, at_mask]
            sums += _losses(head, lens, vectors, masked.targets[at_mask])
        measured += int(at_mask.sum())
        if measured >= places:
            break
    means = (sums / max(1, measured)).numpy()
    kinds = RAW, TUNED
    return LensLosses(
        measured,
        {kind: means[at, 0] for at, kind in enumerate(kinds)},
        {kind: means[at, 1] for at, kind in enumerate(kinds)},
    )


def _losses(head: MaskedWordHead, lens: TunedLens, vectors: Tensor, targets: Tensor) -> Tensor:
    """Sums (2 kinds, 2 losses, L + 1) over the places of vectors (L + 1, N, H), targets (N,)."""
    last = len(vectors) - 1
    own = head(vectors[-1]).float().log_softmax(-1)  # (N, V)
    sums = torch.zeros(2, 2, last + 1)
    for layer, raw in enumerate(vectors):
        moved = raw if layer == last else lens.translate(layer, raw)
        for kind, one in enumerate((raw, moved)):
            said = head(one).float().log_softmax(-1)  # (N, V)
            sums[kind, 0, layer] = F.nll_loss(said, targets, reduction="sum")
            sums[kind, 1, layer] = F.kl_div(said, own, reduction="sum", log_target=True)
    return sums


def masked_vectors(checkpoint: Checkpoint, masked: MaskedTensors) -> Tensor:
    """Vectors (L + 1, N, H) of all layers at the masked places, from one pass."""
    with torch.no_grad():
        states = checkpoint.model(masked.ids, masked.segment_ids, masked.padding).hidden_states
    return torch.stack([state.flatten(0, 1)[masked.places].float() for state in states])


def one_pass(
    checkpoint: Checkpoint,
    documents: Sequence[TokenisedDocument],
    batch_tokens: int,
    length: int,
    rng: np.random.Generator,
) -> Iterator[RowBatch]:
    """The documents once as batches of rows, cut as for the training of the model.

    Raises:
        ValueError: when they hold no text.
    """
    if not any(document.sentences for document in documents):
        raise ValueError("the text is empty; give at least one document")
    tokenizer = checkpoint.tokenizer
    longest = min(length, checkpoint.model.config.max_position_embeddings)
    maker = RowMaker(tokenizer.cls_id, tokenizer.sep_id, longest)
    return batch_rows(maker.rows(documents, rng), batch_tokens, tokenizer.pad_id, rng)
