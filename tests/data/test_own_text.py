"""A user's own text: every kind of file, and clear words for those that cannot be read."""

import os
from pathlib import Path

import pytest

from bert_core.data.own_text import own_documents


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_json_lines_are_a_document_each(tmp_path: Path) -> None:
    lines = (
        '{"text": "The bank lends. It asks for interest.\\n\\nThe river"}\n\n'
        '{"text": ["One sentence. In two.", " Another "]}\n{"text": "  "}\n'
    )
    found = own_documents(written(tmp_path / "a.jsonl", lines))
    assert [document.id for document in found] == ["file/a.jsonl:1", "file/a.jsonl:3"]
    assert found[0].sentences == ("The bank lends.", "It asks for interest.", "The river")
    assert found[1].sentences == ("One sentence. In two.", "Another"), "taken as they are"


def test_a_column_of_a_csv_is_read_across_lines(tmp_path: Path) -> None:
    table = '\ufeffid,body\r\n1,"First here. Second,\nstill second."\r\n2,\r\n3,Last.\r\n'
    found = own_documents(written(tmp_path / "a.csv", table), "body")
    assert [document.sentences for document in found] == [
        ("First here.", "Second, still second."), ("Last.",),
    ]  # fmt: skip
    tabs = own_documents(written(tmp_path / "a.tsv", "text\tn\nA, b.\t1\n"))
    assert tabs[0].sentences == ("A, b.",)


def test_a_text_file_is_one_document(tmp_path: Path) -> None:
    (found,) = own_documents(written(tmp_path / "A.TXT", "One. Two."))
    assert found.sentences == ("One.", "Two.")


def test_a_folder_takes_endings_in_either_case(tmp_path: Path) -> None:
    for name in ("b.TXT", "a.txt", "c.Txt", "d.md", "e.txt.bak"):
        written(tmp_path / name, f"Text of {name[0]}.")
    found = own_documents(tmp_path)
    assert [document.id for document in found] == ["folder/a.txt", "folder/b.TXT", "folder/c.Txt"]


@pytest.mark.parametrize("ending", ["txt", "csv", "jsonl"])
def test_a_name_that_is_not_utf8_is_said(tmp_path: Path, ending: str) -> None:
    name = os.fsdecode(b"caf\xe9." + ending.encode())
    path = written(tmp_path / name, '{"text": "x"}' if ending == "jsonl" else "text\nOne. Two.")
    for given in [path, tmp_path] if ending == "txt" else [path]:
        with pytest.raises(ValueError, match=r"b'caf\\xe9\.\w+' in .* is not UTF-8; rename it"):
            own_documents(given)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", '{"text": "x"}\n{text', r"line 2 of .* is not JSON"),
        ("a.jsonl", '{"body": "x"}', r"line 1 .* has 'body'; its 'text' must be .*--column NAME"),
        ("a.jsonl", "[1]", "has no fields"),
        ("a.csv", "id,body\n1,x\n", r"no column 'text'; its columns are 'id', 'body'"),
        ("a.csv", "", "its columns are none"),
        ("a.csv", 'text\n"a"b\n', "line 2 of .* is not well-formed CSV"),
        ("a.csv", "text\n \n", "holds no text"),
        ("a.pdf", "x", "is not a folder of .txt files, nor a .txt, .jsonl, .csv or .tsv file"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, content: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        own_documents(written(tmp_path / name, content))


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt"])
def test_other_encodings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is not UTF-8"):
        own_documents(written(tmp_path / name, "text\ncafé\n", "latin-1"))


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give one of these"):
        own_documents(tmp_path / "missing.csv")
