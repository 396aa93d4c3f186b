"""A tiny model, a corpus of a few files, and its index."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bert_core.checkpoint.load import Checkpoint
from bert_core.data.own_text import file_document
from bert_core.index.build import build_index
from bert_core.index.corpus import Corpus, open_corpus
from bert_core.index.job import Settings
from bert_core.index.manifest import Finished
from bert_core.index.search import CorpusIndex, open_index
from bert_core.index.words import embed_words
from tests.model.tiny import WORDS, random_model, tiny_config, tiny_tokenizer

LAYERS = (0, 1, 2)
SMALL = Settings(layers=LAYERS, shard_words=60)
"""Settings that cut the corpus into several shards."""


def make_corpus(folder: Path, documents: int = 7) -> Path:
    """Files of sentences drawn from the tiny vocabulary; 'zebra' is a word it does not have."""
    rng = np.random.default_rng(3)
    folder.mkdir()
    for number in range(documents):
        sentences = []
        for _ in range(int(rng.integers(2, 9))):
            words = [*rng.choice(WORDS, int(rng.integers(3, 9))), "boats", "zebra"]
            sentences.append(" ".join(rng.permutation(words)).capitalize() + ".")
        sentences.append("The fishing town by the sea.")
        (folder / f"{number:02}.txt").write_text(" ".join(sentences), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def bert() -> Checkpoint:
    model = random_model(tiny_config(), seed=8)
    return Checkpoint("tiny", model, tiny_tokenizer(), ())


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files; no test may change them."""
    return make_corpus(tmp_path_factory.mktemp("index") / "corpus")


@pytest.fixture(scope="session")
def corpus(folder: Path) -> Corpus:
    return open_corpus(str(folder))


@dataclass(frozen=True)
class Built:
    """A finished index that no test may change, and where it is."""

    folder: Path
    finished: Finished
    opened: CorpusIndex


@pytest.fixture(scope="session")
def built(bert: Checkpoint, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("index") / "made"
    finished = build_index(bert, corpus, folder, SMALL)
    return Built(folder, finished, open_index(folder, finished.info.fingerprint))


@dataclass(frozen=True)
class Row:
    """One word of the corpus, worked out without an index."""

    document: str
    number: int
    sentence: str
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.sentence[self.start : self.end]


@dataclass(frozen=True)
class Brute:
    """Every word of the corpus, with its vectors, in one array a layer."""

    rows: list[Row]
    vectors: dict[int, np.ndarray]


@pytest.fixture(scope="session")
def brute(bert: Checkpoint, folder: Path) -> Brute:
    documents = [file_document(path) for path in sorted(folder.glob("*.txt"))]
    sentences = [(d.id, at, text) for d in documents for at, text in enumerate(d.sentences)]
    words = embed_words(bert, [text for _, _, text in sentences], LAYERS)
    rows = [
        Row(*sentence, word.start, word.end)
        for sentence, found in zip(sentences, words.words, strict=True)
        for word in found
    ]
    return Brute(rows, {k: v.astype(np.float32) for k, v in words.vectors.items()})


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of an index; of the database, what it says."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".sqlite":
            with closing(sqlite3.connect(path)) as database:
                found[path.name] = "\n".join(database.iterdump()).encode()
        elif path.is_file():
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found
