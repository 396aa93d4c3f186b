"""One vector for a word whatever its sentence: Word2Vec, GloVe, and BERT's own input embedding.

V = words, D = dimensions of the static vectors, H = hidden size of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bert_core.analysis.encoding import as_array
from bert_core.analysis.unit import unit
from bert_core.analysis.word_scores import token_name
from bert_core.checkpoint.load import Checkpoint
from bert_core.checkpoint.word_vectors import MOST_ROWS, read_vectors
from bert_core.outputs import FloatArray, StaticVector

BUNDLED = Path(__file__).resolve().parents[2] / "assets" / "word2vec"
INPUT_EMBEDDING = "input embedding"
MOST_NEIGHBOURS = 1_000


@dataclass(frozen=True)
class StaticVectors:
    """A word for each row, and its vector at length 1."""

    source: str
    """'Word2Vec' for the bundled vectors and others of ours; else the name of the file."""
    words: tuple[str, ...]
    """Most frequent first."""
    matrix: FloatArray
    """(V, D), rows of length 1 (of length 0 where the file has zeros)."""
    rows: dict[str, int]
    """The row of every word."""

    def find(self, word: str) -> int | None:
        """The row of a word: as typed, else in lower case, with a capital, in capitals.

        Spaces stand as underscores in published files, so both are tried.
        """
        typed = word.strip()
        for form in (typed, typed.lower(), typed.capitalize(), typed.upper()):
            for spelled in (form, form.replace(" ", "_")):
                if spelled in self.rows:
                    return self.rows[spelled]
        return None

    def lookup(self, word: str, neighbours: int = 10) -> StaticVector:
        """The word's vector (D,) and its nearest words, itself left out.

        Raises:
            ValueError: when `neighbours` is not from 0 to 1,000.
        """
        check_neighbours(neighbours)
        row = self.find(word)
        if row is None:
            return StaticVector(self.source, word, None, (), len(self.words), self._unknown(word))
        vector = self.matrix[row]
        near = _nearest(self.words, self.matrix, vector, neighbours, {self.words[row]})
        return StaticVector(self.source, self.words[row], vector, near, len(self.words))

    def _unknown(self, word: str) -> str:
        if not word.strip():
            return "there is nothing to look up; type a word"
        if len(word.split()) > 1:
            return f"{word.strip()!r} is not one word of {self.source}"
        return f"{word.strip()!r} is not among the {len(self.words):,} words of {self.source}"


def load_static(path: Path | None = None, most_rows: int = MOST_ROWS) -> StaticVectors:
    """Static vectors from a file or a folder.

    Args:
        path: None for the bundled vectors, else a folder that the verb word2vec wrote, or a file in
            the published formats of Word2Vec (.bin, .bin.gz, .txt, .vec) or GloVe (.txt).
        most_rows: rows to read at most; such files list the most frequent words first.

    Raises:
        ValueError: when the file is missing or broken, saying in what.
    """
    chosen = BUNDLED if path is None else path.expanduser()
    words, matrix = read_vectors(chosen, most_rows)
    source = "Word2Vec" if chosen.is_dir() else chosen.name
    return StaticVectors(source, words, unit(matrix), {word: i for i, word in enumerate(words)})


def input_embedding_static(checkpoint: Checkpoint, word: str, neighbours: int = 10) -> StaticVector:
    """The model's own vector of a word before it has read any sentence, and the nearest words.

    The vector (H,) is the mean of the token embeddings of the word's pieces, before position and
    segment are added. Compared with it are the entries of the vocabulary that are a word of
    letters: no piece that continues a word, no special or unused entry.

    Raises:
        ValueError: when `neighbours` is not from 0 to 1,000.
    """
    check_neighbours(neighbours)
    words, matrix = vocabulary_words(checkpoint)
    tokenizer = checkpoint.tokenizer
    pieces = tokenizer.pieces(word)
    ids = [id for piece in pieces if (id := tokenizer.token_to_id(piece)) is not None]
    if not ids or tokenizer.unk_id in ids:
        reason = "the vocabulary has no pieces for it" if ids else "type a word"
        return StaticVector(INPUT_EMBEDDING, word, None, (), len(words), reason)
    vector = _token_embeddings(checkpoint, ids).mean(axis=0)
    near = _nearest(words, unit(matrix), vector, neighbours, {"".join(pieces)})
    return StaticVector(INPUT_EMBEDDING, word, vector, near, len(words))


def vocabulary_words(checkpoint: Checkpoint) -> tuple[tuple[str, ...], FloatArray]:
    """The entries of the vocabulary that are a word of letters; their token embeddings (V, H)."""
    tokenizer = checkpoint.tokenizer
    entries = {id: token_name(checkpoint, id) for id in range(tokenizer.vocab_size)}
    kept = {id: token for id, token in entries.items() if token.isalpha()}
    return tuple(kept.values()), _token_embeddings(checkpoint, list(kept))


def check_neighbours(neighbours: int) -> None:
    """Raises ValueError when so many neighbours cannot be asked for."""
    if not 0 <= neighbours <= MOST_NEIGHBOURS:
        raise ValueError(f"neighbours is {neighbours}; it must be from 0 to {MOST_NEIGHBOURS:,}")


def _token_embeddings(checkpoint: Checkpoint, ids: Sequence[int]) -> FloatArray:
    """(ids, H)"""
    return as_array(checkpoint.model.embeddings.token.weight.detach()[list(ids)])


def _nearest(
    words: Sequence[str],
    rows: FloatArray,
    vector: FloatArray,
    number: int,
    without: set[str],
) -> tuple[tuple[str, float], ...]:
    """Words by cosine, nearest first; of equals the one that stands first."""
    cosines = rows @ unit(vector)  # (V,)
    order = np.argsort(-cosines, kind="stable")[: number + len(without)]
    near = [(words[i], float(cosines[i])) for i in order if words[i] not in without]
    return tuple(near[:number])
