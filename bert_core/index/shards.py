"""One shard: some sentences, their words and the words' vectors, as two Parquet files in a folder.

    sentences.parquet   document, number, text, words (how many it has)
    words.parquet       sentence (its row in sentences.parquet), start, end (characters), word,
                        part_of_speech, and for every layer L a column layer_L: float16, length H

The same shard is made whether one process makes all of them or many workers make one each.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bert_core.checkpoint.load import Checkpoint
from bert_core.index.files import shard_folder, write_folder
from bert_core.index.plan import Sentence
from bert_core.index.pos import Tagger
from bert_core.index.words import HalfArray, Words, embed_words

if TYPE_CHECKING:
    import pyarrow

SENTENCES, WORDS = "sentences.parquet", "words.parquet"
_LEFT_OUT = b"tokens_left_out"


@dataclass(frozen=True)
class ShardReport:
    """What making one shard took."""

    words: int
    tokens: int
    """What the model read, [CLS] and [SEP] included."""
    seconds: float


def make_shard(
    folder: Path,
    number: int,
    checkpoint: Checkpoint,
    sentences: Sequence[Sentence],
    layers: Sequence[int],
    tagger: Tagger | None = None,
) -> ShardReport:
    """Embed the sentences and write shard `number`, which appears whole or not at all."""
    started = time.perf_counter()
    words = embed_words(checkpoint, [sentence.text for sentence in sentences], layers)
    tags = _tags(words, tagger)
    write_folder(shard_folder(folder, number), lambda path: _write(path, sentences, words, tags))
    rows = sum(map(len, words.words))
    return ShardReport(rows, words.tokens, time.perf_counter() - started)


def _tags(words: Words, tagger: Tagger | None) -> list[str | None]:
    """The part of speech of every word."""
    if tagger is None:
        return [None] * sum(map(len, words.words))
    starts = [[word.start for word in found] for found in words.words]
    tags = tagger.tags([encoding.text for encoding in words.encodings], starts)
    return [tag for found in tags for tag in found]


def _write(
    folder: Path, sentences: Sequence[Sentence], words: Words, tags: list[str | None]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [encoding.text for encoding in words.encodings]
    table = pa.table(
        {
            "document": pa.array([sentence.document for sentence in sentences], pa.string()),
            "number": pa.array([sentence.number for sentence in sentences], pa.int32()),
            "text": pa.array(texts, pa.string()),
            "words": pa.array([len(found) for found in words.words], pa.int32()),
        },
        metadata={_LEFT_OUT: str(words.left_out).encode()},
    )
    pq.write_table(table, folder / SENTENCES, compression="zstd")
    flat = [(at, word) for at, found in enumerate(words.words) for word in found]
    columns: dict[str, Any] = {
        "sentence": pa.array([at for at, _ in flat], pa.int32()),
        "start": pa.array([word.start for _, word in flat], pa.int32()),
        "end": pa.array([word.end for _, word in flat], pa.int32()),
        "word": pa.array([texts[at][word.start : word.end] for at, word in flat], pa.string()),
        "part_of_speech": pa.array(tags, pa.string()),
    }
    for layer, vectors in words.vectors.items():
        values = pa.array(vectors.reshape(-1), pa.float16())
        columns[_column(layer)] = pa.FixedSizeListArray.from_arrays(values, vectors.shape[1])
    plain = [name for name in columns if not name.startswith("layer_")]
    pq.write_table(pa.table(columns), folder / WORDS, compression="zstd", use_dictionary=plain)


def _column(layer: int) -> str:
    return f"layer_{layer}"


def read_vectors(folder: Path, number: int, layer: int) -> HalfArray:
    """The vectors (N, H) of a shard at one layer, each of length 1.

    Raises:
        ValueError: when the shard is broken.
    """
    column = _read(folder, number, WORDS, [_column(layer)]).column(0)
    width = column.type.list_size
    vectors: HalfArray = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(vectors, dtype=np.float16).reshape(-1, width)


def read_sentences(folder: Path, number: int) -> tuple[dict[str, list[Any]], int]:
    """The columns of sentences.parquet, and how many tokens were beyond the model's positions.

    Raises:
        ValueError: when the shard is broken.
    """
    table = _read(folder, number, SENTENCES, None)
    return table.to_pydict(), int((table.schema.metadata or {}).get(_LEFT_OUT, b"0"))


def read_words(folder: Path, number: int) -> dict[str, list[Any]]:
    """The columns of words.parquet, without vectors.

    Raises:
        ValueError: when the shard is broken.
    """
    columns: dict[str, list[Any]] = _read(
        folder, number, WORDS, ["sentence", "start", "end", "word", "part_of_speech"]
    ).to_pydict()
    return columns


def shard_rows(folder: Path, number: int) -> int:
    """How many words a finished shard has.

    Raises:
        ValueError: when the shard is broken.
    """
    return int(_read(folder, number, WORDS, ["start"]).num_rows)


def _read(folder: Path, number: int, name: str, columns: list[str] | None) -> pyarrow.Table:
    import pyarrow.parquet as pq

    path = shard_folder(folder, number)
    try:
        return pq.read_table(path / name, columns=columns)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"the shard {path} cannot be read ({error}); delete that folder and give the same "
            "command again"
        ) from error
