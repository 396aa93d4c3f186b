"""Answers are those of comparing every row, one by one; what cannot be answered is said."""

import json
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from bert_core.checkpoint.fingerprint import fingerprint
from bert_core.checkpoint.load import Checkpoint
from bert_core.data.documents import Document
from bert_core.index.build import build_index
from bert_core.index.corpus import packaged_corpus
from bert_core.index.job import Settings
from bert_core.index.search import CorpusIndex, open_index
from tests.index.conftest import LAYERS, Brute, Built
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer

COUNT = 12


def query(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(32).astype(np.float32) * 5


def expected(
    brute: Brute, vector: np.ndarray, layer: int, word: str | None = None, document: str = ""
) -> list[tuple[float, str, int, int]]:
    """Cosine, sentence, start and end of the nearest, each place of a sentence once."""
    cosines = brute.vectors[layer] @ (vector / np.linalg.norm(vector))
    found: dict[tuple[str, int], tuple[float, str, int, int]] = {}
    for at in np.argsort(-cosines, kind="stable"):
        row = brute.rows[at]
        if (word is None or row.word.lower() == word) and document in row.document:
            place = row.sentence, row.start
            found.setdefault(place, (float(cosines[at]), *place, row.end))
    return list(found.values())[:COUNT]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(
    ("word", "document"), [(None, ""), ("boats", ""), (None, "03"), ("zebra", "0"), (".", "5.txt")]
)
def test_the_nearest_are_those_of_comparing_all(
    built: Built, brute: Brute, layer: int, word: str | None, document: str
) -> None:
    for seed in range(5):
        vector = query(seed)
        found = built.opened.nearest(vector, layer, COUNT, word and word.upper(), document or None)
        wanted = expected(brute, vector, layer, word, document)
        assert found.layer == layer and found.milliseconds > 0
        places = [(c.sentence, c.start, c.end) for c in found.contexts]
        assert set(places) == {tuple(place) for _, *place in wanted}
        cosines = [c.cosine for c in found.contexts]
        np.testing.assert_allclose(cosines, [cosine for cosine, *_ in wanted], atol=1e-4)
        assert len(places) == len(set(places)) > 0


def test_what_stands_at_a_place_is_told(built: Built, brute: Brute) -> None:
    row = next(r for r in brute.rows if r.word == "town" and r.sentence.startswith("The fishing"))
    vector = brute.vectors[2][brute.rows.index(row)]
    found = built.opened.nearest(vector, 2, 1).contexts[0]
    assert found.token == "town" and found.cosine == pytest.approx(1, abs=1e-3)
    assert (found.document, found.sentence_number) == (row.document, row.number)
    assert found.sentence == "The fishing town by the sea." and found.part_of_speech is None
    assert (found.before, found.after) == ("fishing", "by")


def test_words_and_neighbours_are_counted(built: Built) -> None:
    found = built.opened.nearest(query(1), 1, 40)
    words = Counter(context.token.lower() for context in found.contexts)
    assert dict(found.words) == dict(words)
    assert [n for _, n in found.words] == sorted(words.values(), reverse=True)
    sides = [s.lower() for c in found.contexts for s in (c.before, c.after) if s]
    assert dict(found.neighbours) == dict(Counter(sides)) and "." not in dict(found.neighbours)
    for context in found.contexts:
        if context.start == 0:
            assert context.before == ""
        if context.token == ".":
            assert context.after == ""


def test_a_sentence_that_is_there_often_is_listed_once(
    bert: Checkpoint, tmp_path: Path
) -> None:
    texts = ("the sea.",) * 300 + ("the old river.", "a boat.")
    corpus = packaged_corpus([Document("d/1", "d", texts), Document("d/2", "d", texts)])
    build_index(bert, corpus, tmp_path, Settings((2,)))
    opened = open_index(tmp_path)
    for word, places in (("the", 2), (None, 10)):
        found = opened.nearest(query(2), 2, 20, word)
        assert len(found.contexts) == places
        assert {c.document for c in found.contexts} == {"d/1"}


def corpus_index(bert: Checkpoint, folder: Path, *texts: str) -> CorpusIndex:
    build_index(bert, packaged_corpus([Document("d/1", "d", texts)]), folder, Settings((2,)))
    return open_index(folder)


def test_senses_of_a_word(built: Built, brute: Brute) -> None:
    found = built.opened.senses("Boats", 2, seed=3)
    rows = [row for row in brute.rows if row.word.lower() == "boats"]
    distinct = {(row.sentence, row.start) for row in rows}
    assert (found.word, found.layer, found.found) == ("Boats", 2, len(rows))
    assert found.occurrences == len(distinct) == sum(sense.size for sense in found.senses)
    assert [s.size for s in found.senses] == sorted((s.size for s in found.senses), reverse=True)
    for sense in found.senses:
        assert 1 <= len(sense.examples) <= 5
        assert all(example.token.lower() == "boats" for example in sense.examples)
        cosines = [example.cosine for example in sense.examples]
        assert cosines == sorted(cosines, reverse=True)
        assert "boats" not in dict(sense.neighbours)
    assert replace(found, word="boats") == built.opened.senses("boats", 2, seed=3)
    few = built.opened.senses("boats", 2, most=5)
    assert (few.occurrences, few.found) == (5, len(rows))


def test_groups_that_are_there_are_senses(built: Built) -> None:
    """A word whose vectors, by a stand-in for the index, lie around three directions."""
    rows = built.opened._metadata.rows_of_word("boats")
    truth = dict(zip(rows.tolist(), np.arange(len(rows)) % 5 % 3, strict=True))

    class Stub:
        def vectors(self, wanted: np.ndarray) -> np.ndarray:
            noise = 0.01 * np.random.default_rng(1).standard_normal((len(wanted), 32))
            rows = np.eye(32)[[truth[row] for row in wanted.tolist()]] + noise
            return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    opened = CorpusIndex(built.opened.info, {2: Stub()}, built.opened._metadata)
    found = opened.senses("boats", 2)
    assert found.silhouette > 0.9 and found.occurrences == len(rows)
    sizes = np.bincount(list(truth.values()))
    assert [sense.size for sense in found.senses] == sorted(sizes, reverse=True)
    places = built.opened._metadata.places(truth)
    numbers = {(p.sentence, p.start): truth[row] for row, p in places.items()}
    groups = [{numbers[e.sentence, e.start] for e in sense.examples} for sense in found.senses]
    assert all(len(group) == 1 for group in groups) and len(set.union(*groups)) == 3


def test_one_occurrence_is_one_sense(bert: Checkpoint, tmp_path: Path) -> None:
    opened = corpus_index(bert, tmp_path, "the sea.", "a boat by the river.")
    found = opened.senses("boat", 2)
    assert (found.occurrences, found.silhouette, len(found.senses)) == (1, 0, 1)
    assert found.senses[0].examples[0].sentence == "a boat by the river."


def test_what_cannot_be_answered_is_said(built: Built) -> None:
    ask, vector = built.opened.nearest, query(1)
    for arguments, said in (
        ((vector, 3), "layer is 3; this index has 0 and 1 and 2"),
        ((vector[:7], 2), r"shape \(7,\); it must have \(32,\)"),
        ((vector * 0, 2), "not be all 0"),
        ((vector * np.nan, 2), "finite"),
        ((vector, 2, 0), "count is 0; it must be from 1 to 1,000"),
        ((vector, 2, 1_001), "count is 1001"),
        ((vector, 2, 5, "banks"), "'banks' does not occur in the corpus"),
        ((vector, 2, 5, None, "moby"), "no document of the corpus has 'moby' in its name"),
    ):
        with pytest.raises(ValueError, match=said):
            ask(*arguments)
    with pytest.raises(ValueError, match="'banks' does not occur"):
        built.opened.senses("banks", 2)
    with pytest.raises(ValueError, match="layer is 9"):
        built.opened.senses("boats", 9)
    with pytest.raises(ValueError, match="most is 0; it must be at least 1"):
        built.opened.senses("boats", 2, most=0)


def test_both_filters_may_let_nothing_through(bert: Checkpoint, tmp_path: Path) -> None:
    documents = [Document("d/1", "d", ("the sea.",)), Document("d/2", "d", ("a boat.",))]
    build_index(bert, packaged_corpus(documents), tmp_path, Settings((2,)))
    found = open_index(tmp_path).nearest(query(1), 2, 5, "boat", "d/1")
    assert found.contexts == () == found.words


def test_documents_are_listed(built: Built) -> None:
    names = built.opened.documents()
    assert names == tuple(f"folder/{at:02}.txt" for at in range(7))
    assert built.opened.documents("03") == names[3:4]
    assert built.opened.documents("FOLDER", 2) == names[:2]
    assert built.opened.documents("%") == ()


def test_many_threads_get_the_same_answers(built: Built) -> None:
    def ask(seed: int) -> object:
        word = ("boats", None)[seed % 2]
        return replace(built.opened.nearest(query(seed % 5), 2, 10, word), milliseconds=0)

    alone = [ask(seed) for seed in range(60)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(60))) == alone


