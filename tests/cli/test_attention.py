"""The verb `attention` and its options: the library's own numbers."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from bert_core.analysis.attention import attention_maps
from bert_core.analysis.attention_flow import MOST_FLOW_TOKENS, flow, rollout, value_weighted
from bert_core.analysis.encoding import encode
from bert_core.analysis.head_summary import head_summaries
from bert_core.checkpoint.load import Checkpoint
from bert_core.cli import main
from tests.cli.calls import Capture, answer, refused

TEXT, PAIR = "Boats, the old river.", "fishing [MASK]"


@pytest.mark.parametrize("pair", [None, PAIR])
@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("words", [True, False])
def test_units(
    capsys: Capture, tiny: str, bert: Checkpoint, words: bool, special: bool, pair: str | None
) -> None:
    options = [*["--words"] * words, *["--no-special"] * (not special)]
    options += [] if pair is None else ["--pair", pair]
    found = answer(capsys, "attention", TEXT, *options, "--model", tiny)
    assert list(found) == ["tokens", "attention"]
    expected = attention_maps(bert, TEXT, pair, words, special)
    assert found["tokens"] == [unit.label for unit in expected.units]
    np.testing.assert_array_equal(np.array(found["attention"], np.float32), expected.attention)
    assert ("Boats" in found["tokens"]) == words and ("[CLS]" in found["tokens"]) == special


def test_summary(capsys: Capture, tiny: str, bert: Checkpoint) -> None:
    found = answer(capsys, "attention", TEXT, "--pair", PAIR, "--summary", "--model", tiny)
    assert list(found) == ["tokens", "attention", "heads"]
    expected = head_summaries(encode(bert, TEXT, PAIR, attention=True))
    assert found["heads"] == [asdict(head) for head in expected] and len(expected) == 8
    assert list(found["heads"][0]) == [
        "layer", "head", "entropy", "distance", "previous", "next", "same_word", "sep", "cls",
        "punctuation", "pattern",
    ]  # fmt: skip


@pytest.mark.parametrize("method", ["rollout", "flow", "values"])
def test_flow(capsys: Capture, tiny: str, bert: Checkpoint, method: str) -> None:
    found = answer(capsys, "attention", TEXT, "--words", "--flow", method, "--model", tiny)
    assert list(found) == ["tokens", "attention", "flow"]
    assert list(found["flow"]) == ["method", "tokens", "weights"]
    result = encode(bert, TEXT, attention=True)
    expected = {
        "rollout": lambda: rollout(result).weights,
        "flow": lambda: flow(result).weights,
        "values": lambda: value_weighted(bert, result.encoding),
    }[method]()
    assert found["flow"]["method"] == method
    assert found["flow"]["tokens"] == [*result.encoding.tokens] != found["tokens"]
    np.testing.assert_array_equal(np.array(found["flow"]["weights"], np.float32), expected)


def test_lines_to_read(capsys: Capture, tiny: str) -> None:
    options = ["--summary", "--flow", "values", "--no-special", "--model", tiny]
    assert main(["attention", "the old sea", *options]) == 0
    out, err = capsys.readouterr()
    first, titles, *heads, last = out.splitlines()
    assert err == "" and first.startswith("attention of 2 layers x 4 heads x 3 x 3 ")
    assert titles.split()[:4] == ["layer", "head", "entropy", "distance"]
    assert [line.split()[:2] for line in heads] == [[a, b] for a in "12" for b in "1234"]
    assert all(len(line.split("  ")[-1]) and line.endswith(("-", "broad")) for line in heads)
    assert last == "values: 2 x 4 x 5 x 5; see --json"


def test_what_cannot_be_done_is_one_line(capsys: Capture, tiny: str) -> None:
    long = "sea " * MOST_FLOW_TOKENS
    said = refused(capsys, "attention", long, "--flow", "flow", "--model", tiny)
    assert f"{MOST_FLOW_TOKENS + 2} tokens; attention flow takes at most {MOST_FLOW_TOKENS}" in said
    assert "invalid choice: 'fast'" in refused(capsys, "attention", "the sea", "--flow", "fast")
    assert "text is empty" in refused(capsys, "attention", " ", "--no-special", "--model", tiny)


def test_a_cut_pair_is_noted(capsys: Capture, tiny: str) -> None:
    options = ["--pair", "sea " * 200, "--words", "--model", tiny, "--json"]
    assert main(["attention", "the river", *options]) == 0
    out, err = capsys.readouterr()
    assert len(json.loads(out)["tokens"]) == 128 and err.count("\n") == 1
    assert f"its last {205 - 128} tokens were left out" in err
