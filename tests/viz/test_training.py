"""The figures and words of a training."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from bert_core.outputs import LossPoint, TrainingText
from bert_core.viz import training as viz

TEXT = TrainingText("Toy", 20, 12_345, 4_000, 6.0)
POINTS = [LossPoint(10 * at, 512 * at, 8.0 - 0.2 * at, 0.7) for at in range(1, 21)]


@pytest.mark.parametrize("dark", [False, True])
def test_the_figure_has_both_losses_and_the_lines_of_knowing_nothing(dark: bool) -> None:
    figure = go.Figure(viz.loss_figure(POINTS, TEXT, 100, dark))
    named = {trace.name: trace for trace in figure.data}
    line = named["only how often tokens occur: 6.00"]
    assert list(line.y) == [6.0, 6.0]
    assert list(named["masked words"].x) == [point.step for point in POINTS]
    assert list(named["masked words, each"].y) == [round(p.masked_words, 4) for p in POINTS]
    assert named["next sentence"].yaxis == "y2"
    assert list(named["a coin: 0.69"].y) == pytest.approx([math.log(2)] * 2)
    assert figure.layout.shapes[0].x0 == 100
    low, high = figure.layout.yaxis.range
    assert low < 4.0 and high > 7.8, "all of the curve is to be seen"


def test_before_the_first_point_there_is_a_figure_too() -> None:
    assert go.Figure(viz.loss_figure([], TEXT, 0)).data[2].y == (6.0, 6.0)
    assert viz.learned_sentence([], TEXT) == "No step is done yet."


def test_the_drawn_line_is_the_mean_of_the_last_points() -> None:
    values = np.arange(20.0)
    expected = [values[max(0, at - viz.SMOOTHED + 1) : at + 1].mean() for at in range(20)]
    assert viz.smoothed(values.tolist()) == pytest.approx(expected)


def test_how_far_it_is_below_the_line_is_said() -> None:
    level = [LossPoint(1, 512, 5.0, 0.7)]
    assert "1.00 below" in viz.learned_sentence(level, TEXT)
    assert "2.7 times" in viz.learned_sentence(level, TEXT)
    assert "not yet learned" in viz.learned_sentence([LossPoint(1, 512, 6.5, 0.7)], TEXT)


def test_time_is_in_minutes_or_seconds() -> None:
    assert (viz.left(200), viz.left(42)) == ("3 min left", "42 s left")
