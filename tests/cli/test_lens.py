"""The verbs `lens` and `lens-train`: the library's numbers, and a lens that is then used."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from bert_core.analysis.encoding import tokenise
from bert_core.analysis.lens import read_lens
from bert_core.analysis.predictions import masked_words
from bert_core.checkpoint import lens_file
from bert_core.checkpoint.fingerprint import GUESSES, fingerprint
from bert_core.checkpoint.lens_file import TunedLens, load_lens, save_lens
from bert_core.checkpoint.load import Checkpoint
from bert_core.cli import main
from bert_core.outputs import Lens
from bert_core.outputs.lens import RAW, TUNED
from bert_core.training.lens_arguments import LensArguments
from tests.cli.calls import TYPED, Capture, answer, refused

LAYERS, HIDDEN = 2, 32
SHORT = ("--steps", "8", "--batch-tokens", "256", "--places", "30", "--rate", "0.01")


@pytest.fixture(autouse=True)
def nothing_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here depends on the lens that comes with the project."""
    monkeypatch.setattr(lens_file, "BUNDLED_LENS", tmp_path / "none")


@pytest.fixture
def tuned(bert: Checkpoint, tmp_path: Path) -> Path:
    """The folder of a lens for the tiny model."""
    draw = torch.Generator().manual_seed(2)
    weights = torch.randn(LAYERS, HIDDEN, HIDDEN, generator=draw) * 0.1
    biases = torch.randn(LAYERS, HIDDEN, generator=draw)
    save_lens(tmp_path / "lens", TunedLens(weights, biases, fingerprint(bert, GUESSES), {}))
    return tmp_path / "lens"


def expected(bert: Checkpoint, tuned: Path | None = None, top_k: int = 5) -> list[Lens]:
    result = masked_words(bert, tokenise(bert, TYPED), {})
    lens = None if tuned is None else load_lens(tuned, bert)
    return [
        read_lens(bert, result, place.position, top_k, ["river", "fishing"], lens)
        for place in result.predictions
    ]


def test_raw_readings_by_layer(capsys: Capture, tiny: str, bert: Checkpoint) -> None:
    found = answer(capsys, "lens", TYPED, "--words", "river, fishing", "--model", tiny)
    assert list(found) == ["trained_lens", "masks"] and found["trained_lens"] is False
    places = expected(bert)
    assert [one["position"] for one in found["masks"]] == [one.position for one in places]
    for document, place in zip(found["masks"], places, strict=True):
        assert [(one["layer"], one["kind"]) for one in document["readings"]] == [
            (layer, RAW) for layer in range(LAYERS + 1)
        ]
        for one, reading in zip(document["readings"], place.readings, strict=True):
            assert one["entropy"] == pytest.approx(reading.entropy)
            assert [guess["token"] for guess in one["predictions"]] == [
                guess.token for guess in reading.guesses
            ]
            shares = [guess["probability"] for guess in one["predictions"]]
            assert shares == pytest.approx([guess.probability for guess in reading.guesses])
        river, fishing = document["words"]
        curve = place.words[0].curves[RAW]
        assert (river["word"], river["refusal"]) == ("river", None) and TUNED not in river
        assert river[RAW]["rank"] == curve.ranks.tolist()
        np.testing.assert_allclose(river[RAW]["probability"], curve.probabilities)
        assert "2 word pieces long (fish ##ing)" in fishing["refusal"] and RAW not in fishing


def test_a_lens_of_ones_own(capsys: Capture, tiny: str, bert: Checkpoint, tuned: Path) -> None:
    found = answer(
        capsys, "lens", TYPED, "--model", tiny, "--lens", str(tuned), "--top-k", "3",
        "--words", "river",
    )  # fmt: skip
    assert found["trained_lens"] is True
    for document, place in zip(found["masks"], expected(bert, tuned, 3), strict=True):
        assert [one["kind"] for one in document["readings"]] == [RAW] * 3 + [TUNED] * 3
        for one, reading in zip(document["readings"], place.readings, strict=True):
            assert [guess["id"] for guess in one["predictions"]] == [
                guess.id for guess in reading.guesses
            ]
        curve = place.words[0].curves[TUNED]
        np.testing.assert_allclose(document["words"][0][TUNED]["probability"], curve.probabilities)