def test_another_models_vectors_are_refused(bert: Checkpoint, built: Built) -> None:
    assert open_index(built.folder, fingerprint(bert)).info == built.finished.info
    other = Checkpoint("tiny", random_model(tiny_config(), seed=9), tiny_tokenizer(), ())
    with pytest.raises(ValueError, match="vectors of another model .*made with 'tiny'"):
        open_index(built.folder, fingerprint(other))


def test_a_fingerprint_is_of_the_encoder_in_any_precision(bert: Checkpoint) -> None:
    def of(seed: int, heads: tuple[str, ...], dtype: torch.dtype) -> str:
        model = random_model(tiny_config(), seed, heads).to(dtype)
        return fingerprint(replace(bert, model=model))

    every = ("pooler", "mlm", "nsp")
    same = of(8, every, torch.float32)
    assert same == fingerprint(bert) == of(8, every, torch.bfloat16) == of(8, (), torch.float32)
    assert of(9, every, torch.float32) != same


def broken(built: Built, folder: Path) -> Path:
    shutil.copytree(built.folder, folder)
    return folder


def test_a_folder_without_a_finished_index_says_how_to_make_one(
    built: Built, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="no index in .*python -m bert_core index --corpus pack"):
        open_index(tmp_path / "none")
    folder = broken(built, tmp_path / "index")
    (folder / "index.json").unlink()
    with pytest.raises(ValueError, match="not finished; give the command that began it again"):
        open_index(folder)


