"""The curves by layer: values, shuffled bands, chance, and the layer one is at."""

import numpy as np
import pytest

from bert_core.outputs.contexts import PairComparison
from bert_core.viz.figure import Trace
from bert_core.viz.layer_curves import accuracy_caption, accuracy_figure, pair_figure
from tests.viz.occurrences import scores


def lines(traces: list[Trace]) -> list[Trace]:
    return [trace for trace in traces if "markers" in trace["mode"]]


def test_curves_show_the_scores_and_tell_apart_without_colour() -> None:
    shown = scores()
    drawn = lines(accuracy_figure(shown, 1)["data"])
    for trace, values in zip(
        drawn, (shown.nearest_neighbour, shown.centroid, shown.silhouette), strict=True
    ):
        assert trace["x"] == [0, 1, 2, 3]
        assert trace["y"] == pytest.approx(values.tolist(), abs=1e-3)
    assert len({trace["line"]["dash"] for trace in drawn}) == 3
    assert len({trace["marker"]["symbol"] for trace in drawn}) == 3
    assert [trace["yaxis"] for trace in drawn] == ["y", "y", "y2"]
    assert "nearest neighbour 65%" in drawn[0]["hovertext"][1]
    assert "30% to 62%" in drawn[0]["hovertext"][1]


def test_the_shuffled_bands_are_drawn_filled() -> None:
    bands = [one for one in accuracy_figure(scores(), 1)["data"] if one.get("fill") == "toself"]
    bounds = [(0.3, 0.62), (0.25, 0.6), (-0.05, 0.02)]
    for band, (low, high) in zip(bands, bounds, strict=True):
        assert band["x"] == [0, 1, 2, 3, 3, 2, 1, 0]
        assert band["y"] == pytest.approx([low] * 4 + [high] * 4, abs=1e-3)
        assert band["hoverinfo"] == "skip" and band["fillcolor"].startswith("rgba(")


def test_chance_and_the_layer_have_their_lines() -> None:
    figure = accuracy_figure(scores(), 3)
    (chance,) = [one for one in figure["data"] if one["name"].startswith("most frequent")]
    assert chance["y"] == [0.5, 0.5] and "50%" in chance["name"]
    (here,) = figure["layout"]["shapes"]
    assert (here["x0"], here["x1"], here["yref"]) == (3, 3, "paper")


def test_panels_share_their_layers_and_hold_all_values() -> None:
    layout = accuracy_figure(scores(), 0)["layout"]
    assert layout["xaxis"]["anchor"] == "y2" and "xaxis2" not in layout
    assert layout["yaxis"]["domain"][0] > layout["yaxis2"]["domain"][1]
    low, high = layout["yaxis2"]["range"]
    assert low < -0.05 and high > 0.32
    assert layout["yaxis"]["range"][0] == 0 and layout["yaxis"]["range"][1] > 1


def test_what_could_not_be_measured_is_a_gap() -> None:
    gap = np.array([np.nan, 0.1, 0.2, 0.3], np.float32)
    drawn = lines(accuracy_figure(scores(silhouette=gap), 0)["data"])
    assert drawn[2]["y"][0] is None and drawn[2]["y"][1] == pytest.approx(0.1, abs=1e-3)


def test_a_layer_the_scores_lack_is_named() -> None:
    with pytest.raises(ValueError, match="layer is 4; the scores have 0 to 3"):
        accuracy_figure(scores(), 4)


def test_a_pair_has_its_cosine_at_every_layer() -> None:
    pair = PairComparison(0, 1, np.array([0.9, 0.5, -0.2], np.float32), 1, ())
    figure = pair_figure(pair)
    (line,) = figure["data"]
    assert line["y"] == pytest.approx([0.9, 0.5, -0.2], abs=1e-3)
    assert line["customdata"] == [[0], [1], [2]]
    assert figure["layout"]["shapes"][0]["x0"] == 1
    assert figure["layout"]["yaxis"]["range"][0] < -0.2


@pytest.mark.parametrize("dark", [False, True])
def test_figures_are_what_plotly_knows(dark: bool) -> None:
    from plotly.graph_objects import Figure

    Figure(accuracy_figure(scores(), 2, dark))
    Figure(pair_figure(PairComparison(0, 1, np.zeros(3, np.float32), 1, ()), dark))


def test_the_caption_names_chance_beside_the_best_layer() -> None:
    said = accuracy_caption(scores())
    assert "layer 2" in said and "96%" in said and "50%" in said and "200 random shuffles" in said
