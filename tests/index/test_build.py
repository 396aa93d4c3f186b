"""What an index holds; another one is not mixed into it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bert_core.checkpoint.load import Checkpoint
from bert_core.index import build
from bert_core.index.build import build_index
from bert_core.index.corpus import Corpus, open_corpus
from bert_core.index.job import Progress, Settings, Workers
from bert_core.index.search import open_index
from tests.index.conftest import LAYERS, SMALL, Brute, Built, contents
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer


def test_an_index_says_what_it_holds(
    built: Built, bert: Checkpoint, corpus: Corpus, brute: Brute
) -> None:
    info = built.finished.info
    assert (info.tokens, info.documents) == (len(brute.rows), 7)
    assert info.sentences == len({(row.document, row.number) for row in brute.rows})
    assert (info.corpus, info.model, info.layers) == (corpus.name, "tiny", LAYERS)
    assert (info.kind, info.parts_of_speech, built.finished.left_out) == ("exact", False, 0)
    assert len(info.fingerprint) == 64
    assert not (built.folder / "shards").exists()


def test_rows_follow_the_corpus(built: Built, brute: Brute) -> None:
    places = built.opened._metadata.places(range(len(brute.rows)))
    found = [places[row] for row in range(len(brute.rows))]
    for place, row in zip(found, brute.rows, strict=True):
        assert (place.document, place.sentence_number) == (row.document, row.number)
        assert (place.sentence, place.start, place.end) == (row.sentence, row.start, row.end)
        assert place.part_of_speech is None


def test_a_finished_index_is_not_made_again(
    bert: Checkpoint, corpus: Corpus, built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "plan_shards", None)
    before = contents(built.folder)
    assert build_index(bert, corpus, built.folder, SMALL) == built.finished
    assert contents(built.folder) == before


def test_progress_is_told(bert: Checkpoint, corpus: Corpus, brute: Brute, tmp_path: Path) -> None:
    reports: list[Progress] = []
    said: list[str] = []
    build_index(bert, corpus, tmp_path, SMALL, on_progress=reports.append, say=said.append)
    last = reports[-1]
    assert [report.shard for report in reports] == list(range(1, last.shards + 1))
    assert last.shards > 3 and last.words == last.words_planned == len(brute.rows)
    assert last.seconds_left == 0 and last.tokens_per_second > 0
    assert last.line().startswith(f"shard {last.shards} of {last.shards}  {last.words} of about ")
    assert f"indexing {len(brute.rows)} vectors for each layer (exact)" in said


def another_model() -> Checkpoint:
    return Checkpoint("tiny", random_model(tiny_config(), seed=9), tiny_tokenizer(), ())


@pytest.mark.parametrize("begun", ["begun", "finished"])
def test_another_index_in_the_same_folder_is_refused(
    bert: Checkpoint, corpus: Corpus, folder: Path, built: Built, tmp_path: Path, begun: str
) -> None:
    index = tmp_path / "index"
    shutil.copytree(built.folder, index)
    if begun == "begun":
        (index / "index.json").unlink()
    before = contents(index)
    shutil.copytree(folder, tmp_path / "other")
    (tmp_path / "other" / "more.txt").write_text("The sea.", encoding="utf-8")
    for arguments, said in (
        ((bert, open_corpus(str(tmp_path / "other")), index, SMALL), "begun with another text"),
        ((another_model(), corpus, index, SMALL), "begun with another model"),
        ((bert, corpus, index, replace(SMALL, layers=(1,))), r"layers \[0, 1, 2\], not \[1\]"),
        ((bert, corpus, index, replace(SMALL, limit=9)), "limit None, not 9"),
        ((bert, corpus, index, Settings(LAYERS)), "shard words 60, not 50000"),
    ):
        with pytest.raises(ValueError, match=said):
            build_index(*arguments)
    assert contents(index) == before


def test_a_corpus_at_another_place_is_the_same(
    bert: Checkpoint, folder: Path, built: Built, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "moved")
    moved = open_corpus(str(tmp_path / "moved"))
    assert build_index(bert, moved, built.folder, SMALL) == built.finished


@pytest.mark.parametrize("layers", [(3,), (-1, 1)])
def test_a_layer_that_is_not_there_is_refused(
    bert: Checkpoint, corpus: Corpus, tmp_path: Path, layers: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"layer is (3|-1); it must be from 0 to 2"):
        build_index(bert, corpus, tmp_path / "new", Settings(layers))
    assert not (tmp_path / "new").exists()


def test_the_default_layers_are_the_middle_and_the_last(
    bert: Checkpoint, corpus: Corpus, tmp_path: Path
) -> None:
    settings = Settings(limit=50)
    finished = build_index(bert, corpus, tmp_path, settings)
    assert finished.info.layers == (1, 2)
    assert 50 <= finished.info.tokens < 50 + 12


def test_a_disk_that_is_too_small_is_named_at_once(
    bert: Checkpoint, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(ValueError, match=r"has 0\.0 GB free, but .* GB more are needed"):
        build_index(bert, corpus, tmp_path, SMALL)


def test_parts_and_order_of_shards_do_not_matter(
    bert: Checkpoint, corpus: Corpus, built: Built, tmp_path: Path
) -> None:
    backwards = Workers(lambda work, numbers: map(work, reversed(numbers)), 1, True)
    finished = build_index(bert, corpus, tmp_path, SMALL, workers=backwards)
    assert finished.parts > 3 and finished.info == built.finished.info
    assert contents(tmp_path)["words.sqlite"] == contents(built.folder)["words.sqlite"]
    assert len(list((tmp_path / "shards").iterdir())) == finished.parts, "shards are kept"


def test_parts_of_speech_are_kept(bert: Checkpoint, corpus: Corpus, tmp_path: Path) -> None:
    class Fake:
        name = "fake"

        def tags(self, texts: list[str], starts: list[list[int]]) -> list[list[str | None]]:
            pairs = zip(texts, starts, strict=True)
            return [[None if text[at] == "." else text[at:][:3] for at in s] for text, s in pairs]

    finished = build_index(bert, corpus, tmp_path, SMALL, Fake())
    assert finished.info.parts_of_speech
    places = open_index(tmp_path)._metadata.places(range(finished.info.tokens))
    for place in places.values():
        said = place.sentence[place.start :][:3]
        assert place.part_of_speech == (None if said[0] == "." else said)


def test_a_large_index_finds_what_an_exact_one_finds(
    bert: Checkpoint, corpus: Corpus, built: Built, brute: Brute, tmp_path: Path
) -> None:
    finished = build_index(bert, corpus, tmp_path, replace(SMALL, exact_rows=100))
    lists = len(brute.rows) // 50
    assert finished.info.kind == f"IVF{lists},SQ8" and lists > 4
    vector, large = brute.vectors[2][17], open_index(tmp_path)
    exact = built.opened.nearest(vector, 2, 5, word="boats")
    found = large.nearest(vector, 2, 5, word="boats")
    cosines = [[context.cosine for context in each.contexts] for each in (found, exact)]
    assert cosines[0] == pytest.approx(cosines[1], abs=0.02)
    assert large.nearest(vector, 2, 5).contexts[0].cosine == pytest.approx(1, abs=0.02)
