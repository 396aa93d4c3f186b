"""Pairs: half follow, half do not; nothing is too long, and all text is used.

In the documents of these tests every token occurs once, so that a row says where it comes from.
"""

import numpy as np
import pytest

from bert_core.data.sentence_pairs import (
    IS_NEXT,
    IS_RANDOM,
    NO_LABEL,
    Row,
    RowMaker,
    TokenisedDocument,
)

CLS, SEP, FIRST = 2, 3, 10


def library(
    documents: int = 40,
    sentences: int = 60,
    seed: int | None = 1,
    sources: tuple[str, ...] = ("x", "y"),
    paired: bool = True,
) -> list[TokenisedDocument]:
    """Documents of sentences of 10 tokens, or with a seed of 1 to 30; every token only once."""
    rng, token, made = np.random.default_rng(seed), FIRST, []
    for at in range(documents):
        cut: list[tuple[int, ...]] = []
        for _ in range(sentences):
            size = 10 if seed is None else int(rng.integers(1, 31))
            cut.append(tuple(range(token, token + size)))
            token += size
        made.append(TokenisedDocument(sources[at % len(sources)], tuple(cut), paired))
    return made


def rows(documents: list[TokenisedDocument], seed: int = 2, **settings: float) -> list[Row]:
    maker = RowMaker(CLS, SEP, **settings)  # type: ignore[arg-type]
    return list(maker.rows(documents, np.random.default_rng(seed)))


