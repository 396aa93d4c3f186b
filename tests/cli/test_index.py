"""The verbs `index` and `nearest`, on a parser of their own."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bert_core.analysis.vectors import Target, embed
from bert_core.checkpoint.load import Checkpoint
from bert_core.cli import index
from bert_core.cli.text import Result
from bert_core.index.search import CorpusIndex, open_index

Capture = pytest.CaptureFixture[str]
SENTENCE = "A boat by the old river."


def run(*arguments: str) -> tuple[Result, str]:
    """What a verb answers, and the lines it shows."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    verbs = parser.add_subparsers(required=True)

    def verb(
        name: str, run: Callable[[argparse.Namespace], Result], show: Callable[[Result], str]
    ) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, exit_on_error=False)
        added.set_defaults(run=run, show=show)
        for option, default in (("model", "bundled"), ("device", "cpu"), ("precision", "float32")):
            added.add_argument(f"--{option}", default=default)
        return added

    index.add(verb)
    options = parser.parse_args(arguments)
    result: Result = options.run(options)
    return result, options.show(result)


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index-cli") / "texts"
    folder.mkdir()
    for name, text in (
        ("one", "The old river runs to the sea. A fishing boat runs by."),
        ("two", "A river has water. The boat has a very long run."),
    ):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(texts: Path, tiny: str) -> Path:
    folder = texts.parent / "index"
    where = ["--corpus", str(texts), "--output", str(folder), "--model", tiny]
    run("index", *where, "--layers", "2,0")
    return folder


@pytest.fixture(scope="module")
def opened(made: Path) -> CorpusIndex:
    return open_index(made)


def test_index_tells_what_it_made_and_how_far_it_is(
    texts: Path, tiny: str, made: Path, capsys: Capture
) -> None:
    where = ["--corpus", str(texts), "--output", str(made / "new"), "--model", tiny]
    result, shown = run("index", *where)
    err = capsys.readouterr().err
    assert "shard 1 of 1  27 of about 27 words" in err and "tokens/s" in err
    expected = asdict(open_index(made / "new").info)
    assert {**result, **expected} == result
    assert result["layers"] == (1, 2) and result["tokens"] == 27 and result["left_out"] == 0
    assert result["seconds"] > 0 and result["output"] == str(made / "new")
    assert f"{made / 'new'}: 27 words of 4 sentences in 2 documents, layers 1, 2, exact" in shown
    assert "without parts of speech" in shown
    again, _ = run("index", *where)
    assert {**again, "seconds": 0} == {**result, "seconds": 0}


def without_time(result: Any) -> Any:
    return {**result, "milliseconds": 0}


@pytest.mark.parametrize("layer", [None, 0])
def test_nearest(opened: CorpusIndex, made: Path, bert: Checkpoint, tiny: str, layer: int) -> None:
    chosen = [] if layer is None else ["--layer", str(layer)]
    ask = ["nearest", "--index", str(made), "--sentence", SENTENCE, *chosen, "--model", tiny]
    at = 2 if layer is None else 0
    vector = embed(bert, [Target(SENTENCE, 2, 6)], at)[0]
    expected = without_time(asdict(opened.nearest(vector, at, 3)))
    by_word, shown = run(*ask, "--word", "Boat", "--count", "3")
    assert without_time(by_word) == expected
    by_place, _ = run(*ask, "--start", "2", "--end", "6", "--count", "3")
    assert without_time(by_place) == expected
    assert len(shown.splitlines()) == 5 and "[boat]" in shown
    assert "words: " in shown and "beside them: " in shown
    filtered, _ = run(*ask, "--word", "boat", "--only-word", "--document", "two")
    (only,) = filtered["contexts"]
    assert (only["token"], only["document"]) == ("boat", "folder/two.txt")


def test_senses(opened: CorpusIndex, made: Path) -> None:
    result, shown = run("nearest", "--index", str(made), "--senses", "the", "--seed", "3")
    assert result == asdict(opened.senses("the", 2, seed=3))
    assert shown.startswith("the: 3 of 3 occurrences, layer 2, silhouette ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give either --sentence with --word"),
        (["--sentence", SENTENCE, "--senses", "boat"], "give either --sentence"),
        (["--sentence", SENTENCE], "None to None is no part of a sentence of 24 characters"),
        (["--sentence", SENTENCE, "--word", "boats"], "'boats' is no word of the sentence"),
        (["--sentence", SENTENCE, "--word", "oat"], "'oat' is no word of the sentence"),
        (["--sentence", SENTENCE, "--word", " "], "' ' is no word of the sentence"),
        (["--sentence", SENTENCE, "--start", "3", "--end", "99"], "3 to 99 is no part"),
        (["--senses", "zebra"], "'zebra' does not occur in the corpus"),
        (["--senses", "boat", "--layer", "1"], "layer is 1; this index has 0 and 2"),
    ],
)
def test_what_cannot_be_asked_is_said(
    made: Path, tiny: str, arguments: list[str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        run("nearest", "--index", str(made), "--model", tiny, *arguments)


def test_layers_are_numbers() -> None:
    with pytest.raises(argparse.ArgumentError, match="'2,x'; give numbers such as 3,6"):
        run("index", "--layers", "2,x")


def test_where_no_index_is_it_is_said_how_to_make_one(
    tmp_path: Path, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BERT_EXPLORER_INDEX", str(tmp_path / "here"))
    with pytest.raises(ValueError, match="no index in .*here; make one: python -m bert_core ind"):
        run("nearest", "--senses", "boat", "--model", tiny)
