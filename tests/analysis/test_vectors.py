"""Vectors of words in their sentences: means over the pieces, whatever else is in the batch."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from bert_core.analysis import vectors
from bert_core.analysis.vectors import Target, embed, read_targets
from bert_core.checkpoint.load import Checkpoint
from tests.analysis.conftest import POSITIONS, Reference

LINES = [
    {"words": ["the", "river", "flows"], "index": 1},
    {"sentence": "Fishing boats, very old", "start": 0, "end": 7},
    {"sentence": "Fishing boats, very old", "start": 8, "end": 13},
    {"words": ["a", "fishing", "town", "by", "the", "long", "river", "has", "boats"], "index": 8},
    {"sentence": "sea", "start": 0, "end": 3},
    {"sentence": "the   long old river", "start": 6, "end": 14},
    {"words": ["fishings"], "index": 0},
]
POSITIONS_OF_PIECES = [[2], [1, 2], [3, 4], [10, 11], [1], [2, 3], [1, 2, 3]]


def write(path: Path, *lines: object) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def targets(tmp_path: Path) -> list[Target]:
    return read_targets(write(tmp_path / "in.jsonl", *LINES))


def expected_vectors(bert: Checkpoint, reference: Reference, targets: list[Target]) -> np.ndarray:
    """(targets, layers + 1, hidden), one pass for each sentence, pieces given by hand."""
    found = []
    for target, pieces in zip(targets, POSITIONS_OF_PIECES, strict=True):
        ids = torch.tensor([bert.tokenizer.encode(target.text).ids])
        with torch.inference_mode():
            states = reference.encoder(ids, output_hidden_states=True).hidden_states
        found.append(torch.stack([state[0, pieces].mean(0) for state in states]))
    return torch.stack(found).numpy()


def test_both_kinds_of_lines_are_read(targets: list[Target]) -> None:
    marked = [target.text[target.start : target.end] for target in targets]
    words = ["river", "Fishing", "boats", "boats", "sea", "long old", "fishings"]
    assert marked == words
    assert targets[0].text == "the river flows"
    assert [target.line for target in targets] == list(range(1, 8))


def test_a_vector_is_the_mean_of_the_pieces(
    bert: Checkpoint, reference: Reference, targets: list[Target]
) -> None:
    expected = expected_vectors(bert, reference, targets)
    together = embed(bert, targets)
    assert together.shape == (7, bert.model.config.num_hidden_layers + 1, 32)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, expected, atol=1e-5)
    alone = np.concatenate([embed(bert, [target]) for target in targets])
    np.testing.assert_allclose(alone, expected, atol=1e-5)


def test_one_layer_is_that_layer_of_all(bert: Checkpoint, targets: list[Target]) -> None:
    every = embed(bert, targets)
    for layer in range(bert.model.config.num_hidden_layers + 1):
        one = embed(bert, targets, layer)
        assert one.shape == (7, 32)
        np.testing.assert_allclose(one, every[:, layer], atol=1e-6)


@pytest.mark.parametrize("batch_tokens", [1, 16, 30])
@pytest.mark.parametrize("window", [1, 3])
def test_batches_windows_and_order_do_not_matter(
    bert: Checkpoint,
    reference: Reference,
    targets: list[Target],
    monkeypatch: pytest.MonkeyPatch,
    batch_tokens: int,
    window: int,
) -> None:
    expected = expected_vectors(bert, reference, targets)
    monkeypatch.setattr(vectors, "BATCH_TOKENS", batch_tokens)
    monkeypatch.setattr(vectors, "WINDOW", window)
    np.testing.assert_allclose(embed(bert, targets), expected, atol=1e-5)
    np.testing.assert_allclose(embed(bert, targets[::-1])[::-1], expected, atol=1e-5)


def test_batches_hold_at_most_so_many_tokens_and_every_target(bert: Checkpoint) -> None:
    located = [
        (at, bert.tokenizer.encode("sea " * (1 + at % 50)), [1]) for at in range(1_000)
    ]
    batches = list(vectors._batches(located))
    assert sorted(at for batch in batches for at, _, _ in batch) == list(range(1_000))
    sizes = [len(batch) * max(len(item[1]) for item in batch) for batch in batches]
    assert len(sizes) < 15 and max(sizes) <= vectors.BATCH_TOKENS


def test_vectors_are_written_into_the_array_given(bert: Checkpoint, targets: list[Target]) -> None:
    out = np.full((7, 32), np.nan, dtype=np.float32)
    assert embed(bert, targets, 1, out) is out
    np.testing.assert_array_equal(out, embed(bert, targets, 1))


@pytest.mark.parametrize("layer", [-1, 3, 99])
def test_a_layer_that_is_not_there_is_named(bert: Checkpoint, layer: int) -> None:
    with pytest.raises(ValueError, match=f"layer is {layer}; it must be from 0 to 2"):
        embed(bert, [Target("a sea", 2, 5)], layer)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "Expecting"),
        ("[1, 2]", "not a JSON object"),
        ("{}", "lacks sentence and start and end"),
        ({"words": ["a"]}, "lacks index"),
        ({"words": "a b", "index": 0}, "words must be a list of strings"),
        ({"words": ["a", 1], "index": 0}, "words must be a list of strings"),
        ({"words": [], "index": 0}, "words is empty"),
        ({"words": ["a", "b"], "index": 2}, "index is 2; it must be from 0 to 1"),
        ({"words": ["a", "b"], "index": -1}, "index is -1"),
        ({"words": ["a", "b"], "index": "1"}, "index is '1'"),
        ({"sentence": "a sea", "start": 2}, "lacks end"),
        ({"sentence": "a sea", "start": 2, "end": 6}, "2 to 6 is no part of a sentence of 5"),
        ({"sentence": "a sea", "start": 2, "end": 2}, "2 to 2 is no part"),
        ({"sentence": "a sea", "start": -1, "end": 2}, "-1 to 2 is no part"),
        ({"sentence": "a sea", "start": 0.0, "end": 2}, "whole numbers"),
        ({"sentence": None, "start": 0, "end": 2}, "sentence must be a string"),
    ],
)
def test_a_bad_line_is_named_with_its_number(tmp_path: Path, line: object, message: str) -> None:
    path = write(tmp_path / "in.jsonl", LINES[0], "", line, LINES[1])
    with pytest.raises(ValueError, match=rf"in\.jsonl, line 3: .*{message}.*; a line is {{"):
        read_targets(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no\.jsonl cannot be read"):
        read_targets(tmp_path / "no.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"words": ["\xe9"], "index": 0}')
    with pytest.raises(ValueError, match=r"latin\.jsonl cannot be read.*UTF-8"):
        read_targets(tmp_path / "latin.jsonl")
    with pytest.raises(ValueError, match=r"empty\.jsonl has no line with a word"):
        read_targets(write(tmp_path / "empty.jsonl", "", "  "))


def long_line(before: int, word: str) -> dict[str, object]:
    return {"words": ["sea"] * before + [word], "index": before}


def test_a_target_beyond_the_positions_is_named_with_its_line(
    bert: Checkpoint, tmp_path: Path
) -> None:
    fits = POSITIONS - 3
    write(tmp_path / "fits.jsonl", long_line(fits, "river"), long_line(fits - 1, "boats"))
    assert embed(bert, read_targets(tmp_path / "fits.jsonl")).shape == (2, 3, 32)
    for before, word in ((fits + 1, "river"), (fits, "boats"), (1_000, "sea")):
        path = write(tmp_path / "long.jsonl", LINES[0], "", long_line(before, word))
        with pytest.raises(ValueError, match=f"line 3: '{word}' ends beyond the {POSITIONS} tok"):
            embed(bert, read_targets(path))


def test_a_target_without_a_token_is_named(bert: Checkpoint) -> None:
    with pytest.raises(ValueError, match="target 2: ' ' has no token"):
        embed(bert, [Target("a sea", 2, 5), Target("a sea", 1, 2)])
