"""What cannot be used: one line on standard error, status 2, and no file left behind."""

import sys
from pathlib import Path
from typing import Any

import pytest

from bert_core.analysis import vectors
from bert_core.cli import main
from tests.cli.calls import TYPED, Capture, refused

EMBED = ["embed", "--input", "IN", "--output", "OUT"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: verb"),
        (["dance"], "invalid choice: 'dance'"),
        (["tokenize"], "required: text"),
        (["tokenize", "a", "--colour"], "unrecognized arguments: --colour"),
        (["fill-mask", "the [MASK]", "--top-k", "many"], "invalid int value: 'many'"),
        (["fill-mask", "the [MASK]", "--top-k", "0"], "top_k is 0; it must be from 1 to 1000"),
        (["fill-mask", "the [MASK]", "--top-k", "1001"], "top_k is 1001"),
        (["fill-mask", "the sea"], "nothing is hidden"),
        (["fill-mask", ""], "the text is empty"),
        (["attention", " \n "], "the text is empty"),
        (["next-sentence", "a boat", " "], "sentence B is empty"),
        (["next-sentence", "", "a boat"], "sentence A is empty"),
        (["fill-mask", "the [MASK]", "--device", "abacus"], "device 'abacus'"),
        (["fill-mask", "the [MASK]", "--precision", "float3"], "precision 'float3'"),
        (["evaluate", "--corpus", "/no/where"], "'/no/where' is not a folder"),
        ([*EMBED, "--layer", "3"], "layer is 3; it must be from 0 to 2"),
        ([*EMBED, "--layer", "-1"], "layer is -1"),
        (["embed", "--input", "/no/file", "--output", "OUT"], "/no/file cannot be read"),
        (["embed", "--input", "IN", "--output", "/no/folder/out.npy"], "/no/folder"),
        (["embed", "--input", "IN"], "required: --output"),
    ],
)
def test_errors_are_one_line(
    capsys: Capture, tiny: str, lines: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    names = {"IN": str(lines), "OUT": str(tmp_path / "out.npy")}
    given = [names.get(argument, argument) for argument in arguments]
    model = ["--model", tiny] if given and given[0] != "dance" else []
    assert message in refused(capsys, *given, *model)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"], "a partial file is left"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"words": ["a"', "line 4: "),
        ('{"words": ["a"], "index": 7}', "line 4: index is 7"),
        ('{"sentence": "a  b", "start": 1, "end": 2}', "line 4: ' ' has no token"),
        ('{"words": ["%s", "sea"], "index": 1}' % ("sea " * 200), "line 4: 'sea' ends beyond"),
    ],
)
def test_a_bad_line_is_named_and_leaves_the_old_file(
    capsys: Capture, tiny: str, lines: Path, tmp_path: Path, line: str, message: str
) -> None:
    content = lines.read_text().splitlines()
    lines.write_text("\n".join([*content[:3], line, content[3]]))
    out = tmp_path / "out.npy"
    out.write_text("from before")
    io = ["--input", str(lines), "--output", str(out)]
    assert message in refused(capsys, "embed", *io, "--model", tiny)
    assert out.read_text() == "from before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.npy"]


def test_an_interrupted_embed_leaves_no_partial_file(
    capsys: Capture, tiny: str, lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: Any) -> None:
        assert (tmp_path / "out.npy.part").exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(vectors, "embed", interrupt)
    io = ["--input", str(lines), "--output", str(tmp_path / "out.npy")]
    assert main(["embed", *io, "--model", tiny]) == 130
    assert capsys.readouterr() == ("", "bert_core embed: stopped\n")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize("verb", ["tokenize", "fill-mask", "attention"])
def test_a_missing_model_is_named(capsys: Capture, tmp_path: Path, verb: str) -> None:
    missing = str(tmp_path / "no" / "model")
    assert "there is no folder" in refused(capsys, verb, "the [MASK]", "--model", missing)
    said = refused(capsys, verb, "the [MASK]", "--model", str(tmp_path))
    assert "no tokenizer" in said or "no config.json" in said


def test_a_hub_id_without_a_network_is_refused_within_seconds(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = []

    def unreachable(*arguments: Any, timeout: float, **others: Any) -> None:
        patience.append(timeout)
        raise ConnectionError("no network")

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", unreachable)
    said = refused(capsys, "fill-mask", TYPED, "--model", "nobody/nothing-at-all")
    assert "no folder 'nobody/nothing-at-all'" in said and "cannot be reached" in said
    assert len(patience) == 1 and patience[0] <= 10


def test_a_pickle_is_refused(capsys: Capture, tiny: str, tmp_path: Path) -> None:
    for name in ("config.json", "vocab.txt"):
        (tmp_path / name).write_bytes((Path(tiny) / name).read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    said = refused(capsys, "fill-mask", "the [MASK]", "--model", str(tmp_path))
    assert "pytorch_model.bin is a pickle" in said


def test_numbers_that_are_not_numbers_are_not_printed(
    capsys: Capture, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bert_core.cli import verbs

    monkeypatch.setattr(verbs, "tokenize", lambda options: {"logit": float("nan")})
    assert "not JSON compliant" in refused(capsys, "tokenize", "a", "--json", "--model", tiny)


def test_a_terminal_that_lacks_a_character_gets_an_escape(
    tiny: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("w", encoding="ascii") as file:
        monkeypatch.setattr(sys, "stdout", file)
        assert main(["fill-mask", TYPED, "--words", "日\udcff", "--model", tiny]) == 0
    assert r"'\u65e5\udcff'" in (tmp_path / "out").read_text()
