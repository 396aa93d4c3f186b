"""Manuals, dictionaries and books of Debian packages become texts: real layouts, made-up words."""

import struct
import zlib
from pathlib import Path

import pytest

from bert_core.data.packages import PackageError
from bert_core.data.sources import books, dictionaries, manuals, scripture
from bert_core.data.sources.markup import markup_paragraphs
from bert_core.data.sources.prose import groups, prose_paragraphs, reads_as_prose
from tests.data.archive_files import dictd_files, write_debian

CAT = "The cat sat on the mat for a very long time."
DOG = "The dog was in the garden and it did not see the cat."
OWL = "An owl looked at the two of them from its tree."


def test_prose_is_told_from_lists_and_code() -> None:
    assert reads_as_prose(CAT, 5) and not reads_as_prose(CAT, 12)
    for other in ("cat dog owl mouse bird fish", "if (the == a) { of->it = x_1; } // is", "the of"):
        assert not reads_as_prose(other, 3)
    assert prose_paragraphs(
        [f"  {CAT}\n", "``Is it , then,  the cat?'' he\nasked of the owl.", CAT]
    ) == [
        CAT,
        '"Is it, then, the cat?" he asked of the owl.',
    ]
    assert list(groups("abcde", 2)) == [["a", "b"], ["c", "d"], ["e"]]


PAGE = f"""<html><head><title>No title</title></head><body><nav>The menu of it all</nav>
<h1>The heading is left out</h1> {CAT[:20]}<b>{CAT[20:]}</b><p>{DOG}<br>{CAT} [3, 4]
<table><tr><td>{OWL}</td></tr></table><pre>the code &amp; more</pre>
<li>Write to the cat at cat@mat.org if you have to do it,
and it will be as glad of it as the dog is.</li></body></html>"""


def test_pages_give_paragraphs_without_headings_tables_and_code() -> None:
    kept = [" ".join(text.split()) for text in markup_paragraphs(PAGE)]
    assert kept[:2] == [CAT, f"{DOG} {CAT} [3, 4]"] and len(kept) == 3
    assert OWL in markup_paragraphs(PAGE, keep=("table",))


def test_a_manual_is_read_page_by_page_without_what_was_said_before(tmp_path: Path) -> None:
    folder = "usr/share/help/C/gnome-help"
    second = f"<page><p>{CAT}</p><p>{OWL}</p><note><p>{DOG}</p></note></page>"
    archive = write_debian(
        tmp_path / "a.deb",
        {
            f"{folder}/b.page": second,
            f"{folder}/a.page": PAGE,
            f"{folder}/legal.page": second.replace("owl", "eagle"),
            f"{folder}/c.xml": second.replace("owl", "hawk"),
            "usr/share/help/de/gnome-help/d.page": second.replace("owl", "gull"),
        },
        links={f"{folder}/0.page": "b.page"},
    )
    assert list(manuals.gnome_help(archive)) == [[CAT, f"{DOG} {CAT}"], [OWL, DOG]]


def test_of_rust_only_the_books_are_read(tmp_path: Path) -> None:
    folder = "usr/share/doc/rust-doc/html"
    names = ["book/a.html", "reference/x/b.html", "core/c.html", "book/print.html", "book/std.html"]
    cats = [CAT.replace("cat", f"cat of {name}") for name in ("Ann", "Bob", "Cy", "Di", "Ed")]
    pages = {
        f"{folder}/{name}": f"<p>{cat}</p><p>{cat} {DOG}</p>"
        for name, cat in zip(names, cats, strict=True)
    }
    found = list(manuals.rust(write_debian(tmp_path / "a.deb", pages)))
    assert found == [[cat, f"{cat} {DOG}"] for cat in cats[:2]]


def _dictionary(path: Path, *entries: tuple[tuple[str, ...], str]) -> Path:
    about = (("00databaseinfo",), "This is the file of the words and the things.\n")
    return write_debian(path, dictd_files("words", [about, *entries]))


def test_dictd_entries_are_found_by_the_index_each_once(tmp_path: Path) -> None:
    long = "é" * 3000
    archive = _dictionary(tmp_path / "a.deb", (("cat", "puss"), long), (("dog",), DOG))
    assert list(dictionaries.entries(archive)) == [("cat", long), ("dog", DOG)]
    with pytest.raises(PackageError, match="holds no dictionary"):
        list(dictionaries.entries(write_debian(tmp_path / "b.deb", {"usr/x": b"x"})))


def test_gcide_gives_definitions_and_quotations_without_marks(tmp_path: Path) -> None:
    entry = (
        "Cat \\Cat\\ (k[a^]t), n. [AS. cat; of the Latin\n   catus.]\n"
        "   1. (Zool.) An animal of the family which {purrs} when it is\n      stroked [Obs.]\n"
        "      [1913 Webster]\n\n"
        "            All of the cats are grey when it is night. --Heywood.\n\n"
        "   Note: The cat is not the only one with\n         a tail;\n"
    )
    lone = "Dog \\Dog\\, n.\n   An animal that barks at the other of the two animals.\n"
    owl = f"Owl \\Owl\\ (oul), n. [OE. ule.]\n   {OWL}\n\n{DOG}\n"
    words = ((("cat",), entry), (("dog",), lone), (("owl",), owl))
    assert list(dictionaries.gcide(_dictionary(tmp_path / "a.deb", *words))) == [
        [
            "An animal of the family which purrs when it is stroked.",
            "All of the cats are grey when it is night.",
            "The cat is not the only one with a tail.",
        ],
        [OWL, DOG],
    ]


