"""Documents: the split is fair, duplicates are removed, a folder is read."""

from dataclasses import replace
from pathlib import Path

import pytest

from bert_core.data.documents import Document, split_documents
from bert_core.data.own_text import folder_documents
from tests.data.samples import many


def test_split_is_deterministic_disjoint_and_complete() -> None:
    documents = many(2000)
    split = split_documents(documents, 0.1)
    again = split_documents(reversed(documents), 0.1)
    train, heldout = {d.id for d in split.train}, {d.id for d in split.heldout}
    assert not train & heldout and len(train | heldout) == 2000
    assert 140 < len(heldout) < 260
    assert heldout == {d.id for d in again.heldout}
    assert heldout != {d.id for d in split_documents(documents, 0.1, salt="other").heldout}
    assert heldout <= {d.id for d in split_documents(documents, 0.2).heldout}
    assert split_documents(documents, 0.0).heldout == []
    with pytest.raises(ValueError, match=r"1\.5.*\[0, 1\)"):
        split_documents(documents, 1.5)


def test_exact_duplicates_are_removed() -> None:
    documents = many(50)
    copies = [replace(item, id=f"copy/{item.id}") for item in documents[:7]]
    upper = [replace(copies[0], id="u/1", sentences=(copies[0].sentences[0].upper(),))]
    split = split_documents(documents + copies + upper, 0.3)
    assert split.duplicates_removed == 8
    assert {d.id for d in split.train + split.heldout} == {d.id for d in documents}


def _long(*numbers: int) -> tuple[str, ...]:
    return tuple(f"This sentence has more than eight words and number {n}." for n in numbers)


def test_near_duplicates_of_heldout_documents_leave_the_training_text() -> None:
    heldout = split_documents(many(200), 0.1).heldout[0].id
    ids = [item.id for item in split_documents(many(200), 0.1).train[:3]]
    documents = [
        Document(heldout, "d", _long(1, 2, 3, 4)),
        Document(ids[0], "d", _long(1, 2, 8, 9)),
        Document(ids[1], "d", _long(1, 7, 8, 9)),
        Document(ids[2], "d", ("Short one.", "Another short one.")),
    ]
    split = split_documents(documents, 0.1)
    assert [item.id for item in split.heldout] == [heldout]
    assert [item.id for item in split.train] == ids[1:]
    assert (split.duplicates_removed, split.near_duplicates_removed) == (0, 1)


def test_folder_gives_one_document_a_file_in_order(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("\ufeffSecond file. It ends", encoding="utf-8")
    (tmp_path / "a.txt").write_text("A title\n\nCafé one. Two.", encoding="utf-8")
    (tmp_path / "c.md").write_text("Not text.")
    assert folder_documents(tmp_path) == [
        Document("folder/a.txt", "folder", ("A title", "Café one.", "Two.")),
        Document("folder/b.txt", "folder", ("Second file.", "It ends")),
    ]


def test_folder_errors_name_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere' is not a folder"):
        folder_documents(tmp_path / "nowhere")
    (tmp_path / "empty.txt").write_text(" \n")
    with pytest.raises(ValueError, match="holds no .txt file with text"):
        folder_documents(tmp_path)
    (tmp_path / "bad.txt").write_bytes(b"caf\xe9 au lait")
    with pytest.raises(ValueError, match=r"bad\.txt' is not UTF-8 \(byte 3 is 0xe9\)"):
        folder_documents(tmp_path)
