"""The registry of sources: pinned, licensed, parsed once and cached. No network."""

import json
from pathlib import Path

import pytest

from bert_core.checkpoint.load import load_tokenizer
from bert_core.data import corpora
from bert_core.data.corpora import SOURCES, Document, describe, is_fetched, packaged_documents
from tests.data.samples import PACKAGE, many


def test_parsed_documents_are_cached_by_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Path] = []

    def read(path: Path) -> list[Document]:
        calls.append(path)
        return [Document("s/1", "s", ("One “é”.", "Two.")), Document("s/2", "s", ("Alone.",))]

    monkeypatch.setattr(corpora, "fetch", lambda package, cache: tmp_path)
    source = corpora.CorpusSource("s", "S", PACKAGE, "CC0", "its README", read)
    monkeypatch.setitem(SOURCES, "s", source)
    first = packaged_documents(tmp_path, ["s"])
    assert first == [Document("s/1", "s", ("One “é”.", "Two."))]
    assert packaged_documents(tmp_path, ["s"]) == first and len(calls) == 1
    monkeypatch.setattr(corpora, "PARSER_VERSION", "other")
    packaged_documents(tmp_path, ["s"])
    assert len(calls) == 2
    with pytest.raises(ValueError, match="unknown source 'x'.*wordnet"):
        packaged_documents(tmp_path, ["x"])


def test_every_source_is_pinned_and_states_its_licence() -> None:
    for name, source in SOURCES.items():
        assert source.name == name and source.licence and source.licence_source
        assert len(bytes.fromhex(source.package.sha256)) == 32


def test_describe_counts_each_source() -> None:
    documents = [Document("a/1", "a", ("One two.", "Three.")), Document("b/1", "b", ("Four.",))]
    counts = [corpora.SourceCounts("a", 1, 2, 3, 14), corpora.SourceCounts("b", 1, 1, 1, 5)]
    assert describe(documents) == counts
    tokens = [one.tokens for one in describe(documents, load_tokenizer())]
    assert tokens == [5, 2], "full stops are tokens, [CLS] and [SEP] are not counted"


def test_a_source_is_fetched_when_its_archive_or_its_parsed_text_is_there(tmp_path: Path) -> None:
    source = SOURCES["wordnet"]
    assert not is_fetched(source, tmp_path)
    archive = tmp_path / "archives" / source.package.filename
    archive.parent.mkdir()
    archive.touch()
    assert is_fetched(source, tmp_path)
    archive.unlink()
    key = f"wordnet-{source.package.sha256[:8]}-v{corpora.PARSER_VERSION}.jsonl"
    corpora.write_jsonl(tmp_path / "documents" / key, many(1))
    assert is_fetched(source, tmp_path)


def test_jsonl_is_one_object_a_line(tmp_path: Path) -> None:
    documents = many(3)
    corpora.write_jsonl(tmp_path / "x" / "a.jsonl", documents)
    lines = (tmp_path / "x" / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["d/0", "d/1", "d/2"]
    assert corpora.read_jsonl(tmp_path / "x" / "a.jsonl") == documents
    assert [item.name for item in (tmp_path / "x").iterdir()] == ["a.jsonl"]