def parts(row: Row) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A and B of a row, B empty in a row of one, after checking what stands around them."""
    assert row.ids[0] == CLS and row.ids[-1] == SEP
    end = row.ids.index(SEP)
    first, second = row.ids[1:end], row.ids[end + 1 : -1]
    assert row.segment_ids == (0,) * (len(first) + 2) + (1,) * (len(second) + 1 if second else 0)
    assert CLS not in first + second and SEP not in first + second
    return first, second


def homes(documents: list[TokenisedDocument]) -> dict[int, int]:
    """Which document a token comes from."""
    return {
        token: at
        for at, document in enumerate(documents)
        for sentence in document.sentences
        for token in sentence
    }


def is_run(tokens: tuple[int, ...]) -> bool:
    """Whether tokens stand in the order of the documents without a gap."""
    return bool(tokens) and tokens == tuple(range(tokens[0], tokens[0] + len(tokens)))


def test_half_of_the_pairs_follow() -> None:
    labels = [row.next_label for row in rows(library(documents=60, sentences=300, seed=3))]
    pairs = len(labels) - labels.count(NO_LABEL)
    assert pairs > 2_000
    assert abs(labels.count(IS_NEXT) / pairs - 0.5) < 0.03
    assert abs(labels.count(NO_LABEL) / len(labels) - 0.25) < 0.03


@pytest.mark.parametrize("sentences", [2, 3, 5, 10])
def test_half_of_the_pairs_follow_in_short_documents_too(sentences: int) -> None:
    """A last sentence that stands alone gets no B: only a random one could go with it."""
    labels = [row.next_label for row in rows(library(3_000, sentences, seed=3), single=0.0)]
    pairs = len(labels) - labels.count(NO_LABEL)
    assert pairs > 2_000
    assert abs(labels.count(IS_NEXT) / pairs - 0.5) < 0.03


@pytest.mark.parametrize("length", [8, 16, 19, 32, 128])
def test_rows_are_what_their_label_says(length: int) -> None:
    documents = library()
    home, seen = homes(documents), set()
    for row in rows(documents, length=length):
        first, second = parts(row)
        seen.add(row.next_label)
        assert is_run(first)
        assert len({home[token] for token in first}) == 1
        if row.next_label == NO_LABEL:
            assert not second
            continue
        assert is_run(second)
        assert len({home[token] for token in second}) == 1
        if row.next_label == IS_NEXT:
            assert second[0] == first[-1] + 1 and home[second[0]] == home[first[0]]
        else:
            assert home[second[0]] != home[first[0]]
    assert seen == {IS_NEXT, IS_RANDOM, NO_LABEL}


@pytest.mark.parametrize("length", [8, 9, 12, 16, 18, 19, 20, 33, 128, 512])
@pytest.mark.parametrize("short", [0.0, 0.2, 1.0])
def test_no_row_is_too_long(length: int, short: float) -> None:
    sizes = [len(row.ids) for row in rows(library(), length=length, short=short)]
    assert max(sizes) <= length
    if short == 0:
        assert max(sizes) == length, "and the room is used"


def test_short_rows_are_among_them() -> None:
    def share(short: float) -> float:
        made = rows(library(seed=None), single=0, short=short)
        pairs = [row for row in made if row.next_label != NO_LABEL]
        sizes = [len(row.ids) for row in pairs]
        return float(np.mean(np.array(sizes) <= 67))

    assert share(0.0) < 0.1 and share(0.5) > 0.4 and share(1.0) > 0.95


def test_b_stands_at_the_seam_however_long_a_is() -> None:
    """Of a pair that does not fit, A loses its beginning and B its end: never the seam."""
    sentences = tuple(tuple(range(at, at + 200)) for at in (1_000, 1_200))
    documents = [TokenisedDocument("x", sentences), *library()]
    found = set()
    for seed in range(20):
        for row in rows(documents, seed=seed, length=64, single=0):
            first, second = parts(row)
            if row.next_label == IS_NEXT and first[-1] == 1_199:
                found.add((first[-1], second[0], len(first), len(second)))
    assert found and all(seam[:2] == (1_199, 1_200) for seam in found)
    assert (1_199, 1_200, 31, 30) in found


def test_sources_without_an_order_never_make_pairs() -> None:
    loose, ordered = library(10, paired=False), library(10, sources=("z",))
    shifted = [
        TokenisedDocument("z", tuple(tuple(t + 100_000 for t in s) for s in d.sentences))
        for d in ordered
    ]
    for row in rows([*loose, *shifted]):
        first, second = parts(row)
        if first[0] < 100_000:
            assert row.next_label == NO_LABEL and not second
        assert all(token >= 100_000 for token in second), "nor are they anybody's B"


@pytest.mark.parametrize(("same_source", "low", "high"), [(0.0, 0.4, 0.6), (1.0, 1.0, 1.0)])
def test_random_bs_come_from_the_same_source_when_asked(
    same_source: float, low: float, high: float
) -> None:
    documents = library()
    home, same = homes(documents), []
    for row in rows(documents, same_source=same_source):
        first, second = parts(row)
        if row.next_label == IS_RANDOM:
            a, b = (documents[home[part[0]]].source for part in (first, second))
            same.append(a == b)
    assert low <= float(np.mean(same)) <= high


@pytest.mark.parametrize("length", [32, 128])
@pytest.mark.parametrize("paired", [True, False])
def test_every_sentence_of_every_document_is_used(length: int, paired: bool) -> None:
    documents = library(seed=None, paired=paired)
    used = {token for row in rows(documents, length=length) for token in parts(row)[0]}
    used |= {
        token
        for row in rows(documents, length=length)
        if row.next_label == IS_NEXT
        for token in parts(row)[1]
    }
    for document in documents:
        for sentence in document.sentences:
            assert used & set(sentence)
    total = sum(len(sentence) for document in documents for sentence in document.sentences)
    assert len(used) / total > (0.9 if length == 128 else 0.8)


def test_the_seed_decides_alone() -> None:
    documents = library(10)
    assert rows(documents, seed=5) == rows(documents, seed=5)
    assert rows(documents, seed=5) != rows(documents, seed=6)


def test_documents_come_in_a_random_order() -> None:
    documents = library(30)
    home = homes(documents)
    order = list(dict.fromkeys(home[parts(row)[0][0]] for row in rows(documents)))
    assert sorted(order) == list(range(30)) and order != sorted(order)


def test_a_document_alone_has_no_random_b() -> None:
    labels = {row.next_label for row in rows(library(1), single=0)}
    assert labels == {IS_NEXT, NO_LABEL}
    labels = {row.next_label for row in rows([*library(1), TokenisedDocument("x", ())], single=0)}
    assert labels == {IS_NEXT, NO_LABEL}, "an empty document is nobody's B"
    assert rows([]) == []
