"""Several hidden places filled one after the other, against a loop written here."""

import pytest
import torch

from bert_core.analysis.encoding import tokenise
from bert_core.analysis.predictions import fill_jointly, masked_words
from bert_core.checkpoint.load import Checkpoint
from tests.analysis.conftest import Reference
from tests.model.tiny import VOCABULARY

SENTENCES = [
    "the [MASK] [MASK] flows to [MASK] [MASK]",
    "[MASK] [MASK] [MASK]",
    "a [MASK] by the long river has [MASK] fish in very old [MASK].",
]


def greedy(reference: Reference, ids: list[int], left: list[int]) -> list[tuple[int, int, float]]:
    """(position, id, probability): at every step the surest answer of all places left."""
    ids, left, steps = list(ids), list(left), []
    while left:
        chances = reference.probabilities(ids)
        sure = {position: chances[position].max().item() for position in left}
        position = max(sure, key=lambda place: sure[place])
        id = int(chances[position].argmax())
        steps.append((position, id, sure[position]))
        ids[position] = id
        left.remove(position)
    return steps


@pytest.mark.parametrize("text", SENTENCES)
def test_every_step_is_the_surest_answer_given_those_before(
    bert: Checkpoint, reference: Reference, text: str
) -> None:
    result = masked_words(bert, tokenise(bert, text), {})
    places = [place.position for place in result.predictions]
    expected = greedy(reference, list(result.masked_ids), places)
    steps = fill_jointly(bert, result)
    assert [(step.position, step.guess.id) for step in steps] == [step[:2] for step in expected]
    for step, (_, id, chance) in zip(steps, expected, strict=True):
        assert step.guess.probability == pytest.approx(chance, abs=1e-5)
        assert (step.guess.token, step.guess.rank) == (VOCABULARY[id], 1)


def test_the_sentences_can_tell_a_wrong_loop_from_the_right_one(
    bert: Checkpoint, reference: Reference
) -> None:
    """Filling left to right, or all places at once, gives something else somewhere."""
    unordered = independent = False
    for text in SENTENCES:
        result = masked_words(bert, tokenise(bert, text), {})
        steps = fill_jointly(bert, result)
        unordered |= [step.position for step in steps] != sorted(s.position for s in steps)
        alone = {place.position: place.guesses[0] for place in result.predictions}
        independent |= any(
            abs(step.guess.probability - alone[step.position].probability) > 1e-4 for step in steps
        )
    assert unordered and independent


def test_the_first_step_and_a_single_mask_are_the_independent_answer(bert: Checkpoint) -> None:
    for text in ("the [MASK] flows", *SENTENCES):
        result = masked_words(bert, tokenise(bert, text), {})
        first, *rest = fill_jointly(bert, result)
        surest = max(result.predictions, key=lambda place: place.guesses[0].probability)
        assert first.position == surest.position and first.guess.id == surest.guesses[0].id
        assert first.guess.probability == pytest.approx(surest.guesses[0].probability, abs=1e-5)
        assert first.guess.logit == pytest.approx(surest.guesses[0].logit, abs=1e-5)
        assert len(rest) == len(result.predictions) - 1


def test_what_is_shown_at_a_hidden_place_is_seen_until_it_is_filled(
    bert: Checkpoint, reference: Reference
) -> None:
    shown = {2: VOCABULARY.index("boat"), 5: None}
    result = masked_words(bert, tokenise(bert, "the old river flows to the sea"), shown)
    expected = greedy(reference, list(result.masked_ids), [2, 5])
    steps = fill_jointly(bert, result)
    assert [(step.position, step.guess.id) for step in steps] == [step[:2] for step in expected]


def test_surest_means_the_largest_probability_not_the_largest_logit(rigged) -> None:
    """The first place has the higher logits, all alike; the second has one that stands out."""
    flat, peaked = torch.full((len(VOCABULARY),), 9.0), torch.zeros(len(VOCABULARY))
    flat[7] += 0.1
    peaked[8] = 5.0
    bert = rigged(flat)
    bert.model.mlm.forward = lambda hidden: torch.stack([flat, peaked])[: len(hidden)]
    steps = fill_jointly(bert, masked_words(bert, tokenise(bert, "[MASK] river [MASK]"), {}))
    assert [(step.position, step.guess.id) for step in steps] == [(3, 8), (1, 7)]
