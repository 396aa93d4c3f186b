"""The matrix: ordered, framed, and with a square on each cell that says which pair it is."""

import numpy as np
import pytest

from bert_core.outputs.arrays import FloatArray
from bert_core.viz.similarity_figure import MOST_PRESSED, MOST_ROWS, matrix_figure, matrix_note

ORDER = (2, 0, 3, 1)
NAMES = ("<b>one", "same", "same", "four")
GROUPS = ("river", "money", "river", "money")


def matrix(count: int = 4) -> FloatArray:
    values = np.random.default_rng(0).random((count, count)).astype(np.float32)
    symmetric: FloatArray = (values + values.T) / 2
    np.fill_diagonal(symmetric, 1)
    return symmetric


def test_rows_and_columns_stand_in_the_order() -> None:
    heatmap = matrix_figure(matrix(), ORDER, NAMES, GROUPS)["data"][0]
    assert np.allclose(heatmap["z"], matrix()[np.ix_(ORDER, ORDER)], atol=1e-3)
    assert heatmap["colorscale"] == "Cividis" and heatmap["zmax"] == 1
    assert heatmap["zmin"] == pytest.approx(matrix().min())


def test_every_cell_has_an_invisible_square_that_names_its_pair() -> None:
    cells = matrix_figure(matrix(), ORDER, NAMES, GROUPS)["data"][-1]
    assert cells["marker"]["opacity"] == 0 and cells["marker"]["symbol"] == "square"
    assert cells["selected"] == cells["unselected"] == {"marker": {"opacity": 0}}
    assert len(cells["x"]) == 16
    at = list(zip(cells["y"], cells["x"], strict=True)).index((0, 3))
    assert cells["customdata"][at] == [2, 1]
    assert cells["hovertext"][at] == f"same<br>same<br>cosine {matrix()[2, 1]:.2f}"


def test_axes_are_numeric_with_escaped_names() -> None:
    layout = matrix_figure(matrix(), ORDER, NAMES, GROUPS)["layout"]
    assert layout["yaxis"]["tickvals"] == [0, 1, 2, 3]
    assert layout["yaxis"]["ticktext"] == ["same", "&lt;b&gt;one", "four", "same"]
    assert layout["yaxis"]["range"][0] > layout["yaxis"]["range"][1]  # first row on top
    assert layout["yaxis"]["scaleanchor"] == "x"


def test_each_row_carries_the_mark_of_its_group() -> None:
    _, left, top, _ = matrix_figure(matrix(), ORDER, NAMES, GROUPS)["data"]
    symbols = left["marker"]["symbol"]
    assert symbols[0] == symbols[1] != symbols[2] == symbols[3]  # rows 2, 0 are rivers
    assert left["y"] == top["x"] == [0, 1, 2, 3] and left["customdata"][2] == [3, 3]


def test_the_selected_row_and_column_are_framed() -> None:
    plain = matrix_figure(matrix(), ORDER, NAMES, GROUPS)["layout"]
    framed = matrix_figure(matrix(), ORDER, NAMES, GROUPS, selected=3)["layout"]
    assert plain["shapes"] == []
    rows = {(shape["y0"], shape["y1"]) for shape in framed["shapes"]}
    columns = {(shape["x0"], shape["x1"]) for shape in framed["shapes"]}
    assert rows == columns == {(1.5, 2.5), (-0.5, 3.5)}


def test_above_sixty_rows_nothing_is_pressed_or_named() -> None:
    count = MOST_PRESSED + 1
    figure = matrix_figure(matrix(count), range(count), ["x"] * count, ["g"] * count)
    assert len(figure["data"]) == 3 and not figure["layout"]["yaxis"]["showticklabels"]
    assert "hovertemplate" in figure["data"][0]
    assert matrix_note(MOST_PRESSED) is None and "60" in str(matrix_note(count))


def test_of_too_many_rows_a_sample_with_the_selected_one_is_drawn() -> None:
    count = MOST_ROWS + 101
    figure = matrix_figure(matrix(count), range(count), ["x"] * count, ["g"] * count, selected=77)
    shown = [row for row, _ in figure["data"][1]["customdata"]]
    assert len(shown) == len(figure["data"][0]["z"]) == MOST_ROWS
    assert shown == sorted(set(shown)) and 77 in shown and len(figure["layout"]["shapes"]) == 4
    assert f"{MOST_ROWS} of {count}" in str(matrix_note(count))


def test_one_occurrence_is_a_matrix_too_and_none_is_refused() -> None:
    figure = matrix_figure(np.ones((1, 1), np.float32), [0], ["a"], ["g"])
    assert figure["data"][0]["z"] == [[1.0]] and figure["data"][0]["zmin"] < 1
    with pytest.raises(ValueError, match="0 rows"):
        matrix_figure(np.ones((0, 0), np.float32), [], [], [])


@pytest.mark.parametrize("dark", [False, True])
def test_figures_are_what_plotly_knows(dark: bool) -> None:
    from plotly.graph_objects import Figure

    Figure(matrix_figure(matrix(), ORDER, NAMES, GROUPS, 1, dark))
