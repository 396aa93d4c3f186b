"""Every verb: one JSON document, with the library's own numbers."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from bert_core.analysis import vectors
from bert_core.analysis.encoding import encode, tokenise
from bert_core.analysis.predictions import masked_words
from bert_core.analysis.sentence_pairs import next_sentence
from bert_core.checkpoint.load import Checkpoint
from bert_core.cli import main
from bert_core.data.documents import split_documents
from bert_core.data.own_text import folder_documents
from bert_core.training.evaluate import evaluate
from tests.cli.calls import TYPED, Capture, answer


def test_tokenize(capsys: Capture, tiny: str, bert: Checkpoint) -> None:
    found = answer(capsys, "tokenize", "Boats, 日 \udcff", "--pair", "the sea", "--model", tiny)
    assert list(found) == ["tokens", "ids", "offsets", "word_ids", "segment_ids"]
    expected = bert.tokenizer.encode("Boats, 日 \udcff", "the sea")
    for name, values in found.items():
        assert values == json.loads(json.dumps(getattr(expected, name)))
    long = answer(capsys, "tokenize", "sea " * 700, "--model", tiny)
    assert len(long["tokens"]) == 702, "tokens beyond the model's positions are shown too"


def test_fill_mask(capsys: Capture, tiny: str, bert: Checkpoint) -> None:
    words = "river, fishing,,日"
    found = answer(capsys, "fill-mask", TYPED, "--top-k", "3", "--words", words, "--model", tiny)
    assert list(found) == ["masks"]
    asked = ["river", "fishing", "日"]
    expected = masked_words(bert, tokenise(bert, TYPED), {}, 3, asked).predictions
    assert len(found["masks"]) == 2
    for mask, place in zip(found["masks"], expected, strict=True):
        assert list(mask) == ["position", "predictions", "words"]
        assert mask["position"] == place.position
        guesses = [{**asdict(guess)} for guess in place.guesses]
        for guess in guesses:
            del guess["rank"]
        assert mask["predictions"] == guesses and len(guesses) == 3
        assert mask["words"] == json.loads(json.dumps([asdict(word) for word in place.words]))


def test_next_sentence(capsys: Capture, tiny: str, bert: Checkpoint) -> None:
    found = answer(capsys, "next-sentence", "the river", "a boat", "--model", tiny)
    expected = next_sentence(bert, "the river", "a boat")
    assert found == {
        "is_next_probability": expected.is_next_probability, "logits": [*expected.logits]
    }  # fmt: skip


def test_attention(capsys: Capture, tiny: str, bert: Checkpoint) -> None:
    found = answer(capsys, "attention", "the old river", "--model", tiny)
    assert list(found) == ["tokens", "attention"]
    expected = encode(bert, "the old river", attention=True)
    assert found["tokens"] == ["[CLS]", "the", "old", "river", "[SEP]"]
    np.testing.assert_array_equal(np.array(found["attention"], np.float32), expected.attention)


@pytest.mark.parametrize("layer", [None, 0, 2])
def test_embed(
    capsys: Capture, tiny: str, bert: Checkpoint, lines: Path, tmp_path: Path, layer: int | None
) -> None:
    out = tmp_path / "out.npy"
    chosen = [] if layer is None else ["--layer", str(layer)]
    io = ["--input", str(lines), "--output", str(out)]
    found = answer(capsys, "embed", *io, *chosen, "--model", tiny)
    assert list(found) == ["shape", "seconds", "sentences_per_second", "output"]
    array = np.load(out)
    assert array.dtype == np.float32 and found["output"] == str(out)
    assert found["shape"] == list(array.shape) == ([3, 3, 32] if layer is None else [3, 32])
    assert found["sentences_per_second"] == pytest.approx(3 / found["seconds"])
    expected = vectors.embed(bert, vectors.read_targets(lines), layer)
    np.testing.assert_array_equal(array, expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.npy"]


def test_evaluate(capsys: Capture, tiny: str, bert: Checkpoint, corpus: str) -> None:
    split = split_documents(folder_documents(Path(corpus)))
    assert split.train and split.heldout
    options = ["evaluate", "--corpus", corpus, "--seed", "3", "--mask-rate", "0.3",
               "--more-rates", "0.5"]  # fmt: skip
    found = answer(capsys, *options, "--model", tiny)
    parts = found.pop("split")
    assert parts == {**split.counts(), "in_words": split.line()}
    assert parts["train"] == len(split.train) and parts["near_duplicates_removed"] == 0
    expected = asdict(evaluate(bert, split.heldout, 3, 0.3, [0.5], split.train))
    assert found == json.loads(json.dumps(expected))
    every = answer(capsys, *options, "--all", "--model", tiny)
    assert every["documents"] == len(split.train) + len(split.heldout) > found["documents"]


def test_without_json_there_are_lines_to_read(
    capsys: Capture, tiny: str, corpus: str, lines: Path, tmp_path: Path
) -> None:
    model, out = ["--model", tiny], str(tmp_path / "out.npy")
    for arguments, said in (
        (["tokenize", "Boats"], "##s"),
        (["fill-mask", TYPED, "--words", "river,日"], "'日': no answer: "),
        (["next-sentence", "a", "the"], "B follows A: "),
        (["attention", "the sea"], "attention of 2 layers x 4 heads x 4 x 4 tokens"),
        (["embed", "--input", str(lines), "--output", out], f"{out}: shape (3, 3, 32)"),
        (["evaluate", "--corpus", corpus], "masked words at 15%: loss "),
        (["evaluate", "--corpus", corpus], " documents to learn from, "),
    ):
        assert main([*arguments, *model]) == 0
        printed, err = capsys.readouterr()
        assert said in printed and err == "" and not printed.startswith("{")


def test_scores_that_cannot_be_had_are_none(capsys: Capture, tiny: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The old river flows to the sea.")
    arguments = ["evaluate", "--corpus", str(tmp_path), "--all", "--model", tiny]
    assert answer(capsys, *arguments)["next_sentence"]["accuracy"] is None
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "next sentence: accuracy none, 0 pairs" in printed
    assert printed.count("loss") == 1, "the rate that is always scored is said once"


@pytest.mark.parametrize("verb", ["fill-mask", "attention", "next-sentence"])
def test_a_text_that_was_cut_is_noted_on_standard_error(
    capsys: Capture, tiny: str, verb: str
) -> None:
    texts = ["[MASK] " + "sea " * 200, *(["a boat"] if verb == "next-sentence" else [])]
    assert main([verb, *texts, "--model", tiny, "--json"]) == 0
    out, err = capsys.readouterr()
    json.loads(out)
    dropped = 206 - 128 if verb == "next-sentence" else 203 - 128
    assert err.count("\n") == 1 and f"its last {dropped} tokens were left out" in err


def test_as_a_program(tiny: str) -> None:
    """`python -m bert_core` prints the document; its exit status is main's."""
    root = Path(__file__).resolve().parents[2]
    good, bad = ([verb, TYPED, "--model", tiny, "--json"] for verb in ("fill-mask", "dance"))
    for arguments, status in ((good, 0), (bad, 2)):
        command = [sys.executable, "-m", "bert_core", *arguments]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)
        assert done.returncode == status, done.stderr
        if status == 0:
            assert done.stderr == "" and json.loads(done.stdout)["masks"]
        else:
            assert done.stdout == "" and done.stderr.count("\n") == 1
