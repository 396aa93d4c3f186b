"""Files of word vectors: ours, Word2Vec's and GloVe's, whole and broken."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from bert_core.checkpoint.word_vectors import read_facts, read_vectors, save_vectors

WORDS = ("the", "river", "Été", "New_York", "sea")
MATRIX = np.random.default_rng(4).normal(size=(5, 3)).astype(np.float16).astype(np.float32)


def text_rows(matrix: np.ndarray = MATRIX) -> str:
    rows = zip(WORDS, matrix, strict=True)
    return "".join(f"{word} {' '.join(str(float(x)) for x in row)}\n" for word, row in rows)


def binary(end_of_row: bytes = b"") -> bytes:
    rows = [f"{w} ".encode() + r.tobytes() + end_of_row for w, r in zip(WORDS, MATRIX, strict=True)]
    return b"5 3\n" + b"".join(rows)


def same(path: Path, number: int = 5, most: int = 200_000) -> None:
    words, matrix = read_vectors(path, most)
    assert words == WORDS[:number]
    np.testing.assert_array_equal(matrix, MATRIX[:number])
    assert matrix.dtype == np.float32


CONTENTS = {
    "word2vec.txt": ("5 3\n" + text_rows()).encode(),
    "word2vec.vec": ("5 3 \n" + text_rows().replace("\n", " \n")).encode(),
    "glove.txt": text_rows().encode(),
    "glove.txt.gz": gzip.compress(text_rows().encode(), mtime=0),
    "w.bin": binary(),
    "google.bin": binary(b"\n"),
    "w.bin.gz": gzip.compress(binary(), mtime=0),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_published_formats_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(CONTENTS[name])
    same(path)
    same(path, 2, most=2)


def test_our_folder_is_read_with_its_facts(tmp_path: Path) -> None:
    assert save_vectors(tmp_path / "new", WORDS, MATRIX, {"seed": 42}) == tmp_path / "new"
    same(tmp_path / "new")
    same(tmp_path / "new", 3, most=3)
    assert read_facts(tmp_path / "new") == {"seed": "42"}
    assert len(list((tmp_path / "new").iterdir())) == 2
    vectors, names = (tmp_path / "new" / name for name in ("vectors.safetensors", "words.txt"))
    assert vectors.stat().st_mode == names.stat().st_mode


def test_words_with_spaces_and_words_written_twice_are_read(tmp_path: Path) -> None:
    path = tmp_path / "glove.txt"
    path.write_text("the 1 2 3\n. . . 4 5 6\nthe 7 8 9\n")
    words, matrix = read_vectors(path)
    assert words == ("the", ". . .") and matrix.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.txt", b"", r"line 1: it is no word with numbers"),
        ("e.bin", b"", "does not begin with the number of words"),
        ("h.txt", b"5 3\n", "it has 0 words, its first line says 5"),
        ("cut.txt", CONTENTS["word2vec.txt"][:70], "cut|instead of 3|it has"),
        ("short.txt", b"the 1 2 3\nsea 1 2\n", r"line 2: it has 2 numbers instead of 3"),
        ("wide.txt", b"5 3\nthe 1 2 3 4\nsea 1 2 3 x\n", r"line 3: could not convert"),
        ("t.csv", b"sentence,label\nA bank.,river\n", "line 1: it is no word with numbers"),
        ("p.txt", b"It was a bright cold day.\n", "line 1: could not convert"),
        ("nan.txt", b"the 1 2\nsea nan 2\n", "the vector of 'sea' has a number that is not fin"),
        ("cut.bin", binary()[:50], "50 bytes cannot hold 5 words x 3"),
        ("cut.bin.gz", gzip.compress(binary(), mtime=0)[:-30], "cut off or another kind of file"),
        ("short.bin.gz", gzip.compress(binary()[:60], mtime=0), "unexpected end of input"),
        ("text.bin", text_rows().encode(), "does not begin with the number of words"),
        ("huge.bin", b"9999999 9000\nthe ", "cannot hold 9,999,999 words x 9000"),
        ("not.gz", b"the 1 2 3\n", "Not a gzipped file"),
        ("long.txt", b"a" * 500_000, "line 1 is longer than 400,000 bytes"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        read_vectors(path)
    assert name in str(error.value)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no file or folder '.*none\.bin'; Word2Vec"):
        read_vectors(tmp_path / "none.bin")
    with pytest.raises(ValueError, match=r"lacks vectors\.safetensors or words\.txt"):
        read_vectors(tmp_path)


def test_a_broken_folder_is_named(tmp_path: Path) -> None:
    save_vectors(tmp_path, WORDS, MATRIX, {})
    names, vectors = tmp_path / "words.txt", tmp_path / "vectors.safetensors"
    whole = names.read_text(encoding="utf-8")
    names.write_text(whole + "more\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"6 words for vectors of shape \(5, 3\)"):
        read_vectors(tmp_path)
    names.write_text(whole.replace("sea", "the"), encoding="utf-8")
    with pytest.raises(ValueError, match="4 words for vectors of shape"):
        read_vectors(tmp_path)
    names.write_bytes(b"\xff\n")
    with pytest.raises(ValueError, match="cannot be read as word vectors"):
        read_vectors(tmp_path)
    names.write_text(whole, encoding="utf-8")
    vectors.write_bytes(vectors.read_bytes()[:-7])
    with pytest.raises(ValueError, match="cannot be read as word vectors"):
        read_vectors(tmp_path)
    with pytest.raises(ValueError, match="cannot be read as word vectors"):
        read_facts(tmp_path / "none")
