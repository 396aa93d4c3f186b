"""The probability of any word at a hidden place, against brute force with `transformers`."""

import math
from collections.abc import Sequence

import pytest

from bert_core.analysis.encoding import tokenise
from bert_core.analysis.predictions import masked_words
from bert_core.analysis.word_scores import MOST_PIECES
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import WordScore
from tests.analysis.conftest import POSITIONS, Reference
from tests.model.tiny import VOCABULARY

TEXT = "the old [MASK] flows [MASK] the town"
FIRST, SECOND = 3, 5
MASK = VOCABULARY.index("[MASK]")


def score(bert: Checkpoint, word: str, text: str = TEXT, at: int = 0) -> WordScore:
    return masked_words(bert, tokenise(bert, text), {}, words=[word]).predictions[at].words[0]


def chain_rule(
    reference: Reference, ids: Sequence[int], segments: Sequence[int], at: int, pieces: list[str]
) -> list[float]:
    """One pass for each piece: all masks first, then the pieces filled in from the left."""
    wanted = [VOCABULARY.index(piece) for piece in pieces]
    row = [*ids[:at], *[MASK] * len(pieces), *ids[at + 1 :]]
    kinds = [*segments[:at], *[segments[at]] * len(pieces), *segments[at + 1 :]]
    chances = []
    for i, id in enumerate(wanted):
        chances.append(reference.probabilities(row, kinds)[at + i, id].item())
        row[at + i] = id
    return chances


@pytest.mark.parametrize("word", ["river", "sea", "River", ".", "[PAD]"])
@pytest.mark.parametrize(("at", "position"), [(0, FIRST), (1, SECOND)])
def test_a_word_of_one_piece_has_its_share_and_its_rank(
    bert: Checkpoint, reference: Reference, word: str, at: int, position: int
) -> None:
    found = score(bert, word, at=at)
    chances = reference.probabilities(tokenise(bert, TEXT).ids)[position]
    piece = word if word in VOCABULARY else word.lower()
    id = VOCABULARY.index(piece)
    assert (found.word, found.pieces, found.unknown_reason) == (word, (piece,), None)
    assert found.probability == pytest.approx(chances[id].item(), abs=1e-5)
    assert found.piece_probabilities == (found.probability,)
    assert found.rank == 1 + chances.argsort(descending=True).tolist().index(id)


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("fishing", ["fish", "##ing"]),
        ("Boats", ["boat", "##s"]),
        ("fishings", ["fish", "##ing", "##s"]),
        ("old town", ["old", "town"]),
    ],
)
@pytest.mark.parametrize(("at", "position"), [(0, FIRST), (1, SECOND)])
def test_a_word_of_several_pieces_follows_the_chain_rule(
    bert: Checkpoint, reference: Reference, word: str, pieces: list[str], at: int, position: int
) -> None:
    found, encoding = score(bert, word, at=at), tokenise(bert, TEXT)
    expected = chain_rule(reference, encoding.ids, encoding.segment_ids, position, pieces)
    assert (found.pieces, found.rank) == (tuple(pieces), None)
    assert found.piece_probabilities == pytest.approx(expected, abs=1e-5)
    assert found.probability == pytest.approx(math.prod(expected), rel=1e-4)


def test_pieces_in_the_second_text_are_segment_b(bert: Checkpoint, reference: Reference) -> None:
    encoding = tokenise(bert, "a river", "the [MASK] runs")
    (place,) = masked_words(bert, encoding, {}, words=["boats"]).predictions
    expected = chain_rule(
        reference, encoding.ids, encoding.segment_ids, place.position, ["boat", "##s"]
    )
    assert place.words[0].piece_probabilities == pytest.approx(expected, abs=1e-5)


def test_pieces_see_what_is_shown_at_hidden_places(bert: Checkpoint, reference: Reference) -> None:
    encoding = tokenise(bert, "the old river flows")
    shown = VOCABULARY.index("boat")
    result = masked_words(bert, encoding, {1: shown, 3: None}, words=["towns"])
    ids = list(result.masked_ids)
    assert ids[1] == shown and ids[3] == MASK
    expected = chain_rule(reference, ids, encoding.segment_ids, 3, ["town", "##s"])
    assert result.predictions[1].words[0].piece_probabilities == pytest.approx(expected, abs=1e-5)


def test_a_piece_can_be_asked_for_as_it_is_written(bert: Checkpoint, reference: Reference) -> None:
    found = score(bert, "##ing")
    chances = reference.probabilities(tokenise(bert, TEXT).ids)[FIRST]
    assert found.pieces == ("##ing",) and found.rank is not None
    assert found.probability == pytest.approx(
        chances[VOCABULARY.index("##ing")].item(), abs=1e-5
    )


def test_words_are_answered_in_the_order_asked(bert: Checkpoint) -> None:
    words = ["town", "fishing", "zebra", "a", "town"]
    for place in masked_words(bert, tokenise(bert, TEXT), {}, words=words).predictions:
        assert [found.word for found in place.words] == words
        assert place.words[0] == place.words[-1]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("zebra", "z"),
        ("日本", "日"),
        ("river 日", "日"),
        ("", "nothing to look up; type a word"),
        ("  ", "nothing to look up"),
        ("[UNK]", "no pieces for it"),
        ("a" * 101, "101"),
        ("town" + "s" * MOST_PIECES, f"{MOST_PIECES + 1} word pieces long; at most {MOST_PIECES}"),
    ],
)
def test_a_word_without_an_answer_has_a_reason(bert: Checkpoint, word: str, reason: str) -> None:
    found = score(bert, word)
    assert found.unknown_reason is not None and reason in found.unknown_reason
    assert (found.probability, found.rank, found.piece_probabilities) == (0, None, ())


def test_a_word_for_which_there_is_no_room_has_a_reason(bert: Checkpoint) -> None:
    full = "sea " * (POSITIONS - 3) + "[MASK]"
    assert score(bert, "boat", full).rank is not None
    found = score(bert, "boats", full)
    assert found.unknown_reason == (
        f"its 2 pieces do not fit: the text fills the model's {POSITIONS} positions"
    )
    room_for_one = "sea " * (POSITIONS - 4) + "[MASK]"
    assert score(bert, "boats", room_for_one).unknown_reason is None
