"""Files of word vectors: our own folder, and the published Word2Vec and GloVe formats.

V = words, D = dimensions.

Our folder: vectors.safetensors (one tensor "vectors" (V, D) in float16, with facts about the
training as its metadata) and words.txt (a word a line, UTF-8, the most frequent first).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from bert_core.checkpoint.whole_folder import whole_folder
from bert_core.outputs import FloatArray

VECTORS_FILE = "vectors.safetensors"
WORDS_FILE = "words.txt"
TENSOR = "vectors"
MOST_ROWS = 200_000
"""Rows read of a file: published files list the most frequent words first, some 3 million."""
WIDEST = 10_000
"""Dimensions above which a file is taken for something else."""
_FORMATS = "Word2Vec (.bin, .bin.gz, .txt, .vec) and GloVe (.txt) files are read"


def save_vectors(
    folder: Path, words: Sequence[str], matrix: FloatArray, facts: Mapping[str, object]
) -> Path:
    """Write vectors in float16, with their words; returns `folder`.

    Args:
        folder: made when it is not there.
        words: V different words, none with a line break in it.
        matrix: (V, D).
        facts: how the vectors came about; kept in the file as text.

    Raises:
        OSError: when they cannot be written; what was there before is then still there.
    """
    assert matrix.shape[0] == len(words) == len(set(words))
    assert all(word and word.splitlines() == [word] for word in words)
    half = np.ascontiguousarray(matrix, dtype=np.float16)
    written = {name: str(value) for name, value in facts.items()}
    with whole_folder(folder) as temporary:
        save_file({TENSOR: half}, temporary / VECTORS_FILE, written)
        text = "".join(f"{word}\n" for word in words)
        (temporary / WORDS_FILE).write_text(text, encoding="utf-8")
    return folder


def read_vectors(path: Path, most_rows: int = MOST_ROWS) -> tuple[tuple[str, ...], FloatArray]:
    """The first `most_rows` words of a file or of our folder, and their vectors (V, D).

    The format follows from the name: a folder is ours, .bin and .bin.gz are Word2Vec's binary
    format (read by gensim), everything else is text, a word and its numbers a line. The first
    line of a text may say how many words and dimensions there are (Word2Vec) or not (GloVe).

    Raises:
        ValueError: when there is no such file, it is truncated or garbled, or its rows differ in
            width, saying what would be right.
    """
    if path.is_dir():
        words, matrix = _read_folder(path)
        words, matrix = words[:most_rows], matrix[:most_rows]
    elif not path.is_file():
        raise ValueError(f"there is no file or folder '{path}'; {_FORMATS}")
    else:
        words, matrix = _read_published(path, most_rows)
    if not np.isfinite(matrix).all():
        row = int(np.flatnonzero(~np.isfinite(matrix).all(axis=1))[0])
        raise ValueError(f"'{path}': the vector of {words[row]!r} has a number that is not finite")
    return tuple(words), matrix


def read_facts(folder: Path) -> dict[str, str]:
    """What `save_vectors` was told about the vectors in `folder`.

    Raises:
        ValueError: as `read_vectors`.
    """
    try:
        with safe_open(folder / VECTORS_FILE, framework="np") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise _broken(folder / VECTORS_FILE, error) from error


def _read_folder(folder: Path) -> tuple[Sequence[str], FloatArray]:
    path = folder / VECTORS_FILE
    if not path.is_file() or not (folder / WORDS_FILE).is_file():
        raise ValueError(
            f"'{folder}' lacks {VECTORS_FILE} or {WORDS_FILE}; give a folder that "
            "`python -m bert_core word2vec --output FOLDER` wrote, or a file of word vectors"
        )
    try:
        with safe_open(path, framework="np") as file:
            matrix = np.asarray(file.get_tensor(TENSOR), dtype=np.float32)
        words = (folder / WORDS_FILE).read_text(encoding="utf-8").split("\n")[:-1]
    except (SafetensorError, OSError, UnicodeDecodeError) as error:
        raise _broken(folder, error) from error
    if matrix.ndim != 2 or len(matrix) != len(words) or len(set(words)) != len(words):
        raise ValueError(
            f"'{folder}' has {len(set(words)):,} words for vectors of shape {matrix.shape}; "
            f"{WORDS_FILE} and {VECTORS_FILE} must come from the same training"
        )
    return words, matrix


def _read_published(path: Path, most_rows: int) -> tuple[Sequence[str], FloatArray]:
    """Reads a file of another project."""
    try:
        if path.name.removesuffix(".gz").endswith(".bin"):
            return _read_binary(path, most_rows)
        return _read_text(path, most_rows)
    except (EOFError, OSError, MemoryError, zlib.error) as error:
        raise _broken(path, error) from error


def _broken(path: Path, error: Exception) -> ValueError:
    said = str(error) or type(error).__name__
    return ValueError(
        f"'{path}' cannot be read as word vectors ({said}); it may be cut off or another kind of "
        f"file: {_FORMATS}"
    )


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _header(line: bytes) -> tuple[int, int] | None:
    """Words and dimensions, when the line is Word2Vec's first; None when it is not."""
    fields = line.split()
    if len(fields) != 2 or not all(field.isdigit() for field in fields):
        return None
    rows, width = int(fields[0]), int(fields[1])
    return (rows, width) if rows >= 1 and 1 <= width <= WIDEST else None


