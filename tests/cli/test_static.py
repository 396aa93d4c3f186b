"""The verbs `word2vec`, `static` and `define`."""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bert_core.analysis.contexts import contexts
from bert_core.analysis.definitions import match_senses
from bert_core.analysis.static_vectors import input_embedding_static, load_static
from bert_core.checkpoint.load import Checkpoint
from bert_core.checkpoint.word_vectors import read_vectors
from bert_core.cli import static
from bert_core.data.wordnet_senses import word_senses
from bert_core.outputs import LabelledSentence
from tests.data.wordnet_files import write_wordnet

NOUNS = {"river": "very long water", "sea": "water by the town", "boat": "it runs in water"}


@pytest.fixture
def run(tiny: str) -> Callable[..., tuple[Any, str]]:
    """Runs a verb: its JSON document, read back, and its text."""
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers(dest="verb")

    def verb(name: str, run: Any, show: Any) -> argparse.ArgumentParser:
        added = subparsers.add_parser(name, description=run.__doc__)
        added.set_defaults(run=run, show=show, model=tiny, device="cpu", precision="float32")
        return added

    static.add(verb)

    def answer(*arguments: str) -> tuple[Any, str]:
        options = parser.parse_args(arguments)
        result = options.run(options)
        return json.loads(json.dumps(result, allow_nan=False)), options.show(result)

    return answer


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    nouns = [([word], meaning) for word, meaning in sorted(NOUNS.items())]
    return write_wordnet(tmp_path / "wn", {"noun": nouns})


def test_word2vec(
    run: Callable[..., tuple[Any, str]], corpus: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    output = tmp_path / "out"
    settings = ["--size", "8", "--epochs", "2", "--keep", "12", "--min-count", "3"]
    found, text = run("word2vec", "--corpus", corpus, "--output", str(output), *settings)
    words, matrix = read_vectors(output)
    assert matrix.shape == (12, 8) and "river" in words
    assert found["words"] == 12 and found["learned"] > 12 and found["output"] == str(output)
    assert found["arguments"]["size"] == 8 and found["arguments"]["seed"] == 42
    assert text.startswith("12 words of ") and str(output) in text
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(",")[0] for line in said] == ["epoch 1 of 2", "epoch 2 of 2"]


def test_static(run: Callable[..., tuple[Any, str]], bert: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "glove.txt"
    path.write_text("the 1 0\nriver 0 2\nsea 1 2\n")
    found, text = run("static", "River", "--vectors", str(path), "--neighbours", "2")
    assert list(found) == ["word", "vectors", "carry_over"] and found["carry_over"] is None
    expected = [load_static(path).lookup("River", 2), input_embedding_static(bert, "River", 2)]
    for document, own in zip(found["vectors"], expected, strict=True):
        assert own.vector is not None and document["vector"] == own.vector.tolist()
        near = [(one["word"], one["cosine"]) for one in document["neighbours"]]
        assert near == list(own.neighbours) and len(near) == 2
        assert document["source"] == own.source and document["vocabulary"] == own.vocabulary
    assert "glove.txt, 3 words: river\n   0.894  sea\n   0.000  the\n" in text
    unknown, said = run("static", "boat", "--vectors", str(path))
    assert unknown["vectors"][0]["vector"] is None and unknown["vectors"][1]["vector"]
    assert "no vector: 'boat' is not among the 3 words of glove.txt" in said


def test_static_without_a_file_uses_the_bundled_vectors(
    run: Callable[..., tuple[Any, str]],
) -> None:
    found, _ = run("static", "river", "--neighbours", "3")
    assert found["vectors"][0]["source"] == "Word2Vec"
    assert len(found["vectors"][0]["neighbours"]) == 3


def test_define(
    run: Callable[..., tuple[Any, str]], bert: Checkpoint, wordnet: Path
) -> None:
    texts = ["the rivers runs", "a boat by the river"]
    asked = [part for text in texts for part in ("--sentence", text)]
    found, text = run("define", "river", *asked, "--wordnet", str(wordnet), "--layer", "1")
    senses = word_senses(wordnet, "river")
    where = contexts(bert, [LabelledSentence(one) for one in texts], "river", inflected=True)
    matches = match_senses(bert, where, senses, 1)
    assert found["layer"] == 1 and found["wordnet"] == str(wordnet)
    assert found["senses"] == json.loads(json.dumps([asdict(sense) for sense in senses]))
    assert [one["form"] for one in found["occurrences"]] == ["rivers", "river"]
    assert [one["text"] for one in found["occurrences"]] == texts
    for one, match in zip(found["occurrences"], matches, strict=True):
        assert one["best"] == senses[match.best].key and one["scores"] == [*match.scores]
    assert text.splitlines()[0] == texts[0] and "noun: very long water" in text
    last, _ = run("define", "river", *asked, "--wordnet", str(wordnet))
    assert last["layer"] == 2


@pytest.mark.parametrize(
    ("word", "sentence", "more", "message"),
    [
        ("town", "the town", (), "'town' is not in WordNet"),
        ("river", "the town", (), "river"),
        ("river", "the river", ("--layer", "9"), "layer is 9; it must be from 0 to 2"),
    ],
)
def test_what_cannot_be_defined_is_said(
    run: Callable[..., tuple[Any, str]], wordnet: Path, word: str, sentence: str,
    more: tuple[str, ...], message: str,
) -> None:  # fmt: skip
    with pytest.raises(ValueError, match=message):
        run("define", word, "--sentence", sentence, "--wordnet", str(wordnet), *more)


def test_without_wordnet_the_answer_says_what_to_install(
    run: Callable[..., tuple[Any, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bert_core.data.wordnet_senses.find_wordnet", lambda folder: None)
    with pytest.raises(ValueError, match="install the Debian package wordnet-base"):
        run("define", "river", "--sentence", "the river")
