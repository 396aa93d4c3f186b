"""The optional third objective: a word's vectors alike within a sense, apart between senses.

Uses of words in a dictionary (a headword before its definition, example sentences) are read in
batches of pairs: two uses of one sense, other words of either hidden here and there. Two losses are
added, both on the cosines between the words' vectors:

- each use has to find its partner among all others (InfoNCE; van den Oord et al. 2018), the other
  senses of the same word among them. Where a sense has one use, its partner is the same text with
  other words hidden (after MirrorWiC; Liu et al. 2021);
- how alike a use is to all others has to follow how alike whole sentences are to a sentence
  encoder, the guide (relational distillation; Park et al. 2019). What a sentence is about decides
  between senses, and a few example sentences do not teach that.

N = uses in a batch, T = tokens, Q = tokens that are read, H = hidden size, G = hidden size of the
guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bert_core.checkpoint.load import Checkpoint
from bert_core.data.masking import BoolArray, IntArray
from bert_core.data.sense_uses import SenseOfWord
from bert_core.model.bert import Bert
from bert_core.outputs import FloatArray
from bert_core.tokenizer import Tokenizer
from bert_core.training.objectives import places_to_read
from bert_core.training.sentence_vectors import sentence_vectors
from bert_core.words.uses import Use

SENSES_OF_A_WORD = 5
"""Most senses of one word in a batch: those are the hardest to tell apart."""
LONGEST = 48
"""Longest use, in tokens."""
AS_WIDE = 16
"""What the width of a batch is rounded up to: for each shape there are kernels of its own, which
stay in memory."""
HIDDEN = 0.2
"""Share of the other tokens that is hidden."""
RARELY = 0.1
"""How often a word is drawn that no sense's examples have, beside one that one sense's have."""
TEMPERATURE = 0.1
"""Cosines are divided by it before the softmax."""


@dataclass(frozen=True)
class _TokenUse:
    ids: tuple[int, ...]
    """With [CLS] and [SEP]."""
    start: int
    end: int
    """Positions of the word's pieces."""
    text: str


@dataclass(frozen=True)
class SenseBatch:
    """Uses of words, two of each sense."""

    ids: IntArray
    """(N, T)"""
    padding: BoolArray
    """(N, T), True at padding."""
    target: BoolArray
    """(N, T), True at the word's pieces."""
    senses: IntArray
    """(N,): number of the sense."""
    near: BoolArray
    """(N, N): True for two senses of one word and one topic, which may or may not be alike."""
    guide: FloatArray | None = None
    """(N, G): the guide's vector of each use's whole text, of length 1; None without a guide."""


