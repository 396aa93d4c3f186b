"""The verb `project`: files of vectors to points, as JSON, CSV and .npy."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_core.analysis.projection import project
from bert_core.cli.projection import add
from bert_core.cli.text import Result
from bert_core.outputs import ProjectionSettings

PCA = ["--method", "pca"]


def run(*arguments: object) -> tuple[Result, str]:
    """The document, as JSON gives it back, and the lines to read."""
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers()

    def verb(
        name: str,
        run: Callable[[argparse.Namespace], Result],
        show: Callable[[Result], str],
    ) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, description=run.__doc__)
        added.set_defaults(run=run, show=show)
        return added

    add(verb)
    options = parser.parse_args(["project", *map(str, arguments)])
    result = options.run(options)
    return json.loads(json.dumps(result, allow_nan=False)), options.show(result)


@pytest.fixture
def vectors() -> np.ndarray[Any, Any]:
    """(points, layers, hidden), as embed writes them."""
    return np.random.default_rng(0).normal(size=(9, 3, 6)).astype(np.float32)


@pytest.fixture
def file(tmp_path: Path, vectors: np.ndarray[Any, Any]) -> Path:
    np.save(tmp_path / "in.npy", vectors)
    return tmp_path / "in.npy"


def test_all_layers_are_aligned(file: Path, vectors: np.ndarray[Any, Any]) -> None:
    found, _ = run("--input", file, *PCA)
    assert list(found) == ["settings", "layers", "notes", "points", "seconds", "output"]
    expected = project(vectors.swapaxes(0, 1), ProjectionSettings(method="pca"), (0, 1, 2))
    np.testing.assert_array_equal(np.float32(found["points"]), expected.points)
    assert found["layers"] == [0, 1, 2] and found["output"] is None
    assert found["notes"] == list(expected.notes) and found["settings"]["method"] == "pca"


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_one_layer(
    file: Path, tmp_path: Path, vectors: np.ndarray[Any, Any], dtype: str
) -> None:
    np.save(file, vectors.astype(dtype))
    np.save(tmp_path / "one.npy", vectors[:, 2].astype(dtype))
    chosen, _ = run("--input", file, "--layer", 2, *PCA)
    alone, _ = run("--input", tmp_path / "one.npy", *PCA)
    assert chosen["points"] == alone["points"] and np.shape(alone["points"]) == (9, 2)
    assert chosen["layers"] == [2] and alone["layers"] is None


def test_options_reach_the_map_and_settings_are_told_as_used(file: Path) -> None:
    options = ["--dimensions", 3, "--neighbours", 40, "--min-dist", 0.5, "--metric", "euclidean"]
    found, _ = run("--input", file, "--layer", 1, "--method", "tsne", *options, "--seed", 7)
    assert found["settings"] == {
        "method": "tsne", "dimensions": 3, "neighbours": 2, "min_dist": 0.5,
        "metric": "euclidean", "seed": 7,
    }  # fmt: skip
    assert np.shape(found["points"]) == (9, 3)
    assert any("perplexity lowered from 40 to 2" in note for note in found["notes"])


def test_points_are_printed_as_csv_without_output(file: Path, tmp_path: Path) -> None:
    found, shown = run("--input", file, *PCA)
    lines = shown.split("\n")
    assert lines[0] == "layer,point,x,y" and len(lines) == 1 + 3 * 9
    table = np.array([line.split(",") for line in lines[1:]], dtype=float)
    np.testing.assert_array_equal(table[:, 2:].reshape(3, 9, 2), found["points"])
    assert table[:, :2].tolist() == [[layer, point] for layer in range(3) for point in range(9)]
    np.save(tmp_path / "one.npy", np.load(file)[:, 0])
    found, shown = run("--input", tmp_path / "one.npy", *PCA, "--dimensions", 3)
    assert shown.startswith("point,x,y,z\n0,")


def test_output_files_hold_the_points(file: Path, tmp_path: Path) -> None:
    for arguments in (PCA, [*PCA, "--layer", 1]):
        for name in ("out.npy", "out.csv"):
            out = tmp_path / name
            found, shown = run("--input", file, "--output", out, *arguments)
            assert found["output"] == str(out)
            assert shown.startswith(f"{out}: ") and "method pca" in shown
            assert found["notes"][-1] in shown
            if name == "out.npy":
                np.testing.assert_array_equal(np.load(out), np.float32(found["points"]))
            else:
                _, printed = run("--input", file, *arguments)
                assert out.read_text() == printed + "\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.npy", "out.csv", "out.npy"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--layer", "3"], "layer is 3; it must be from 0 to 2"),
        (["--layer", "-1"], "layer is -1; it must be from 0 to 2"),
        (["--output", "out.xlsx"], r"output is out.xlsx; its name must end in .csv or .npy"),
        (["--output", "/no/folder/out.csv"], "there is no folder /no/folder"),
        (["--method", "mds"], "method is 'mds'"),
        (["--neighbours", "0"], "neighbours is 0"),
    ],
)
def test_wrong_options_are_named(file: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run("--input", file, *arguments)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(4, np.float32), r"shape \(4,\); it must be \(points, hidden\) or"),
        (np.zeros((2, 2, 2, 2), np.float32), r"shape \(2, 2, 2, 2\)"),
        (np.zeros((0, 4), np.float32), r"shape \(0, 4\)"),
        (np.zeros((2, 2), np.int64), "holds int64; it must be one array of floats"),
        (np.array([[object()]]), "cannot be read"),
        (np.full((3, 2), np.nan, np.float32), "point 0 at layer 0 holds a number that is not"),
    ],
)
def test_wrong_arrays_are_named(tmp_path: Path, array: Any, message: str) -> None:
    np.save(tmp_path / "in.npy", array, allow_pickle=True)
    with pytest.raises(ValueError, match=message):
        run("--input", tmp_path / "in.npy", "--output", tmp_path / "out.npy", *PCA)
    assert [path.name for path in tmp_path.iterdir()] == ["in.npy"]


def test_wrong_files_are_named(tmp_path: Path, file: Path) -> None:
    np.savez(tmp_path / "in.npz", np.zeros((2, 2)))
    (tmp_path / "text.npy").write_text("1,2,3")
    (tmp_path / "empty.npy").write_bytes(b"")
    for name, message in (
        ("no.npy", "cannot be read"),
        ("text.npy", "cannot be read"),
        ("empty.npy", "cannot be read"),
        ("in.npz", "several arrays"),
    ):
        with pytest.raises(ValueError, match=f"{name} .*{message}"):
            run("--input", tmp_path / name, *PCA)
    np.save(tmp_path / "one.npy", np.load(file)[:, 0])
    with pytest.raises(ValueError, match="layer is 0, but .*one.npy has one layer only"):
        run("--input", tmp_path / "one.npy", "--layer", "0", *PCA)
