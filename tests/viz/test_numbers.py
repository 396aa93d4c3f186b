"""Numbers as people read them."""

import pytest

from bert_core.viz.numbers import counted, ordinal, percent


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.34, "34%"), (0.344, "34%"), (0.346, "35%"), (0.1, "10%"), (0.0996, "10%"),
        (0.099, "9.9%"), (0.034, "3.4%"), (0.03, "3%"), (0.01, "1%"), (0.0099, "1%"),
        (0.008, "0.8%"), (0.001, "0.1%"), (0.0009, "0.09%"), (0.0001, "0.01%"),
        (0.000099, "<0.01%"), (1e-30, "<0.01%"), (0.0, "<0.01%"),
        (0.994, "99%"), (0.996, ">99%"), (0.999999, ">99%"), (1.0, "100%"),
    ],
)  # fmt: skip
def test_a_probability_in_per_cent(probability: float, said: str) -> None:
    assert percent(probability) == said


def test_per_cents_never_run_against_the_probabilities_and_are_close_to_them() -> None:
    last = -1.0
    for step in range(20_001):
        probability = step / 20_000
        said = percent(probability)
        value = float(said.strip("<>%")) - (0.005 if said[0] == "<" else 0)
        assert value >= last, f"{said} for {probability} after {last}"
        assert abs(value - 100 * probability) <= max(0.5 if value >= 10 else 0.0, 0.051) + 0.5 * (
            said[0] == ">"
        )
        last = value


@pytest.mark.parametrize(
    ("rank", "said"),
    [
        (1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (10, "10th"), (11, "11th"), (12, "12th"),
        (13, "13th"), (20, "20th"), (21, "21st"), (22, "22nd"), (101, "101st"), (111, "111th"),
        (112, "112th"), (1_021, "1,021st"), (30_522, "30,522nd"), (12_013, "12,013th"),
    ],
)  # fmt: skip
def test_a_rank_in_words(rank: int, said: str) -> None:
    assert ordinal(rank) == said


def test_one_thing_and_many() -> None:
    said = [counted(number, "token") for number in (0, 1, 2, 30_522)]
    assert said == ["0 tokens", "1 token", "2 tokens", "30,522 tokens"]
