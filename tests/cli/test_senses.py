"""The verb `senses`, on a parser of its own: the library's numbers, whatever is given."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bert_core.analysis.clusters import clusters
from bert_core.analysis.contexts import contexts
from bert_core.analysis.senses import sense_scores
from bert_core.checkpoint.load import Checkpoint
from bert_core.cli import senses
from bert_core.cli.text import Result
from bert_core.data.sentence_sets import builtin_sentences
from bert_core.outputs import Contexts, LabelledSentence

Capture = pytest.CaptureFixture[str]
ROWS = (
    ("the old river flows to the sea", "water"),
    ("a boat by the river", "water"),
    ("the river has fish, the old river", "water"),
    ("a very old river", "town"),
    ("River town has boats", "town"),
    ("by the sea the rivers run", "town"),
)


def run(*arguments: object) -> tuple[Result, str]:
    """The document, as JSON gives it back, and the lines to read."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    verbs = parser.add_subparsers(required=True)

    def verb(
        name: str, run: Callable[[argparse.Namespace], Result], show: Callable[[Result], str]
    ) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, description=run.__doc__, exit_on_error=False)
        added.set_defaults(run=run, show=show)
        for option, default in (("model", "bundled"), ("device", "cpu"), ("precision", "float32")):
            added.add_argument(f"--{option}", default=default)
        return added

    senses.add(verb)
    options = parser.parse_args(["senses", *map(str, arguments)])
    result = options.run(options)
    return json.loads(json.dumps(result, allow_nan=False)), options.show(result)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [f'"{text}",{label}' for text, label in ROWS]
    (tmp_path / "river.csv").write_text("\n".join(["sentence,label", *rows]) + "\n")
    return tmp_path / "river.csv"


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    (tmp_path / "river.txt").write_text("\n".join(text for text, _ in ROWS) + "\n")
    return tmp_path / "river.txt"


def expected(bert: Checkpoint, inflected: bool = False) -> Contexts:
    return contexts(bert, [LabelledSentence(*row) for row in ROWS], "river", inflected)


def test_a_table_with_labels(tiny: str, bert: Checkpoint, table: Path) -> None:
    result, text = run("river", "--input", table, "--model", tiny)
    assert list(result) == [
        "word", "sentences", "occurrences", "left_out", "clusters", "scores", "best_layer"
    ]  # fmt: skip
    found = expected(bert)
    scores = sense_scores(found.vectors, found.labels)
    groups = clusters(found.vectors[:, scores.best_layer], scores.best_layer)
    assert result["word"] == "river" and result["sentences"] == [text for text, _ in ROWS]
    assert len(result["occurrences"]) == len(found.occurrences) == 6
    for row, one, member in zip(
        result["occurrences"], found.occurrences, groups.members, strict=True
    ):
        assert row == {
            "sentence": one.sentence, "start": one.start, "end": one.end, "form": one.form,
            "label": one.label, "cluster": member,
        }  # fmt: skip
    assert result["best_layer"] == result["clusters"]["layer"] == scores.best_layer
    assert result["clusters"]["silhouette"] == groups.silhouette
    assert result["clusters"]["count"] == len(set(groups.members))
    assert result["scores"]["labels"] == ["water", "town"]
    assert result["scores"]["chance"] == pytest.approx(4 / 6)
    assert result["scores"]["occurrences"] == 6
    assert [row["layer"] for row in result["scores"]["layers"]] == [0, 1, 2]
    for name in ("nearest_neighbour", "centroid", "silhouette"):
        band = getattr(scores, f"{name}_null")
        columns = [row[name] for row in result["scores"]["layers"]]
        np.testing.assert_allclose(columns, getattr(scores, name))
        bands = [row[f"{name}_null"] for row in result["scores"]["layers"]]
        np.testing.assert_allclose(np.transpose(bands), [band.low, band.high])
    assert "the river has fish, the old [river] (water)" in text
    assert "2 labels over 6 occurrences; the most frequent label is 66.7%" in text
    assert text.count("  best") == 1 and text.count("\ncluster ") == result["clusters"]["count"]


def test_without_labels_there_are_no_scores(tiny: str, plain: Path, capsys: Capture) -> None:
    result, text = run("river", "--input", plain, "--model", tiny)
    assert result["scores"] is None and result["best_layer"] is None
    assert result["clusters"]["layer"] == 2, "the last"
    assert {row["label"] for row in result["occurrences"]} == {None}
    assert "no scores" in text
    assert capsys.readouterr().err == ""


def test_labels_of_one_class_are_said_not_to_do(
    tiny: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "one.csv").write_text("sentence,label\na river,water\nthe old river,water\n")
    result, _ = run("river", "--input", tmp_path / "one.csv", "--model", tiny)
    assert result["scores"] is None and len(result["occurrences"]) == 2
    assert "note: no scores: 1 label is given" in capsys.readouterr().err


def test_layer_number_of_clusters_and_inflected_forms(
    tiny: str, bert: Checkpoint, table: Path
) -> None:
    arguments = ("--input", table, "--model", tiny, "--layer", 0, "--clusters", 3, "--inflected")
    result, _ = run("river", *arguments)
    found = expected(bert, inflected=True)
    assert [row["form"] for row in result["occurrences"]][-1] == "rivers"
    assert len(result["occurrences"]) == len(found.occurrences) == 7
    assert result["clusters"]["layer"] == 0 and result["clusters"]["count"] == 3
    groups = clusters(found.vectors[:, 0], 0, count=3)
    assert [row["cluster"] for row in result["occurrences"]] == list(groups.members)


def test_the_seed_is_of_the_shuffles(tiny: str, bert: Checkpoint, table: Path) -> None:
    result, _ = run("river", "--input", table, "--model", tiny, "--seed", 5)
    found = expected(bert)
    scores = sense_scores(found.vectors, found.labels, seed=5)
    bands = [row["silhouette_null"] for row in result["scores"]["layers"]]
    null = scores.silhouette_null
    np.testing.assert_allclose(np.transpose(bands), [null.low, null.high])
    assert result["scores"]["seed"] == 5


def test_the_sentences_written_here(tiny: str) -> None:
    result, _ = run("Bank", "--inflected", "--model", tiny)
    given = builtin_sentences("bank")
    assert result["sentences"] == [sentence.text for sentence in given]
    assert len(result["occurrences"]) >= len(given)
    assert len(result["scores"]["labels"]) >= 2


def test_what_cannot_be_used_is_named(tiny: str, table: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sentences come with 'zebra'; .*--input.* bank"):
        run("zebra", "--model", tiny)
    with pytest.raises(ValueError, match="layer is 3; it must be from 0 to 2"):
        run("river", "--input", table, "--model", tiny, "--layer", 3)
    with pytest.raises(ValueError, match="7 clusters are asked for; it must be from 1 to 6"):
        run("river", "--input", table, "--model", tiny, "--clusters", 7)
    with pytest.raises(ValueError, match="zebra"):
        run("zebra", "--input", table, "--model", tiny)
    with pytest.raises(OSError, match="none.csv"):
        run("river", "--input", tmp_path / "none.csv", "--model", tiny)
