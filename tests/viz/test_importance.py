"""Whether it matters, in figures and words: signs, sizes, honest sentences."""

import numpy as np
import pytest

from bert_core.viz import importance as viz
from tests.viz.attentions import head_importance, question, token_importance


@pytest.mark.parametrize("dark", [False, True])
def test_cells_are_changes_of_probability_around_zero(dark: bool) -> None:
    figure = viz.ablation_figure(head_importance().ablation, (1, 2), dark)
    cells = figure["data"][0]
    assert cells["z"][1][2] == pytest.approx(-0.3) and cells["z"][0][0] == pytest.approx(0.01)
    assert (cells["zmin"], cells["zmax"]) == (pytest.approx(-0.3), pytest.approx(0.3))
    assert cells["customdata"][1][2] == [1, 2]
    assert cells["text"][1][2] == "layer 2, head 3 off: 10% (−30 points)"
    frame = figure["layout"]["shapes"][-1]
    assert (frame["x0"], frame["y0"]) == (1.5, 0.5), "the selected head is framed"


def test_tiny_changes_are_not_blown_up() -> None:
    ablation = head_importance().ablation
    same = type(ablation)(ablation.question, np.full((2, 3), 0.4, np.float32), 0.4,
                          np.zeros(2, np.float32))  # fmt: skip
    cells = viz.ablation_figure(same, (0, 0))["data"][0]
    assert cells["zmax"] == viz.LEAST_SCALE


def test_the_first_row_is_what_really_happens() -> None:
    found = token_importance()
    rows = viz.importance_rows(found)
    assert list(rows) == [viz.DELETED, "attention"]
    assert rows[viz.DELETED][1] == pytest.approx(np.log(2)), "without it the answer has half"
    assert rows[viz.DELETED][2] == pytest.approx(-np.log(2))
    cells = viz.importance_figure(found)["data"][0]
    assert cells["z"] == [[1, -1], [1, 0.5]], "each row at its own scale, the taken out alone"
    layout = viz.importance_figure(found)["layout"]
    assert layout["xaxis"]["ticktext"] == ["the", "&lt;b&gt;"]
    assert layout["yaxis"]["ticktext"] == ["<b>taken out</b>", "attention  ρ +0.50"]


def test_sentences_say_the_numbers() -> None:
    found = head_importance()
    said = viz.ablation_sentence(found.ablation)
    assert "layer 2, head 3: without it the answer has 10% (−30 points)" in said
    assert "5 heads of 6" in said and "With all heads off it has 0.1%" in said
    assert viz.agreement_sentence(found.rank_correlation).endswith("integrated gradients +0.75.")
    assert "too little" in viz.agreement_sentence({"attention": None})
    assert viz.asked_sentence(question()).endswith("gives “bank” 40%.")
    assert "yes with 40%" in viz.asked_sentence(question("next sentence"))


def test_rows_and_tables_are_complete_and_escaped() -> None:
    rows = viz.head_rows(head_importance())
    assert len(rows) == 6 and rows[5]["change"] == pytest.approx(-0.3)
    tokens = viz.token_rows(token_importance())
    assert [row["probability without"] for row in tokens] == [0.2, 0.8]
    html = viz.records_html("Tokens", tokens)
    assert "&lt;b&gt;" in html and "<b></td>" not in html
