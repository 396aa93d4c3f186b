"""Long analyses stop between two passes through the model when nobody waits for them."""

import pytest

from bert_core.analysis.ablation import ablate_heads
from bert_core.analysis.encoding import tokenise
from bert_core.analysis.importance import head_importance, token_importance
from bert_core.analysis.questions import masked_word_question
from bert_core.analysis.token_changes import delete_each
from bert_core.cancel import Cancelled, stop_if
from tests.analysis.test_importance import PAIR, PLACE, TEXT, checkpoint_of


def test_what_is_wanted_goes_on() -> None:
    stop_if(None, "stopped")
    stop_if(lambda: False, "stopped")
    with pytest.raises(Cancelled, match="^stopped$"):
        stop_if(lambda: True, "stopped")


@pytest.mark.parametrize("analysis", [head_importance, token_importance, ablate_heads, delete_each])
def test_none_begins_when_nobody_waits(analysis) -> None:  # type: ignore[no-untyped-def]
    deep = checkpoint_of(2)
    question = masked_word_question(deep, tokenise(deep, TEXT, PAIR), PLACE, "river")
    with pytest.raises(Cancelled, match="stopped"):
        analysis(deep, question, lambda: True)


@pytest.mark.parametrize("measure", [head_importance, token_importance])
def test_measures_ask_before_every_pass(measure) -> None:  # type: ignore[no-untyped-def]
    deep, asked = checkpoint_of(2), list[int]()
    question = masked_word_question(deep, tokenise(deep, TEXT, PAIR), PLACE, "river")

    def after_two() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        measure(deep, question, after_two)
    assert len(asked) == 3, "gradients ask, too"