class SenseBatches:
    """Draws batches from a dictionary's uses, tokenised once.

    Args:
        words: from `data.sense_uses.ambiguous_words`.
        tokenizer: the model's.
        senses: in a batch, two uses of each; a few more where a word has them, fewer where the
            dictionary has fewer words.
        length: longest use, in tokens; longer ones are left out.
        guide: a sentence encoder, for the second loss.

    Raises:
        ValueError: when fewer than two senses have a use that can be read.
    """

    def __init__(
        self,
        words: Mapping[str, Sequence[SenseOfWord]],
        tokenizer: Tokenizer,
        senses: int,
        length: int = LONGEST,
        guide: Checkpoint | None = None,
    ) -> None:
        self.tokenizer, self.senses, self.length = tokenizer, senses, length
        self.words = [
            kept
            for own in words.values()
            if len(kept := [one for one in map(self._read, own) if one[1]]) > 1
        ]
        if not self.words:
            raise ValueError("no word of the dictionary has two senses that can be read")
        used = [sum(len(uses) > 1 for _, uses in own) for own in self.words]
        weights = np.array(used, dtype=np.float64) + RARELY
        self._chances = weights / weights.sum()
        self._guide = None if guide is None else self._guided(guide)

    def _read(self, sense: SenseOfWord) -> tuple[int, list[_TokenUse]]:
        read = (self._tokens(use) for use in sense.uses)
        return sense.topic, [use for use in read if use is not None]

    def _tokens(self, use: Use) -> _TokenUse | None:
        encoding = self.tokenizer.encode(use.text)
        own = encoding.positions_of(use.start, use.end)
        if not own or len(encoding) > self.length:
            return None
        return _TokenUse(encoding.ids, own[0], own[-1] + 1, use.text)

    def _guided(self, guide: Checkpoint) -> tuple[dict[str, int], FloatArray]:
        """The row of each text, and the guide's vectors."""
        texts = dict.fromkeys(use.text for own in self.words for _, uses in own for use in uses)
        return {text: at for at, text in enumerate(texts)}, sentence_vectors(guide, list(texts))

    def draw(self, rng: np.random.Generator) -> SenseBatch:
        """Words at random, the more often the more of their senses have examples, those first.

        The same `rng` draws the same.
        """
        uses: list[_TokenUse] = []
        words, topics = list[int](), list[int]()
        drawn = min(self.senses, len(self.words))
        for word in rng.choice(len(self.words), drawn, replace=False, p=self._chances).tolist():
            own = self.words[word]
            order = sorted(rng.permutation(len(own)).tolist(), key=lambda at: len(own[at][1]) < 2)
            for at in order[:SENSES_OF_A_WORD]:
                topic, known = own[at]
                pair = rng.choice(len(known), 2, replace=len(known) < 2).tolist()
                uses += [known[one] for one in pair]
                words.append(word)
                topics.append(topic)
            if len(words) >= self.senses:
                break
        return self._batch(uses, np.repeat(words, 2), np.repeat(topics, 2), rng)

    def _batch(
        self,
        uses: Sequence[_TokenUse],
        words: IntArray,
        topics: IntArray,
        rng: np.random.Generator,
    ) -> SenseBatch:
        width = max(len(use.ids) for use in uses)
        width = min(-(-width // AS_WIDE) * AS_WIDE, self.length)
        ids = np.full((len(uses), width), self.tokenizer.pad_id, dtype=np.int64)
        padding, target = np.ones(ids.shape, dtype=bool), np.zeros(ids.shape, dtype=bool)
        for row, use in enumerate(uses):
            ids[row, : len(use.ids)], padding[row, : len(use.ids)] = use.ids, False
            target[row, use.start : use.end] = True
        free = ~target & ~np.isin(ids, list(self.tokenizer.special_ids))
        ids[free & (rng.random(ids.shape) < HIDDEN)] = self.tokenizer.mask_id
        senses = np.arange(len(uses)) // 2
        near = (words[:, None] == words) & (topics[:, None] == topics)
        near &= senses[:, None] != senses
        guide = None
        if self._guide is not None:
            rows, vectors = self._guide
            guide = vectors[[rows[use.text] for use in uses]]
        return SenseBatch(ids, padding, target, senses, near, guide)


def sense_loss(model: Bert, batch: SenseBatch, guide_weight: float = 1.0) -> Tensor:
    """Mean loss in nats of finding each use's partner among all uses but those that are near.

    Where the batch has a guide, `guide_weight` times the mean divergence (Kullback-Leibler, nats)
    of the model's softmax over the other uses from the guide's is added.
    """
    device = model.device
    ids, padding, target, senses, near = (
        torch.from_numpy(part).to(device)
        for part in (batch.ids, batch.padding, batch.target, batch.senses, batch.near)
    )
    read, _ = places_to_read(target.flatten().nonzero()[:, 0], *ids.shape)  # (N, Q)
    states = model(ids, padding=padding, read=read).last  # (N, Q, H)
    weights = target.gather(1, read) / target.sum(1, keepdim=True)  # (N, Q), 0 at [CLS]
    vectors = F.normalize((weights[:, :, None] * states).sum(1).float(), dim=1)  # (N, H)
    alike = vectors @ vectors.T / TEMPERATURE  # (N, N)
    itself = torch.eye(len(ids), dtype=torch.bool, device=device)
    partner = (senses[:, None] == senses) & ~itself
    others = alike.masked_fill(itself | near, -torch.inf)
    loss = F.cross_entropy(others, partner.int().argmax(1))
    if batch.guide is None:
        return loss
    guide = torch.from_numpy(batch.guide).to(device)
    out = torch.finfo(alike.dtype).min / 2  # not infinite: 0 times that has to be 0
    wanted = (guide @ guide.T / TEMPERATURE).masked_fill(itself, out).softmax(1)
    said = alike.masked_fill(itself, out).log_softmax(1)
    return loss + guide_weight * F.kl_div(said, wanted, reduction="batchmean")
