"""The verb `ablate`: the library's numbers, as JSON and as lines to read."""

import numpy as np
import pytest

from bert_core.analysis.encoding import tokenise
from bert_core.analysis.importance import head_importance, token_importance
from bert_core.analysis.questions import masked_word_question, next_sentence_question
from bert_core.checkpoint.load import Checkpoint
from bert_core.cli import main
from bert_core.cli.text import Result
from bert_core.outputs import Question
from tests.cli.calls import TYPED, Capture, answer, refused

PAIR = ("the old river flows", "it has fish")


def assert_is_answer(found: Result, bert: Checkpoint, question: Question) -> None:
    assert list(found) == ["question", "heads", "tokens"]
    assert found["question"] == {
        "kind": question.kind,
        "tokens": [bert.tokenizer.id_to_token(id) for id in question.shown_ids],
        "position": question.position,
        "answer": question.answer,
        "answer_id": question.answer_id,
        "probability": pytest.approx(question.probability, rel=1e-5),
    }
    heads, tokens = head_importance(bert, question), token_importance(bert, question)
    for name in ("probability", "layer_off", "all_off"):
        expected = getattr(heads.ablation, name)
        np.testing.assert_allclose(found["heads"][name], expected, rtol=1e-5)
    change = np.array(found["heads"]["probability"]) - question.probability
    np.testing.assert_allclose(found["heads"]["change"], change, atol=1e-7)
    for part, expected in (("heads", heads), ("tokens", tokens)):
        assert list(found[part]["measures"]) == list(expected.measures)
        for name, values in expected.measures.items():
            np.testing.assert_allclose(found[part]["measures"][name], values, atol=1e-5)
        assert list(found[part]["rank_correlation"]) == list(expected.measures)
        assert found[part]["rank_correlation"] == pytest.approx(expected.rank_correlation, abs=1e-6)
    assert len(found["tokens"]["deleted"]) == len(tokens.deleted)
    for row, one in zip(found["tokens"]["deleted"], tokens.deleted, strict=True):
        assert row == {
            "position": one.position,
            "token": one.token,
            "probability": pytest.approx(one.probability, rel=1e-5),
            "change": pytest.approx(one.probability - question.probability, abs=1e-7),
        }


def test_the_first_mask_and_its_likeliest_word(
    capsys: Capture, tiny: str, bert: Checkpoint
) -> None:
    found = answer(capsys, "ablate", TYPED, "--model", tiny)
    question = masked_word_question(bert, tokenise(bert, TYPED), 2)
    assert found["question"]["position"] == 2 and "[MASK]" in found["question"]["tokens"][3:]
    assert_is_answer(found, bert, question)


def test_another_place_and_another_word(capsys: Capture, tiny: str, bert: Checkpoint) -> None:
    at = ("--position", "6")
    found = answer(capsys, "ablate", TYPED, *at, "--answer", "Sea", "--model", tiny)
    question = masked_word_question(bert, tokenise(bert, TYPED), 6, "sea")
    assert found["question"]["answer"] == "sea"
    assert_is_answer(found, bert, question)
    found = answer(capsys, "ablate", "the old river", "--position", "3", "--model", tiny)
    assert found["question"]["answer"] == "river"
    assert found["question"]["tokens"] == ["[CLS]", "the", "old", "[MASK]", "[SEP]"]


def test_whether_it_follows(capsys: Capture, tiny: str, bert: Checkpoint) -> None:
    found = answer(capsys, "ablate", PAIR[0], "--pair", PAIR[1], "--model", tiny)
    assert found["question"]["answer"] == "B follows A"
    assert_is_answer(found, bert, next_sentence_question(bert, *PAIR))


def test_lines_to_read(capsys: Capture, tiny: str, bert: Checkpoint) -> None:
    assert main(["ablate", TYPED, "--answer", "sea", "--model", tiny]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    question = masked_word_question(bert, tokenise(bert, TYPED), 2, "sea")
    heads, tokens = head_importance(bert, question), token_importance(bert, question)
    lines = out.splitlines()
    assert lines[0] == "[CLS] the [MASK] flows to the [MASK] [SEP]"
    assert lines[1] == f"the model gives 'sea' at position 2 {question.probability:.2%}"
    top = next(at for at, line in enumerate(lines) if line.startswith("layer"))
    for layer, row in enumerate(heads.ablation.probability):
        shown = [f"{100 * one:.2f}" for one in (*row, heads.ablation.layer_off[layer])]
        assert lines[top + 1 + layer].split() == [str(layer + 1), *shown]
    assert f"all heads of all layers off: {heads.ablation.all_off:.2%}" in lines
    layer, head = np.unravel_index(np.abs(heads.ablation.change).argmax(), (2, 4))
    strongest = f"layer {layer + 1} head {head + 1} {100 * heads.ablation.change[layer, head]:+.2f}"
    assert f"largest changes, in points: {strongest}, " in out
    for one in tokens.deleted:
        (line,) = [line for line in lines if line.split()[:2] == [str(one.position), one.token]]
        numbers = [f"{values[one.position]:.4f}" for values in tokens.measures.values()]
        assert f"{one.probability:.2%}" in line and line.split()[-4:] == numbers
    for kind, part in (("heads", heads), ("tokens", tokens)):
        for name, value in part.rank_correlation.items():
            said = " ".join(next(x for x in lines if x.startswith(f"  {kind:8}{name}")).split())
            assert said == f"{kind} {name} {value:+.2f}"


def test_a_lonely_mask_and_a_text_that_is_cut(capsys: Capture, tiny: str) -> None:
    assert main(["ablate", "[MASK]", "--model", tiny]) == 0
    out, err = capsys.readouterr()
    assert "no other token to take out" in out and "tokens  rollout" in out and err == ""
    assert "none: fewer than three" in out
    assert main(["ablate", "[MASK] " + "sea " * 130, "--model", tiny]) == 0
    out, err = capsys.readouterr()
    assert err == "note: the text is too long for the model; its last 5 tokens were left out\n"
    assert main(["ablate", *PAIR[:1], "--pair", PAIR[1], "--model", tiny]) == 0
    assert "the model gives 'B follows A' " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["the sea"], "nothing is hidden; type [MASK]"),
        (["sea " * 200 + "[MASK]"], "nothing is hidden in the part of the text that fits"),
        ([""], "the text is empty"),
        ([TYPED, "--answer", "boats"], "'boats' is 2 tokens to the model (boat ##s)"),
        ([TYPED, "--answer", "zebra"], "'zebra' is not in the model's vocabulary"),
        ([TYPED, "--position", "0"], "position 0 cannot be hidden"),
        ([TYPED, "--position", "7"], "position 7 cannot be hidden"),
        ([TYPED, "--position", "two"], "invalid int value: 'two'"),
        (["the sea", "--pair", " "], "sentence B is empty"),
        (["the sea", "--pair", "it", "--answer", "sea"], "--answer and --position are for a"),
        (["the sea", "--pair", "it", "--position", "0"], "--answer and --position are for a"),
        ([], "required: text"),
    ],
)
def test_errors_are_one_line(
    capsys: Capture, tiny: str, arguments: list[str], message: str
) -> None:
    assert message in refused(capsys, "ablate", *arguments, "--model", tiny)
