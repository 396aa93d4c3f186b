"""Training a lens: for each layer a map after which the masked-word head can read its vectors.

As the tuned lens of Belrose et al. 2023 ("Eliciting Latent Predictions from Transformers with the
Tuned Lens"): x + W x + b, from the identity on, so that what the head says comes close to the
model's own answer in KL divergence. The model itself stays as it is.

L = layers, H = hidden size, V = vocabulary size, N = masked places.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bert_core.checkpoint.fingerprint import GUESSES, fingerprint
from bert_core.checkpoint.lens_file import TunedLens, save_lens
from bert_core.checkpoint.load import Checkpoint
from bert_core.data.batching import RowBatch
from bert_core.data.documents import Document
from bert_core.data.sentence_pairs import TokenisedDocument
from bert_core.model.heads import MaskedWordHead
from bert_core.model.precision import products_in
from bert_core.outputs.lens import LensLosses
from bert_core.training.lens_arguments import LensArguments
from bert_core.training.lens_losses import NO_READINGS, masked_vectors, measure_lens, one_pass
from bert_core.training.objectives import mask_rows
from bert_core.training.recipe import corpus_split
from bert_core.training.text import tokenise


@dataclass(frozen=True)
class LensStep:
    """One step of the training."""

    step: int
    divergence: tuple[float, ...]
    """KL divergence from the model's own answer, in nats, at layers 0 to L - 1."""
    seconds: float
    """Since the beginning."""


OnStep = Callable[[LensStep], None]


def train_and_save(
    checkpoint: Checkpoint,
    corpus: str,
    output: Path,
    arguments: LensArguments,
    on_step: OnStep | None = None,
) -> LensLosses:
    """Train a lens on the training part of `corpus`, and save it with what it is worth.

    Args:
        checkpoint: a model with a masked-word head.
        corpus: 'packaged' or a folder of .txt files.
        output: folder for lens.safetensors.
        arguments: the settings.
        on_step: called after every step.

    Returns:
        The losses on the held-out part, which are in the file's metadata too.

    Raises:
        ValueError: for a corpus or a model that cannot be used.
    """
    checkpoint.masked_word_head(NO_READINGS)
    split = corpus_split(corpus)
    if not split.heldout:
        raise ValueError("no document of the text is held out; give more documents")
    documents = tokenise(_enough(split.train, arguments), checkpoint.tokenizer)
    lens = train_lens(checkpoint, documents, arguments, on_step)
    heldout = tokenise(split.heldout, checkpoint.tokenizer)
    losses = measure_lens(checkpoint, lens, heldout, arguments.places, arguments.seed)
    name = corpus if corpus == "packaged" else Path(corpus).resolve().name
    facts = {"corpus": name, **asdict(arguments), "measured_places": losses.places}
    for loss in ("cross_entropy", "divergence"):
        for kind, values in getattr(losses, loss).items():
            facts[f"{loss}_{kind}"] = json.dumps([round(value, 4) for value in values.tolist()])
    save_lens(output, replace(lens, facts={key: str(value) for key, value in facts.items()}))
    return losses


def train_lens(
    checkpoint: Checkpoint,
    documents: Sequence[TokenisedDocument],
    arguments: LensArguments,
    on_step: OnStep | None = None,
) -> TunedLens:
    """A lens, rounded to float16, in which it is saved.

    All layers learn from one pass of the model over a batch. The same documents and arguments
    give the same lens on the same machine.

    Raises:
        ValueError: when the model has no masked-word head or the documents hold no text.
    """
    head, model = checkpoint.masked_word_head(NO_READINGS), checkpoint.model
    config, device = model.config, model.device
    layers, hidden = config.num_hidden_layers, config.hidden_size
    weights = torch.zeros(layers, hidden, hidden, device=device, requires_grad=True)
    biases = torch.zeros(layers, hidden, device=device, requires_grad=True)
    lens = TunedLens(weights, biases, fingerprint(checkpoint, GUESSES), {})
    optimizer = torch.optim.Adam([weights, biases], betas=(0.9, 0.98))
    batches, started = _batches(checkpoint, documents, arguments), time.monotonic()
    for step in range(arguments.steps):
        for group in optimizer.param_groups:
            group["lr"] = arguments.rate_at(step)
        rng = np.random.default_rng([arguments.seed, 1, step])
        rows = mask_rows(next(batches), checkpoint.tokenizer, rng, arguments.mask_rate)
        masked = rows.to(device)
        with products_in("auto", device):
            divergence = _backward(head, lens, masked_vectors(checkpoint, masked))
        optimizer.step()
        optimizer.zero_grad()
        if on_step is not None:
            on_step(LensStep(step + 1, divergence, time.monotonic() - started))
    rounded = [tensor.detach().half().float() for tensor in (weights, biases)]
    return TunedLens(rounded[0], rounded[1], lens.fingerprint, {})


def _backward(head: MaskedWordHead, lens: TunedLens, vectors: Tensor) -> tuple[float, ...]:
    """Add the gradients of every layer's divergence; vectors are (L + 1, N, H).

    A layer at a time: logits of all layers at once would fill the memory.
    """
    with torch.no_grad():
        own = head(vectors[-1]).float().log_softmax(-1)  # (N, V)
    divergence = []
    for layer, one in enumerate(vectors[:-1]):
        said = head(lens.translate(layer, one)).float().log_softmax(-1)  # (N, V)
        loss = F.kl_div(said, own, reduction="batchmean", log_target=True)
        torch.autograd.backward(loss, inputs=[lens.weights, lens.biases])
        divergence.append(loss.item())
    return tuple(divergence)


def _batches(
    checkpoint: Checkpoint, documents: Sequence[TokenisedDocument], arguments: LensArguments
) -> Iterator[RowBatch]:
    """Passes over the text, each cut and ordered anew by the seed; endless."""
    for epoch in count():
        rng = np.random.default_rng([arguments.seed, epoch])
        tokens, length = arguments.batch_tokens, arguments.length
        yield from one_pass(checkpoint, documents, tokens, length, rng)


def _enough(documents: Sequence[Document], arguments: LensArguments) -> list[Document]:
    """Documents in a random order, until there are the words that the run reads, or all."""
    chosen, words = [], 0
    for at in np.random.default_rng(arguments.seed).permutation(len(documents)).tolist():
        chosen.append(documents[at])
        words += sum(len(sentence.split()) for sentence in documents[at].sentences)
        if words >= arguments.steps * arguments.batch_tokens:
            break
    return chosen
