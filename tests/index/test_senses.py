"""Words that are typical of one group of sentences and not of the others."""

from bert_core.index.senses import standing_out


def test_words_that_stand_out() -> None:
    inside = [{"the", "river", "water"}, {"the", "river"}, {"the", "water", "once"}]
    outside = [{"the", "money"}, {"the", "loan"}, {"the", "money", "water"}]
    assert standing_out(inside, outside) == (("river", 2), ("water", 2))
    assert standing_out(outside, inside) == (("money", 2),)
    assert standing_out(inside, []) == (("the", 3), ("river", 2), ("water", 2))
    assert standing_out([{"sea"}], []) == (("sea", 1),)
    assert standing_out([], []) == ()