@pytest.mark.parametrize("name", ["words.sqlite", "layer-1-00000.faiss"])
def test_a_file_that_is_missing_or_cut_off_is_named(
    built: Built, tmp_path: Path, name: str
) -> None:
    folder = broken(built, tmp_path / "index")
    path = folder / name
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=f"{name} is missing or not of its size .*make it anew"):
        open_index(folder)
    path.unlink()
    with pytest.raises(ValueError, match=f"{name} is missing"):
        open_index(folder)


def test_a_description_that_is_garbled_is_named(built: Built, tmp_path: Path) -> None:
    folder = broken(built, tmp_path / "index")
    path = folder / "index.json"
    values = json.loads(path.read_text())
    for text in ("{", "[]", "{}", json.dumps({**values, "format": 99}), '{"format": 1}'):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"index\.json cannot be .*make it anew"):
            open_index(folder)


def test_a_database_that_is_garbled_is_named(built: Built, tmp_path: Path) -> None:
    folder = broken(built, tmp_path / "index")
    path = folder / "words.sqlite"
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(ValueError, match=r"words\.sqlite cannot be read .*make it anew"):
        open_index(folder).nearest(query(1), 2)


def test_an_index_is_not_written_to(built: Built) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in built.folder.iterdir()}
    open_index(built.folder).nearest(query(1), 2)
    assert {path.name: path.stat().st_mtime_ns for path in built.folder.iterdir()} == before