def _read_binary(path: Path, most_rows: int) -> tuple[Sequence[str], FloatArray]:
    with _open(path) as file:
        header = _header(file.readline(100))
    if header is None:
        raise ValueError(
            f"'{path}' does not begin with the number of words and of dimensions, as Word2Vec's "
            f"binary format does (fastText's .bin is another); {_FORMATS}"
        )
    rows, width = header
    if path.suffix == ".bin" and path.stat().st_size < rows * 4 * width:
        raise EOFError(f"{path.stat().st_size:,} bytes cannot hold {rows:,} words x {width}")
    from gensim.models import KeyedVectors

    vectors = KeyedVectors.load_word2vec_format(
        str(path), binary=True, limit=min(rows, most_rows), unicode_errors="replace"
    )
    return vectors.index_to_key, np.asarray(vectors.vectors, dtype=np.float32)


def _read_text(path: Path, most_rows: int) -> tuple[Sequence[str], FloatArray]:
    found: dict[str, FloatArray] = {}
    with _open(path) as file:
        lines = _lines(path, file)
        number, first = next(lines, (1, b""))
        header = _header(first)
        width = header[1] if header else len(first.split()) - 1
        rest = lines if header else chain([(number, first)], lines)
        read = 0
        for number, line in islice(rest, most_rows):
            word, row = _row(path, number, line, width)
            found.setdefault(word, row)  # of a word that stands there twice the first is kept
            read += 1
            if header and read == header[0]:
                break
    if header and read < min(header[0], most_rows):
        raise EOFError(f"it has {read:,} words, its first line says {header[0]:,}")
    return list(found), np.stack(list(found.values()))


def _lines(path: Path, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Every line that is not blank, with its number."""
    longest = 40 * WIDEST
    number = 0
    while line := file.readline(longest):
        number += 1
        if len(line) == longest:
            said = f"line {number} is longer than {longest:,} bytes"
            raise ValueError(f"'{path}', {said}; {_FORMATS}")
        if line.strip():
            yield number, line


def _row(path: Path, number: int, line: bytes, width: int) -> tuple[str, FloatArray]:
    """The word of a line, which may hold spaces, and its vector (D,)."""
    try:
        if not 1 <= width <= WIDEST:
            raise ValueError("it is no word with numbers")
        fields = line.rstrip().rsplit(b" ", width)
        if len(fields) != width + 1:
            raise ValueError(f"it has {len(fields) - 1} numbers instead of {width}")
        return fields[0].decode("utf-8", "replace"), np.array(fields[1:], dtype=np.float32)
    except ValueError as error:
        raise ValueError(
            f"'{path}', line {number}: {error}; a line is a word and its numbers with spaces "
            f"between; {_FORMATS}"
        ) from error
