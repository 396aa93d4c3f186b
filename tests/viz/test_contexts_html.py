"""Tables and lists of the page as HTML: their numbers, and nothing typed becomes markup."""

import re
from html import unescape

import numpy as np

from bert_core.outputs.contexts import (
    PairComparison,
    RemovedWord,
    SenseMatch,
    StaticVector,
    WordSense,
)
from bert_core.outputs.nearest import CorpusSense, CorpusSenses, NearestContext, NearestContexts
from bert_core.viz import contexts_html, nearest_html
from tests.viz.occurrences import contexts, scores

EVIL = "<script>bank</script>&'\""
SENSES = (
    WordSense("n-1", "noun", ("bank",), "sloping land", ("on the bank",)),
    WordSense("n-2", EVIL, (EVIL,), EVIL, (EVIL,)),
)
MATCH = NearestContext(EVIL, 0.914, EVIL, 8, 12, EVIL, 11, EVIL, "", "")
NEAREST = NearestContexts(4, (MATCH,), ((EVIL, 30), ("shore", 15)), (("river", 3),), 2.0)


def plain(html: str) -> str:
    return unescape(re.sub("<[^>]*>", "", html))


def cells(html: str) -> list[list[str]]:
    rows = re.findall("<tr>(.*?)</tr>", html)
    return [[plain(cell) for cell in re.findall("<td>(.*?)</td>", row)] for row in rows]


def test_scores_have_a_row_for_every_layer_beside_chance() -> None:
    html = contexts_html.scores_html(scores())
    _, *rows = cells(html)
    assert len(rows) == 4
    assert rows[2] == ["2, best", "91%", "30% to 62%", "96%", "25% to 60%", "0.32",
                       "-0.05 to 0.02"]  # fmt: skip
    assert "most frequent label: 50%" in plain(html) and "<th scope='col'>" in html


def test_scores_that_could_not_be_measured_are_a_dash() -> None:
    gap = np.array([np.nan, 0.1, 0.2, 0.3], np.float32)
    assert cells(contexts_html.scores_html(scores(silhouette=gap)))[1][5] == "–"


def test_one_vector_against_many() -> None:
    known = StaticVector("Word2Vec", "bank", np.zeros(3), (("banks", 0.8), (EVIL, 0.6)), 20_000)
    unknown = StaticVector(EVIL, "bank", None, (), 4, "it has no such word")
    html = contexts_html.static_html("bank", 24, 4, 0.714, None, (known, unknown))
    _, model, first, second = cells(html)
    assert model[:4] == ["This model, layer 4", "24, one for each sentence", "0.71", "–"]
    assert first[:4] == ["Word2Vec, 20,000 words", "1, the same in every sentence", "1.00", "1.00"]
    assert first[4].startswith("banks 0.80, ") and "none: it has no such word" in second[1]


def test_definitions_show_the_nearest_and_the_next() -> None:
    html = contexts_html.definitions_html(contexts(2), SENSES, (SenseMatch(1, (0.6, 0.4), 0),))
    _, row = cells(html)
    assert row[0] == "2" and row[2] == "noun sloping land 0.60" and row[3].endswith(" 0.40")
    assert "<u>bank</u>" in html
    alone = contexts_html.definitions_html(contexts(1), SENSES[:1], (SenseMatch(0, (0.6,), 0),))
    assert cells(alone)[1][3] == "–"


def test_every_sense_nearest_first() -> None:
    _, first, second = cells(contexts_html.senses_html(SENSES, SenseMatch(0, (0.2, 0.7), 1)))
    assert (first[0], second[0]) == ("0.70", "0.20") and second[3] == "on the bank"


def test_removed_words_say_where_they_stood_and_what_changed() -> None:
    removed = RemovedWord(2, 0, 4, "Moss", 0.4, -0.1)
    pair = PairComparison(1, 2, np.ones(3, np.float32), 2, (removed,))
    _, row = cells(html := contexts_html.removals_html(contexts(3), pair))
    assert row[:4] == ["B", "Moss", "0.40", "-0.10, less alike"] and "<u>Moss</u>" in html


def test_nearest_contexts_underline_the_match() -> None:
    html = nearest_html.nearest_html(NEAREST)
    assert "<u>bank</u>" in html and "0.91" in plain(html) and "sentence 12" in plain(html)
    empty = nearest_html.nearest_html(NearestContexts(4, (), (), (), 1.0))
    assert "Nothing in the corpus" in empty


def test_histogram_bars_are_as_long_as_their_counts() -> None:
    html = nearest_html.histogram_html("Matched words", NEAREST.words)
    assert re.findall("width:([0-9.]+)%", html) == ["100.0", "50.0"]
    assert re.findall("class='count'>(.*?)<", html) == ["30", "15"]
    many = [(f"w{at}", 20 - at) for at in range(15)]
    assert "and 3 other words" in nearest_html.histogram_html("x", many)
    assert nearest_html.histogram_html("x", ()) == ""


def test_corpus_senses_say_how_real_they_are() -> None:
    groups = (CorpusSense(150, (MATCH,), (("river", 9),)), CorpusSense(50, (), ()))
    said = plain(nearest_html.corpus_senses_html(CorpusSenses("bank", 4, 200, 900, 0.04, groups)))
    assert "a sample of 900" in said and "no real grouping" in said
    assert "Group 1, 150 occurrences (75%) near river" in said


def test_nothing_typed_becomes_markup() -> None:
    one = contexts(1, [EVIL])
    corpus = CorpusSenses(EVIL, 4, 1, 1, 0.5, (CorpusSense(1, (MATCH,), ((EVIL, 1),)),))
    static = StaticVector(EVIL, EVIL, np.zeros(3), ((EVIL, 0.1),), 3)
    unknown = StaticVector(EVIL, EVIL, None, (), 3, EVIL)
    pair = PairComparison(0, 0, np.ones(3, np.float32), 2, (RemovedWord(0, 0, 8, EVIL, 0.4, 0.1),))
    pieces = (
        contexts_html.static_html(EVIL, 1, 0, 0.5, 0.5, (static, unknown)),
        contexts_html.definitions_html(one, SENSES, (SenseMatch(0, (0.1, 0.6), 1),)),
        contexts_html.senses_html(SENSES, SenseMatch(0, (0.1, 0.6), 1)),
        contexts_html.removals_html(one, pair),
        contexts_html.table_html(EVIL, (EVIL,), ()),
        nearest_html.nearest_html(NEAREST),
        nearest_html.histogram_html(EVIL, NEAREST.words),
        nearest_html.corpus_senses_html(corpus),
    )
    for html in pieces:
        assert "<script" not in html and "&lt;script" in html
        assert "dir='auto'" in html
