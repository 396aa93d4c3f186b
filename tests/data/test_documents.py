"""Documents: the split is fair, duplicates are removed, a folder is read."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bert_core.data import documents as documents_module
from bert_core.data.documents import CorpusSplit, Document, split_documents
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


HELD, OTHER, *_ = (item.id for item in split_documents(many(200), 0.1).heldout)
LEARNED = [item.id for item in split_documents(many(200), 0.1).train]


def prose(first: int, last: int) -> tuple[str, ...]:
    """Sentences of 12 words, of which no two have a word in common."""
    return tuple(" ".join(f"w{n}x{at}" for at in range(12)) + "." for n in range(first, last))


def parted(*documents: Document) -> tuple[list[str], list[str], tuple[int, int, int]]:
    """Ids of the training and the held-out text, and how many were removed of each kind."""
    split = split_documents(documents, 0.1)
    removed = (split.duplicates_removed, split.near_duplicates_removed, split.heldout_removed)
    return [item.id for item in split.train], [item.id for item in split.heldout], removed


def test_a_training_document_half_of_which_is_held_out_goes() -> None:
    heldout = Document(HELD, "d", prose(0, 4))
    own = " ".join(f"own{at}" for at in range(21))  # 24 shared words begin 20 shingles
    less = Document(LEARNED[0], "d", (*prose(0, 2), own))
    half = Document(LEARNED[1], "d", (*prose(0, 2), own.removesuffix(" own20")))
    assert parted(heldout, less, half) == ([LEARNED[0]], [HELD], (0, 1, 0))
    short = Document(LEARNED[1], "d", prose(0, 1))
    assert parted(heldout, less, short) == ([LEARNED[0]], [HELD], (0, 1, 0))


def test_a_held_out_document_that_stands_in_a_longer_one_goes() -> None:
    inside, other = Document(HELD, "d", prose(0, 4)), Document(OTHER, "d", prose(4, 8))
    longer = Document(LEARNED[0], "d", prose(20, 40) + prose(0, 4) + prose(60, 80))
    assert parted(inside, other, longer) == ([LEARNED[0]], [OTHER], (0, 0, 1))
    assert parted(longer, other, inside) == ([LEARNED[0]], [OTHER], (0, 0, 1))
    quoted = Document(LEARNED[0], "d", prose(20, 40) + prose(0, 1))
    assert parted(inside, quoted) == ([LEARNED[0]], [HELD], (0, 0, 0))


def test_a_letter_of_each_sentence_case_and_punctuation_do_not_hide_a_copy() -> None:
    heldout = Document(HELD, "d", prose(0, 4))
    letters = tuple(one.replace("x6", "y6") for one in heldout.sentences)
    marks = tuple(one.upper().replace(" ", ", ").replace(".", "!") for one in heldout.sentences)
    other = Document(LEARNED[1], "d", prose(20, 24))
    for sentences in (letters, marks):
        copy = Document(LEARNED[0], "d", sentences)
        assert parted(heldout, copy, other) == ([LEARNED[1]], [HELD], (0, 1, 0))


def test_documents_that_share_fewer_than_eight_words_in_a_row_are_no_copies() -> None:
    words = "one two three four five six seven eight"
    heldout = Document(HELD, "d", (words,))
    shorter = Document(LEARNED[0], "d", (words.rsplit(" ", 1)[0],))
    assert parted(heldout, shorter) == ([LEARNED[0]], [HELD], (0, 0, 0))
    longer, other = (Document(LEARNED[at], "d", (said, *prose(0, at))) for at, said in
                     enumerate((f"And {words}", "Another one.")))  # fmt: skip
    assert parted(heldout, longer, other)[2] == (0, 1, 0)


def test_a_text_that_says_the_same_over_and_over_is_learned_from() -> None:
    """Then what is held out of it goes, rather than most of the text."""
    heldout, far = Document(HELD, "d", prose(0, 4)), Document(OTHER, "d", prose(40, 44))
    copies = [
        Document(one, "d", (*prose(0, 4), *prose(9 + at, 10 + at)))
        for at, one in enumerate(LEARNED[:3])
    ]
    assert parted(heldout, far, *copies) == (LEARNED[:3], [OTHER], (0, 0, 1))


def test_a_phrase_of_every_document_does_not_make_the_search_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(documents_module, "MOST_HOMES", 2)
    phrase = prose(0, 1)
    looked_at: list[int] = []
    monkeypatch.setattr(
        documents_module, "Counter", lambda homes: Counter(looked_at.append(n) or n for n in homes)
    )
    documents = [replace(item, sentences=phrase + item.sentences) for item in many(200)]
    split_documents(documents, 0.1)
    assert 0 < len(looked_at) <= 2 * sum(12 + 7 for _ in documents)


def test_a_split_says_what_it_removed() -> None:
    documents = [Document("a", "d", ())] * 1_200
    split = CorpusSplit(documents, documents[:3], 4, 5, 6)
    assert list(split.counts().values()) == [1_200, 3, 4, 5, 6]
    assert split.line() == (
        "1,200 documents to learn from, 3 held out; removed before: 4 exact duplicates, 11 "
        "near-duplicates (6 of them held out)"
    )


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