def test_the_bundled_lens_is_used_for_its_own_model_alone(
    capsys: Capture, tiny: str, tuned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lens_file, "BUNDLED_LENS", tuned)
    assert answer(capsys, "lens", TYPED, "--model", tiny)["trained_lens"] is True
    assert answer(capsys, "lens", TYPED)["trained_lens"] is False
    said = refused(capsys, "lens", TYPED, "--lens", str(tuned))
    assert "the lens is for a model of 2 layers × 32, but bundled has 6 × 384" in said


def test_lines_to_read(capsys: Capture, tiny: str, tuned: Path) -> None:
    assert main(["lens", TYPED, "--words", "river,fishing", "--model", tiny]) == 0
    out = capsys.readouterr().out
    assert "position 2\n  layer  0 raw    " in out and "\n  layer  2 raw    " in out
    assert "'river' raw, layers 0 to 2: " in out and "'fishing': no answer: it is 2 word" in out
    assert "there is no trained lens for this model" in out and "tuned" not in out
    assert main(["lens", TYPED, "--model", tiny, "--lens", str(tuned), "--words", "sea"]) == 0
    out = capsys.readouterr().out
    assert "\n  layer  1 tuned  " in out and "'sea' tuned, layers 0 to 2: " in out
    assert "no trained lens" not in out


def test_a_lens_is_trained_and_can_then_be_used(
    capsys: Capture, tiny: str, bert: Checkpoint, corpus: str, tmp_path: Path
) -> None:
    output = str(tmp_path / "new")
    arguments = ("lens-train", "--model", tiny, "--corpus", corpus, "--output", output, *SHORT)
    assert main([*arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err.count("\n") == 1 and err.startswith("step 8  KL by layer ")
    found = json.loads(out)
    assert found["output"] == output and found["places"] > 0
    assert found["arguments"]["steps"] == 8 and found["arguments"]["seed"] == 42
    assert set(found["arguments"]) == {field.name for field in fields(LensArguments)}
    for loss in ("cross_entropy", "divergence"):
        assert {kind: len(values) for kind, values in found[loss].items()} == {RAW: 3, TUNED: 3}
    lens = load_lens(Path(output), bert)
    assert lens.facts["corpus"] == "corpus" and lens.facts["steps"] == "8"
    assert answer(capsys, "lens", TYPED, "--model", tiny, "--lens", output)["trained_lens"] is True
    assert main(list(arguments)) == 0
    text = capsys.readouterr().out.splitlines()
    assert text[0].startswith(f"saved to {output}; at ") and len(text) == 2 + LAYERS + 1
    values = [float(part) for part in text[2].split()]
    wanted = [found[loss][kind][0] for loss in ("cross_entropy", "divergence")
              for kind in (RAW, TUNED)]  # fmt: skip
    assert values == pytest.approx([0, *wanted], abs=6e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lens", "no mask here"), r"nothing is hidden"),
        (("lens", TYPED, "--top-k", "0"), "top_k is 0; it must be from 1 to"),
        (("lens", TYPED, "--lens", "/nowhere"), "there is no lens '/nowhere'"),
        (("lens-train", "--output", "x", "--steps", "0"), "steps is 0; it must be 1 or more"),
        (("lens-train", "--output", "x", "--corpus", "/nowhere"), "'/nowhere' is not a folder"),
        (("lens-train",), "--output"),
    ],
)
def test_what_cannot_be_used_is_named(
    capsys: Capture, tiny: str, arguments: tuple[str, ...], message: str
) -> None:
    assert message in refused(capsys, *arguments, "--model", tiny)
