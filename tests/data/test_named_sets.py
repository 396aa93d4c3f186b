"""A named data set: what the library gives becomes documents, and its absence is said."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from bert_core.data.named_sets import named_documents


class Rows(dict[str, list[str | None]]):
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
        return Rows(text=["One here. Two here.", None, " "], label=["a", "b", "c"])

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
    with pytest.raises(ValueError, match="no column 'body'; its columns are 'text', 'label'"):
        named_documents("datasets:owner/set", "body")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ValueError, match="datasets is not installed"):
        named_documents("datasets:owner/set")
