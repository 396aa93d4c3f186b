"""What the browser gets of attention: the same weights, bounded, with named patterns."""

import base64

import numpy as np
import pytest

from bert_core.viz import attention_view as view
from bert_core.viz import head_figure as figures
from tests.viz.attentions import maps, summaries


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype="<u2") / view.FULL


def test_weights_arrive_as_they_are() -> None:
    given = maps()
    data = view.view_data(given, summaries(), dark=False)
    np.testing.assert_allclose(
        unpacked(data["weights"]), given.attention.ravel(), atol=0.6 / view.FULL
    )
    assert [unit["label"] for unit in data["units"]] == ["[CLS]", "the", "<b>", "bank", "[SEP]"]
    assert data["patterns"] == [["to [SEP]", None, None], [None, None, None]]
    assert (data["layers"], data["heads"]) == (2, 3)


def test_long_texts_are_bounded_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert view.limit_note(maps()) is None
    monkeypatch.setattr(view, "MOST_WEIGHTS", 6 * 16)
    given = maps()
    data = view.view_data(given, summaries(), dark=True)
    assert len(data["units"]) == 4
    np.testing.assert_allclose(
        unpacked(data["weights"]), given.attention[:, :, :4, :4].ravel(), atol=0.6 / view.FULL
    )
    assert "The first 4 of 5 tokens" in (view.limit_note(given) or "")


def test_what_is_sent_stays_small() -> None:
    """64 tokens of the bundled shape under 5 MB, 128 of BERT-base's under 20 MB."""
    for layers, heads, count, most in ((6, 12, 64, 5e6), (12, 12, 128, 20e6)):
        assert view.most_units(layers, heads) >= count
        assert len(view.packed(np.ones((layers, heads, count, count), np.float32))) < most


def test_every_pattern_that_occurs_is_explained() -> None:
    assert view.legend(summaries()) == "Signs: S to [SEP]."
    assert "No head" in view.legend(summaries()[1:])


@pytest.mark.parametrize("dark", [False, True])
def test_one_head_is_drawn_with_escaped_names(dark: bool) -> None:
    given = maps()
    figure = figures.head_figure(given, 2, 3, dark)
    cells = figure["data"][0]
    np.testing.assert_allclose(cells["z"], given.attention[1, 2], atol=1e-4)
    assert cells["customdata"][1][2] == "the → &lt;b&gt;"
    assert figure["layout"]["xaxis"]["ticktext"][2] == "&lt;b&gt;"
    for wrong in ((0, 1), (3, 1), (1, 0), (1, 4)):
        with pytest.raises(ValueError, match="must be from 1 to"):
            figures.head_figure(given, *wrong)


def test_a_difference_needs_as_many_rows_and_is_centred_on_zero() -> None:
    first, second = maps(), maps(seed=2)
    cells = figures.difference_figure(first, second, 1, 1)["data"][0]
    change = second.attention[0, 0] - first.attention[0, 0]
    np.testing.assert_allclose(cells["z"], change, atol=1e-4)
    assert cells["zmin"] == -cells["zmax"] == pytest.approx(-np.abs(change).max())
    with pytest.raises(ValueError, match="one text has 5 rows and the other 4"):
        figures.difference_figure(first, maps(count=4), 1, 1)


def test_heads_are_dots_that_know_their_place() -> None:
    figure = figures.heads_figure(summaries(), "distance", "entropy", (1, 2))
    dots = {tuple(at): y for t in figure["data"][:-1]
            for at, y in zip(t["customdata"], t["y"], strict=True)}  # fmt: skip
    assert dots[1, 2] == 5.0 and len(dots) == 6
    assert figure["data"][-1]["y"] == [5.0], "the selected head is ringed"
    names = {trace.get("name") for trace in figure["data"]}
    assert {"to [SEP]", figures.NO_PATTERN} <= names


def test_rows_of_heads_are_sorted_and_rows_of_weights_complete() -> None:
    assert [row["head"] for row in figures.summary_rows(summaries(), "entropy")][:2] == [3, 2]
    assert [row["layer"] for row in figures.summary_rows(summaries())] == [1, 1, 1, 2, 2, 2]
    given = maps()
    rows = figures.weight_rows(given, 1, 2)
    assert len(rows) == 25 and rows[7]["from unit"] == "the" and rows[7]["to unit"] == "<b>"
    assert rows[7]["weight"] == pytest.approx(float(given.attention[0, 1, 1, 2]), abs=1e-6)
