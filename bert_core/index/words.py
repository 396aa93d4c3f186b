"""Every word of many sentences as a vector: one forward pass a batch of whole sentences.

A *word* is what the tokenizer splits into pieces: a run of letters and digits, a punctuation mark,
a CJK character. Its vector is the mean over its pieces, as everywhere in this project. [CLS],
[SEP] and special tokens that stand in the text have none.

B = batch, T = tokens, H = hidden size, N = words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from bert_core.analysis.encoding import as_padded_batch
from bert_core.checkpoint.load import Checkpoint
from bert_core.model.padding import batches_by_length
from bert_core.outputs import Encoding
from bert_core.tokenizer import Tokenizer

BATCH_TOKENS = 4_096
HalfArray = npt.NDArray[np.float16]


@dataclass(frozen=True)
class Word:
    """One word of a sentence."""

    first: int
    last: int
    """Its pieces: token positions, the last not included."""
    start: int
    end: int
    """Characters of the sentence."""


@dataclass(frozen=True)
class Words:
    """The words of many sentences, in order, with their vectors."""

    encodings: list[Encoding]
    """Every sentence, as the model sees it."""
    words: list[list[Word]]
    """The words of every sentence."""
    vectors: dict[int, HalfArray]
    """For every layer (N, H), each row of length 1."""

    @property
    def tokens(self) -> int:
        """How many tokens the model read."""
        return sum(map(len, self.encodings))

    @property
    def left_out(self) -> int:
        """Tokens beyond the model's positions."""
        cut = [encoding.truncation for encoding in self.encodings]
        return sum(each.tokens_dropped for each in cut if each is not None)


def embed_words(checkpoint: Checkpoint, texts: Sequence[str], layers: Sequence[int]) -> Words:
    """The vectors of every word of every text, at the layers named, as float16 of length 1."""
    limit = checkpoint.model.config.max_position_embeddings
    encodings = [checkpoint.tokenizer.encode(text, max_tokens=limit) for text in texts]
    silent = silent_ids(checkpoint.tokenizer)
    words = [words_of(encoding, silent) for encoding in encodings]
    first_rows = np.concatenate([[0], np.cumsum([len(found) for found in words], dtype=np.int64)])
    shape = int(first_rows[-1]), checkpoint.model.config.hidden_size
    vectors = {layer: np.empty(shape, dtype=np.float16) for layer in layers}
    for batch in batches_by_length([len(encoding) for encoding in encodings], BATCH_TOKENS):
        rows = np.concatenate([np.arange(first_rows[at], first_rows[at + 1]) for at in batch])
        if len(rows):
            chosen = [encodings[at] for at in batch], [words[at] for at in batch]
            for layer, found in zip(layers, _vectors(checkpoint, *chosen, layers), strict=True):
                vectors[layer][rows] = found
    return Words(encodings, words, vectors)


def silent_ids(tokenizer: Tokenizer) -> frozenset[int]:
    """Ids of special tokens, which are no words; what is unknown, [UNK], is one."""
    return tokenizer.special_ids - {tokenizer.unk_id}


def words_of(encoding: Encoding, silent: frozenset[int]) -> list[Word]:
    """The words of a text. One that was cut in two by the model's positions is left out.

    Args:
        encoding: the text.
        silent: from `silent_ids`.
    """
    found: list[Word] = []
    belongs = None
    for at, (number, id) in enumerate(zip(encoding.word_ids, encoding.ids, strict=True)):
        if number is None or id in silent:
            belongs = None
        elif number == belongs:
            found[-1] = Word(found[-1].first, at + 1, found[-1].start, encoding.offsets[at][1])
        else:
            belongs = number
            found.append(Word(at, at + 1, *encoding.offsets[at]))
    if found and encoding.truncation is not None:
        kept = encoding.truncation.kept_characters[0]
        if encoding.text[kept : kept + 1].isalnum():
            found.pop()
    return found


def _vectors(
    checkpoint: Checkpoint,
    encodings: list[Encoding],
    words: list[list[Word]],
    layers: Sequence[int],
) -> list[HalfArray]:
    """For every layer (N, H) of a batch whose first text is its longest."""
    ids, padding = as_padded_batch(checkpoint, encodings)  # (B, T)
    with torch.inference_mode():
        states = checkpoint.model(ids, padding=padding).hidden_states
        pieces, owners = (part.to(ids.device) for part in _pieces(words, ids.shape[1]))
        return [_means(states[layer], pieces, owners).cpu().numpy() for layer in layers]


def _pieces(words: list[list[Word]], width: int) -> tuple[Tensor, Tensor]:
    """Place of every piece in a flattened batch (P,), and number of the word it is of (P,)."""
    flat = [(row * width, word) for row, found in enumerate(words) for word in found]
    pieces = [start + at for start, word in flat for at in range(word.first, word.last)]
    sizes = torch.tensor([word.last - word.first for _, word in flat])
    return torch.tensor(pieces), torch.repeat_interleave(torch.arange(len(flat)), sizes)


def _means(state: Tensor, pieces: Tensor, owners: Tensor) -> Tensor:
    """(N, H), float16 of length 1, from (B, T, H). The direction of a sum is that of the mean."""
    chosen = state.reshape(-1, state.shape[-1])[pieces].float()
    count = int(owners[-1]) + 1
    sums = torch.zeros(count, state.shape[-1], device=state.device).index_add_(0, owners, chosen)
    return functional.normalize(sums, dim=-1).half()
