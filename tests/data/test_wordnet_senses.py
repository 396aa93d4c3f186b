"""WordNet's files: words found by halving, base forms, and files that are broken."""

import io
import tarfile
from pathlib import Path

import pytest

from bert_core.data import wordnet_senses
from bert_core.data.packages import WORDNET
from bert_core.data.wordnet_senses import find_wordnet, word_senses
from tests.data.wordnet_files import LICENCE, write_wordnet

SYNSETS = {
    "noun": [
        (["bank"], 'sloping land; "they sat on the bank"; "a steep bank"'),
        (["depository", "bank"], "a place for money"),
        (["goose"], "web-footed bird"),
        (["sea_bass", "bass"], "a fish of the sea"),
        (["Bank"], "a name"),
        (["church"], "a building for prayer"),
        (["'hood"], "a part of a town"),
        (["zymurgy"], "the last word"),
    ],
    "verb": [(["bank"], 'tip to one side; "the plane banked"'), (["see"], "notice by eye"),
             (["saw"], "cut with teeth of steel"), (["stop"], "come to rest")],
    "adj": [(["deep"], "far down"), (["large"], "of great size")],
    "adv": [(["deeply"], "to a great depth")],
}  # fmt: skip
EXCEPTIONS = {"noun": "geese goose\n", "verb": "saw see\nstopped stop\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A WordNet of a few words."""
    return write_wordnet(tmp_path / "wn", SYNSETS, EXCEPTIONS)


def keys(folder: Path, word: str) -> list[str]:
    return [f"{s.part_of_speech} {'/'.join(s.words)}" for s in word_senses(folder, word)]


def test_every_sense_in_order_with_its_definition_and_examples(folder: Path) -> None:
    senses = word_senses(folder, "bank")
    assert keys(folder, "bank") == ["noun bank", "noun depository/bank", "noun Bank", "verb bank"]
    first = senses[0]
    assert first.key == f"n-{len(LICENCE):08}" and first.part_of_speech == "noun"
    assert first.definition == "sloping land"
    assert first.examples == ("they sat on the bank", "a steep bank")
    assert senses[3].key.startswith("v-") and senses[3].examples == ("the plane banked",)


def test_every_word_is_found_the_first_and_the_last_too(folder: Path) -> None:
    for synsets in SYNSETS.values():
        for words, gloss in synsets:
            for word in words:
                definitions = {sense.definition for sense in word_senses(folder, word)}
                assert gloss.split(";")[0] in definitions, word


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Sea Bass", ["noun sea bass/bass"]),
        ("sea_bass", ["noun sea bass/bass"]),
        ("geese", ["noun goose"]),
        ("saw", ["verb saw", "verb see"]),
        ("stopped", ["verb stop"]),
        ("churches", ["noun church"]),
        ("zymurgies", ["noun zymurgy"]),
        ("banking", ["verb bank"]),
        ("DEEPER", ["adjective deep"]),
        ("largest", ["adjective large"]),
        ("deeply", ["adverb deeply"]),
        ("s", []),
        ("zzz", []),
        ("aaa", []),
        ("", []),
        ("x" * 10_000, []),
        ("  ", []),
        ("日", []),
    ],
)
def test_forms_case_and_unknown_words(folder: Path, word: str, expected: list[str]) -> None:
    assert keys(folder, word) == expected


def test_rules_serve_where_there_are_no_exceptions(folder: Path) -> None:
    for path in folder.glob("*.exc"):
        path.unlink()
    assert keys(folder, "saw") == ["verb saw"] and keys(folder, "churches") == ["noun church"]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("data.noun", lambda text: text[:-200], r"data\.noun' is damaged at byte \d{8}: no sense"),
        ("data.noun", lambda text: text[1:], "no sense begins there"),
        ("data.noun", lambda text: text.replace("|", " "), "it has no definition"),
        ("data.noun", lambda text: text.replace(" 01 ", " zz "), "damaged at byte"),
        ("index.noun", lambda text: "", r"index\.noun' is damaged: it is empty"),
        ("index.noun", lambda text: text.replace("zymurgy n 1", "zymurgy n x"), "line for 'zymur"),
        ("index.noun", lambda text: text.replace("zymurgy n 1", "zymurgy n 9"), "line for 'zymur"),
    ],
)
def test_a_damaged_file_is_named(folder: Path, name: str, change, message: str) -> None:  # type: ignore[no-untyped-def]
    path = folder / name
    path.write_text(change(path.read_text()))
    with pytest.raises(ValueError, match=message):
        word_senses(folder, "zymurgy")


def test_a_folder_is_taken_as_it_is_or_its_dict(folder: Path, tmp_path: Path) -> None:
    assert find_wordnet(folder) == folder
    (tmp_path / "wn3").mkdir()
    folder.rename(tmp_path / "wn3" / "dict")
    assert find_wordnet(tmp_path / "wn3") == tmp_path / "wn3" / "dict"
    (tmp_path / "wn3" / "dict" / "index.adv").unlink()
    with pytest.raises(ValueError, match=r"dict' lacks index\.adv; give WordNet's folder"):
        find_wordnet(tmp_path / "wn3" / "dict")
    with pytest.raises(ValueError, match=r"lacks index\.noun, data\.noun"):
        find_wordnet(tmp_path / "none")


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without WordNet; the folder of its cache."""
    monkeypatch.setattr(wordnet_senses, "DEBIAN", tmp_path / "none")
    for name in ("WNHOME", "WNSEARCHDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BERT_EXPLORER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_without_a_folder_the_usual_places_are_looked_at(
    folder: Path, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_wordnet() is None
    monkeypatch.setenv("WNSEARCHDIR", str(folder))
    assert find_wordnet() == folder
    monkeypatch.setattr(wordnet_senses, "DEBIAN", folder)
    monkeypatch.delenv("WNSEARCHDIR")
    assert find_wordnet() == folder


def debian_package(files: Path) -> bytes:
    """An `ar` archive with the files in its data.tar."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path in files.iterdir():
            tar.add(path, f"./usr/share/wordnet/{path.name}")
    data = packed.getvalue()
    header = f"{'data.tar.gz':16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n"
    return b"!<arch>\n" + header.encode() + data


def test_the_archive_in_the_cache_is_unpacked_once(
    folder: Path, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = nowhere / "archives" / WORDNET.filename
    archive.parent.mkdir(parents=True)
    archive.write_bytes(debian_package(folder))
    with pytest.raises(ValueError, match="WordNet cannot be unpacked: .*SHA-256"):
        find_wordnet()
    monkeypatch.setattr(wordnet_senses, "verify", lambda package, path: None)
    found = find_wordnet()
    assert found is not None and keys(found, "geese") == ["noun goose"]
    archive.unlink()
    assert find_wordnet() == found
    assert [path.name for path in sorted(nowhere.iterdir())] == ["archives", found.name]
