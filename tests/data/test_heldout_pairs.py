"""Held-out sentences that come with the project, and the game drawn from them."""

from collections import Counter
from pathlib import Path

import pytest

from bert_core.data import corpora, heldout_pairs
from bert_core.data.documents import CorpusSplit, Document, split_documents
from bert_core.data.heldout_pairs import (
    GAME_PAIRS,
    choose,
    game_pairs,
    random_sentences,
)

PAIRS, SENTENCES = heldout_pairs.heldout_pairs(), heldout_pairs.heldout_sentences()


def source(document: str) -> str:
    return document.partition("/")[0]


def test_there_are_enough_and_all_from_held_out_documents() -> None:
    assert len(PAIRS) >= 200 and len(SENTENCES) >= 280
    documents = {one.document for one in (*PAIRS, *SENTENCES)}
    assert {source(one) for one in documents} == {"sotu", "moby-dick", "wordnet"}
    split = split_documents(Document(name, source(name), (name, name)) for name in documents)
    assert split.train == [], "these are training documents"


def test_no_sentence_is_there_twice() -> None:
    sentences = [text for one in PAIRS for text in (one.first, one.second)]
    sentences += [one.sentence for one in SENTENCES]
    assert [text for text, times in Counter(sentences).items() if times > 1] == []


@pytest.mark.parametrize("seed", range(8))
def test_half_of_a_game_follows_and_random_ones_are_from_elsewhere(seed: int) -> None:
    game = game_pairs(seed)
    assert len(game) == GAME_PAIRS and game == game_pairs(seed) != game_pairs(seed + 1)
    follows = {(one.first, one.second) for one in PAIRS}
    for pair in game:
        assert pair.follows == ((pair.first, pair.second) in follows)
        assert pair.follows == (pair.first_document == pair.second_document)
    random = [pair for pair in game if not pair.follows]
    same = [source(pair.first_document) == source(pair.second_document) for pair in random]
    assert (len(random), sum(same)) == (GAME_PAIRS // 2, GAME_PAIRS // 4)
    texts = [text for pair in game for text in (pair.first, pair.second)]
    assert len(set(texts)) == 2 * GAME_PAIRS, "a sentence that is there twice is a clue"


def test_random_sentences_are_drawn_by_their_seed() -> None:
    drawn = random_sentences(3, 50)
    assert drawn == random_sentences(3, 50) != random_sentences(4, 50)
    assert len(set(drawn)) == 50
    gone = drawn[0].sentence.replace(" ", "  ")
    everything = random_sentences(3, len(SENTENCES) - 1, [gone])
    assert drawn[0] not in everything


@pytest.mark.parametrize("count", [0, 5_000])
def test_more_than_there_are_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} sentences.* from 1 to {len(SENTENCES)}"):
        random_sentences(1, count)


def test_a_negative_seed_is_refused() -> None:
    for draw in (lambda: random_sentences(-1, 5), lambda: game_pairs(-1)):
        with pytest.raises(ValueError, match="the seed is -1; it must be 0 or more"):
            draw()


def documents() -> CorpusSplit:
    told = [f"Sentence number {at} tells of the sea." for at in range(60)]
    told[20] = "Here a mob set out, and nothing else."
    verbs = ["go: to move along a way.", "They go along the river.", "He goes."]
    heldout = [
        Document("sotu/1", "sotu", tuple(told)),
        Document("news/1", "news", tuple(f"A story of {at} that is news." for at in range(9))),
        Document("wordnet/verb-1", "wordnet", tuple(verbs)),
        Document("wordnet/adj-1", "wordnet", ("A deathly pallor it was indeed.",)),
    ]
    return CorpusSplit([Document("sotu/2", "sotu", (told[40], "Other."))], heldout, 0, 0)


def test_what_is_chosen_may_be_passed_on_and_was_not_trained_on() -> None:
    pairs, singles = choose(documents())
    told = documents().heldout[0].sentences
    assert {one.document for one in pairs} == {"sotu/1"}
    assert {one.document for one in singles} == {"sotu/1", "wordnet/verb-1"}
    assert [one.sentence for one in singles if one.document != "sotu/1"] == [
        "They go along the river."
    ]
    for pair in pairs:
        assert told.index(pair.second) == told.index(pair.first) + 1
    chosen = [text for one in pairs for text in (one.first, one.second)]
    chosen += [one.sentence for one in singles]
    assert len(set(chosen)) == len(chosen)
    assert not {told[40], *told[17:24]} & set(chosen), "of training, or near a mob"


def test_a_further_document_changes_nothing_about_the_others() -> None:
    split = documents()
    more = Document("moby-dick/9", "moby-dick", tuple(f"Whale {at} went by us." for at in range(9)))
    wider = CorpusSplit(split.train, [more, *split.heldout], 0, 0)
    for before, after in zip(choose(split), choose(wider), strict=True):
        assert [one for one in after if one.document != more.id] == before


def test_the_files_are_written_as_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = documents()
    monkeypatch.setattr(corpora, "packaged_documents", lambda: [])
    monkeypatch.setattr(corpora, "split_documents", lambda _: split)
    pairs, singles = choose(split)
    assert heldout_pairs.write(tmp_path) == (len(pairs), len(singles))
    monkeypatch.setattr(heldout_pairs, "FOLDER", tmp_path)
    assert heldout_pairs.heldout_pairs.__wrapped__() == tuple(pairs)
    assert heldout_pairs.heldout_sentences.__wrapped__() == tuple(singles)