def test_computing_terms_and_the_devils_words(tmp_path: Path) -> None:
    entry = f"cat\n\n   <tool> (2001-02-03) {CAT}  See {{mat}}.\n\n   {DOG} [Was it?]\n\n   {OWL}\n"
    archive = _dictionary(tmp_path / "a.deb", (("cat",), entry), (("mat",), f"mat\n\n   {CAT}"))
    assert list(dictionaries.computing(archive)) == [[f"{CAT} See mat.", DOG, OWL]]
    entry = "  CAT, n.  A soft thing for the home, to be kicked when it is wrong.\n\n   So it is."
    archive = _dictionary(tmp_path / "b.deb", (("cat",), entry))
    assert list(dictionaries.devils_dictionary(archive)) == [
        ["Cat, n. A soft thing for the home, to be kicked when it is wrong."]
    ]


def _r_object(lines: list[str | None], version: int) -> bytes:
    content = b"X\n" + struct.pack(">3i", version, 0x40201, 0x20300)
    content += struct.pack(">i", 5) + b"UTF-8" if version == 3 else b""
    content += struct.pack(">2i", 16, len(lines))
    for line in lines:
        raw = (line or "").encode()
        content += struct.pack(">2i", 0x40009, -1 if line is None else len(raw)) + raw
    return struct.pack(">i", len(content)) + zlib.compress(content)


def test_novels_in_r_data_lose_headings_and_come_in_pieces(tmp_path: Path) -> None:
    lines = ["CHAPTER I of the book is this", None, "_It_ was the first of", "the days."]
    many = [part for n in range(61) for part in (f"It was the day {'I' * n} of many.", "")]
    number = struct.pack(">3i", 13, 1, 7)
    other = struct.pack(">i", 26) + zlib.compress(b"X\n" + struct.pack(">3i", 2, 1, 1) + number)
    database = _r_object(lines, 2) + other + _r_object(many, 3)
    name = "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"
    found = list(books.austen(write_debian(tmp_path / "a.deb", {name: database})))
    assert found[0] == ["It was the first of the days."]
    assert [len(text) for text in found] == [1, 60, 1]
    with pytest.raises(PackageError, match="cannot be unpacked"):
        list(books.r_strings(database + b"no more of them"))


def test_a_plain_book_is_cut_at_blank_lines_and_read_once(tmp_path: Path) -> None:
    name = "usr/share/gocode/src/github.com/jdkato/prose/testdata/sherlock.txt"
    lines = CAT.replace(" mat", "\r\nmat")
    text = f"CHAPTER I\r\n\r\n{lines}\r\n\r\n{DOG}\r\n\r\n{CAT}\r\n"
    found = list(books.sherlock(write_debian(tmp_path / "a.deb", {name: text.encode("cp1252")})))
    assert found == [[CAT, DOG]]


def _sword(entries: list[str]) -> dict[str, bytes]:
    """The three files of a testament: one block, an empty verse first, the last entry twice."""
    block, verses = b"", struct.pack("<IIH", 0, 0, 0)
    for entry in entries:
        raw = entry.encode()
        verses += struct.pack("<IIH", 0, len(block), len(raw))
        block += raw
    packed = zlib.compress(block)
    places = struct.pack("<III", 0, len(packed), len(block))
    return {"bzz": packed, "bzs": places, "bzv": verses + verses[-10:]}


def _module(path: Path, kind: str, old: list[str], new: list[str]) -> Path:
    folder = f"usr/share/sword/modules/{kind}/words"
    parts = {"ot": _sword(old), "nt": _sword(new)}
    return write_debian(
        path,
        {
            f"{folder}/{name}.{end}": raw
            for name, part in parts.items()
            for end, raw in part.items()
        },
    )


def test_a_bible_is_read_in_order_forty_verses_a_text(tmp_path: Path) -> None:
    old = [f'<w lemma="x">Verse</w> {"I" * (n + 1)} of the old<note>no</note>.' for n in range(42)]
    archive = _module(tmp_path / "a.deb", "texts/ztext", old, ["Verse of the new.", "Amen."])
    first, second = scripture.bible(archive)
    assert len(first) == 8 and first[0].startswith("Verse I of the old. Verse II of")
    assert second == [
        "Verse {} of the old. Verse {} of the old. Verse of the new.".format("I" * 41, "I" * 42)
    ]
    with pytest.raises(PackageError, match="holds no 'ot.bzz'"):
        list(scripture.bible(write_debian(tmp_path / "b.deb", {"usr/x": b"x"})))


def test_a_commentary_loses_its_outlines_and_short_notes(tmp_path: Path) -> None:
    outline = "The cat, and how it came to be on the mat. (1-5)"
    comment = f"{outline}<br/>Verses 1-5 {CAT} (Ge 1:2; 3) {DOG}<lb/>{OWL}"
    archive = _module(tmp_path / "a.deb", "comments/zcom", [comment, CAT], [f"2. {CAT}"])
    assert list(scripture.matthew_henry(archive)) == [[f"{CAT} {DOG}", OWL]]
