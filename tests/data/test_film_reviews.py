"""Rated snippets, and the lexicon they are compared with."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from bert_core.data.film_reviews import lexicon_score, read_lexicon, read_snippets
from bert_core.data.packages import PackageError

ROWS = "1\t2.5\tA  fine film.\r\n2\t-1.2\tDull ''art''.\r\n3\t2.4\tA fine film.\r\n\r\n"


def archive(tmp_path: Path, name: str = "movieReviewSnippets_GroundTruth.txt") -> Path:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for entry, text in ((f"a/._{name}", "junk"), (f"a/{name}", ROWS)):
            info = tarfile.TarInfo(entry)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    path = tmp_path / "vader.zip"
    with zipfile.ZipFile(path, "w") as whole:
        root = "vaderSentiment-0.5"
        whole.writestr(f"{root}/additional_resources/hutto_ICWSM_2014.tar.gz", packed.getvalue())
        lexicon = "fine\t0.8\t0.4\t[1]\n:)\t2\t1\t[2]\ndull\t-1.7\t0.9\t[-2]\n"
        whole.writestr(f"{root}/vaderSentiment/vader_sentiment_lexicon.txt", lexicon)
    return path


def test_a_text_that_stands_twice_is_read_once(tmp_path: Path) -> None:
    found = read_snippets(archive(tmp_path))
    assert [(one.text, one.rating) for one in found] == [
        ("A fine film.", 2.5), ('Dull "art".', -1.2),
    ]  # fmt: skip


def test_an_archive_without_snippets_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="movieReviewSnippets"):
        read_snippets(archive(tmp_path, "tweets.txt"))


def test_the_lexicon_has_words_and_no_signs(tmp_path: Path) -> None:
    assert read_lexicon(archive(tmp_path)) == {"fine": 0.8, "dull": -1.7}


@pytest.mark.parametrize(
    ("text", "score"),
    [("A FINE film", 0.8), ("not a fine film", 0.8 * -0.74), ("It isn't dull", -1.7 * -0.74),
     ("not that it was, say, a fine film", 0.8), ("chairs", 0.0)],
)  # fmt: skip
def test_a_negation_turns_a_feeling_round(text: str, score: float) -> None:
    assert lexicon_score(text, {"fine": 0.8, "dull": -1.7}) == pytest.approx(score)
