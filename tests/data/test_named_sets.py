"""A named data set: what the library gives becomes documents, and its absence is said."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from bert_core.data.named_sets import named_documents


class GenerationError(Exception):
    """As the library's own errors: of no kind that Python has."""


class Rows(dict[str, list[Any]]):
    """What load_dataset returns, as far as it is used."""

    @property
    def column_names(self) -> list[str]:
        return list(self)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the library was asked for; it answers with two columns."""
    seen: list[tuple[Any, ...]] = []

    def load_dataset(name: str, configuration: str | None, split: str) -> Rows:
        seen.append((name, configuration, split))
        if name == "nobody/has-this":
            raise FileNotFoundError("no such data set")
        if name == "broken":
            raise GenerationError("An error occurred") from ValueError("line 3\nhas 5 cells")
        if name == "silent":
            raise IndexError
        return Rows(
            text=["One here. Two here.", None, " "], label=["a", "b", "c"], n=[1, 2, 3],
            parts=[["One. Two.", "Three."]], answers=[{"a": 1}], mixed=[["a", 1]],
        )  # fmt: skip

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    return seen


def test_a_row_is_a_document(asked: list[tuple[Any, ...]]) -> None:
    (found,) = named_documents("datasets:owner/set,en")
    assert asked == [("owner/set", "en", "train")]
    assert (found.id, found.sentences) == ("datasets/owner/set:0", ("One here.", "Two here."))
    assert len(named_documents("datasets:owner/set", "label")) == 3
    assert asked[-1] == ("owner/set", None, "train")


def test_what_cannot_be_had_is_said(
    asked: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="'nobody/has-this' could not be had .no such data set."):
        named_documents("datasets:nobody/has-this")
    with pytest.raises(ValueError, match="no column 'body'; its columns are 'text', 'label', 'n'"):
        named_documents("datasets:owner/set", "body")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ValueError, match="datasets is not installed"):
        named_documents("datasets:owner/set")


@pytest.mark.parametrize(
    ("column", "held"), [("n", "numbers"), ("answers", "a dict"), ("mixed", "a list")]
)
def test_a_column_without_text_is_named(
    asked: list[tuple[Any, ...]], column: str, held: str
) -> None:
    with pytest.raises(ValueError, match=f"column '{column}' .*'a/b' holds {held}, not text"):
        named_documents("datasets:a/b", column)


def test_sentences_are_taken_as_they_are(asked: list[tuple[Any, ...]]) -> None:
    (found,) = named_documents("datasets:a/b", "parts")
    assert found.sentences == ("One. Two.", "Three.")


def test_the_librarys_own_errors_are_said_in_one_line(asked: list[tuple[Any, ...]]) -> None:
    with pytest.raises(ValueError, match="had .An error occurred: line 3 has 5 cells.; check"):
        named_documents("datasets:broken")
    with pytest.raises(ValueError, match="could not be had .IndexError.; check"):
        named_documents("datasets:silent")


def test_values_that_cannot_be_read_are_said(
    asked: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def undecodable(rows: Rows, column: str) -> Any:
        raise ImportError("to decode images, install Pillow")

    monkeypatch.setattr(Rows, "__getitem__", undecodable)
    with pytest.raises(ValueError, match="could not be had .to decode images, install Pillow."):
        named_documents("datasets:a/b", "label")
