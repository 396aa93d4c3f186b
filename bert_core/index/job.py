"""What building an index consists of: settings, the job, who does it, how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from bert_core.checkpoint.load import Checkpoint
from bert_core.index import files, vectors
from bert_core.index.corpus import Corpus
from bert_core.index.manifest import Manifest
from bert_core.index.plan import SHARD_WORDS, sentences_of
from bert_core.index.pos import Tagger
from bert_core.index.shards import ShardReport, make_shard

PART_SHARDS = 20
"""Shards in one FAISS file: a million vectors, of which 384-wide ones need 400 MB as codes."""

Made = TypeVar("Made")


class Map(Protocol):
    """Calls a function for every number, here or on other machines, in any order."""

    def __call__(self, work: Callable[[int], Made], numbers: Sequence[int]) -> Iterable[Made]:
        """What each call returned, as it comes."""


def _here(work: Callable[[int], Made], numbers: Sequence[int]) -> Iterable[Made]:
    return map(work, numbers)


@dataclass(frozen=True)
class Workers:
    """Who makes shards and parts."""

    run: Map = _here
    part_shards: int = PART_SHARDS
    keep_shards: bool = False
    """Whether the Parquet files stay when the index is finished."""


@dataclass(frozen=True)
class Progress:
    """How far the embedding is."""

    shard: int
    shards: int
    words: int
    """Words done, those of earlier runs included."""
    words_planned: int
    tokens_per_second: float
    """Tokens the model read, [CLS] and [SEP] included."""
    seconds_left: float

    def line(self) -> str:
        """The same in words."""
        return (
            f"shard {self.shard:,} of {self.shards:,}  {self.words:,} of about "
            f"{self.words_planned:,} words  {self.tokens_per_second:,.0f} tokens/s  "
            f"{self.seconds_left / 60:.0f} min left"
        )


@dataclass(frozen=True)
class Settings:
    """What may be chosen."""

    layers: tuple[int, ...] | None = None
    """None for the middle and the last one."""
    limit: int | None = None
    """Stop at so many words, from documents of all parts of the corpus."""
    shard_words: int = SHARD_WORDS
    exact_rows: int = vectors.EXACT_ROWS


@dataclass(frozen=True)
class Job:
    """All that is needed to make any shard or part, in this process or another."""

    folder: Path
    manifest: Manifest
    checkpoint: Checkpoint
    corpus: Corpus
    tagger: Tagger | None

    def make_shard(self, number: int) -> ShardReport:
        """Embed and write one shard."""
        sentences = sentences_of(self.corpus, self.manifest.shards[number])
        layers = self.manifest.layers
        return make_shard(self.folder, number, self.checkpoint, sentences, layers, self.tagger)

    def missing_shards(self) -> list[int]:
        """Shards that are not there yet."""
        shards = range(len(self.manifest.shards))
        return [at for at in shards if not files.shard_folder(self.folder, at).is_dir()]

    @property
    def parts(self) -> int:
        """FAISS files of each layer."""
        return -(-len(self.manifest.shards) // self.manifest.parts_of)
