"""The verb `corpora`, on a parser of its own: what is there is counted, nothing is fetched."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bert_core.cli import corpora
from bert_core.cli.text import Result
from bert_core.data import corpora as module
from bert_core.data.corpora import PARSER_VERSION, SOURCES, Document, write_jsonl
from bert_core.data.packages import PackageArchive


def run(*arguments: str) -> tuple[Result, str]:
    """The document, as JSON gives it back, and the lines to read."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    verbs = parser.add_subparsers(required=True)

    def verb(
        name: str,
        run: Callable[[argparse.Namespace], Result],
        show: Callable[[Result], str],
        parent: Any = None,
    ) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, description=run.__doc__, exit_on_error=False)
        added.set_defaults(run=run, show=show)
        return added

    corpora.add(verb, argparse.ArgumentParser(add_help=False))
    options = parser.parse_args(["corpora", *arguments])
    result = options.run(options)
    return json.loads(json.dumps(result, allow_nan=False)), options.show(result)


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A cache that holds the tales of Andersen; the names of packages asked for."""
    monkeypatch.setenv("BERT_EXPLORER_CACHE", str(tmp_path))
    key = f"andersen-{SOURCES['andersen'].package.sha256[:8]}-v{PARSER_VERSION}.jsonl"
    tale = Document("andersen/1", "andersen", ("A duck swam.", "It was ugly."))
    write_jsonl(tmp_path / "documents" / key, [tale])
    asked: list[str] = []

    def fetch(package: PackageArchive, cache: Path) -> Path:
        asked.append(package.name)
        return tmp_path

    monkeypatch.setattr(module, "fetch", fetch)
    return asked


def test_every_source_is_listed_and_none_is_fetched(fetched: list[str]) -> None:
    result, said = run()
    assert fetched == []
    rows = {row["name"]: row for row in result["sources"]}
    assert list(rows) == list(SOURCES)
    for name, source in SOURCES.items():
        row, package = rows[name], source.package
        assert (row["package"], row["version"], row["sha256"]) == (
            package.name, package.version, package.sha256,
        )  # fmt: skip
        assert (row["licence"], row["licence_source"]) == (source.licence, source.licence_source)
        assert row["fetched"] == (name == "andersen")
        assert f"{package.version}, SHA-256 {package.sha256}" in said
        assert f"licence: {source.licence}" in said
    counts = {"documents": 1, "sentences": 2, "words": 6, "tokens": None}
    assert {name: rows["andersen"][name] for name in counts} == counts
    assert (result["fetched"], result["total_of_fetched"]) == (1, counts)
    assert all(rows["wordnet"][name] is None for name in counts)
    assert "Tales of Andersen; 1 documents, 2 sentences, 6 words\n" in said
    assert "WordNet 3.0 glosses and examples; not fetched (--fetch does)" in said
    end = "sources are fetched; together 1 documents, 2 sentences, 6 words"
    assert said.endswith(f"1 of {len(SOURCES)} {end}")


def test_tokens_are_those_of_the_bundled_tokenizer(fetched: list[str]) -> None:
    result, said = run("--tokens")
    (tokens,) = {row["tokens"] for row in result["sources"] if row["fetched"]}
    assert tokens == result["total_of_fetched"]["tokens"] == 8
    assert "6 words, 8 tokens" in said and fetched == []


def test_what_is_not_there_is_fetched_when_asked(
    fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in set(SOURCES) - {"andersen", "bible"}:
        monkeypatch.delitem(SOURCES, name)
    texts = [Document("bible/1", "bible", ("One two.", "Three."))]
    bible = module.CorpusSource(
        "bible", "B", SOURCES["bible"].package, "none", "none", lambda archive: texts
    )
    monkeypatch.setitem(SOURCES, "bible", bible)
    result, _ = run("--fetch")
    assert fetched == [bible.package.name]
    assert [row["words"] for row in result["sources"]] == [6, 3] and result["fetched"] == 2
