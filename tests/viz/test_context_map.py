"""The map: one trace a group, the same points in the same order at every layer, text escaped."""

import numpy as np
import pytest

from bert_core.outputs.contexts import Contexts, Occurrence, Projection, ProjectionSettings
from bert_core.viz import palette
from bert_core.viz.context_map import map_alt, map_caption, map_figure
from bert_core.viz.figure import Figure, Trace
from bert_core.viz.map_traces import MANY, MOST_PATHS
from bert_core.viz.palette import group_looks
from bert_core.viz.sentences import MOST_ROWS, around, hover_text, sentence_rows
from tests.viz.occurrences import contexts, projection

EVIL = "<script>bank</script> & <b>\"'"


def groups(count: int) -> list[str]:
    return [("river", "money")[at % 2] for at in range(count)]


def named(figure: Figure) -> dict[str, Trace]:
    return {trace["name"]: trace for trace in figure["data"] if "name" in trace}


@pytest.mark.parametrize("dimensions", [2, 3])
def test_one_trace_a_group_with_its_points_at_the_layer(dimensions: int) -> None:
    placed = projection(9, dimensions)
    figure = map_figure(contexts(9), placed, 2, groups(9))
    traces = named(figure)
    assert list(traces) == ["money", "river"]
    for name, own in (("river", [0, 2, 4, 6, 8]), ("money", [1, 3, 5, 7])):
        trace = traces[name]
        assert trace["customdata"] == [[at] for at in own]
        for axis, column in zip("xyz", placed.points[2, own].T, strict=False):
            assert trace[axis] == pytest.approx(column.tolist(), abs=1e-3)
        assert trace["type"] == ("scatter3d" if dimensions == 3 else "scatter")


def test_points_keep_trace_and_order_so_that_they_can_travel() -> None:
    figures = [
        map_figure(contexts(9), projection(9), layer, groups(9), selected=picked, paths=paths)
        for layer, picked, paths in ((0, None, False), (3, 4, True))
    ]
    first, second = (
        [(trace.get("name"), trace.get("ids"), trace["type"]) for trace in one["data"]]
        for one in figures
    )
    assert first == second
    assert first[2][1] == ["1", "3", "5", "7"]
    layouts = [one["layout"] for one in figures]
    assert layouts[0] == layouts[1]
    assert layouts[0]["transition"] == {"duration": 500, "easing": "cubic-in-out"}
    assert layouts[0]["uirevision"]


def test_ranges_hold_all_layers_and_stars_and_axes_are_hidden() -> None:
    placed = projection(9)
    star = np.array([50.0, -20.0], np.float32)
    layout = map_figure(contexts(9), placed, 0, groups(9), [("Word2Vec", star)])["layout"]
    for axis, column, place in zip("xy", placed.points.reshape(-1, 2).T, star, strict=True):
        low, high = layout[f"{axis}axis"]["range"]
        assert low < min(column.min(), place) and max(column.max(), place) < high
        assert layout[f"{axis}axis"]["visible"] is False
    assert layout["yaxis"]["scaleanchor"] == "x"
    without = map_figure(contexts(9), placed, 0, groups(9))["layout"]
    for axis, column in zip("xy", placed.points.reshape(-1, 2).T, strict=True):
        low, high = without[f"{axis}axis"]["range"]
        assert low < column.min() and column.max() < high < 10


def test_in_space_axes_are_hidden_and_of_equal_length() -> None:
    layout = map_figure(contexts(9), projection(9, 3), 0, groups(9))["layout"]
    axes = [layout["scene"][f"{name}axis"] for name in "xyz"]
    lengths = [axis["range"][1] - axis["range"][0] for axis in axes]
    assert max(lengths) - min(lengths) < 1e-3 and not any(axis["visible"] for axis in axes)
    assert layout["scene"]["aspectmode"] == "cube" and "transition" not in layout


@pytest.mark.parametrize("dimensions", [2, 3])
def test_figures_are_what_plotly_knows(dimensions: int) -> None:
    from plotly.graph_objects import Figure as PlotlyFigure

    stars = [("Word2Vec", np.zeros(dimensions, np.float32))]
    names = [str(at) for at in range(30)]
    for dark in (False, True):
        PlotlyFigure(
            map_figure(
                contexts(30), projection(30, dimensions), 1, names, stars, 2, (2, 3), True, dark
            )
        )


def test_hover_shows_the_sentence_with_the_word_in_bold_escaped() -> None:
    figure = map_figure(contexts(1, [EVIL]), projection(1), 0, ["<i>sense</i>"])
    (trace,) = named(figure).values()
    assert trace["hovertext"] == [
        "&lt;script&gt;<b>bank</b>&lt;/script&gt; &amp; &lt;b&gt;\"'<br>occurrence 1 of 1"
    ]
    assert trace["name"] == "&lt;i&gt;sense&lt;/i&gt;"
    assert trace["hovertemplate"] == "%{hovertext} · %{fullData.name}<extra></extra>"
    assert hover_text("a <u>", 2, 5) == "a <b>&lt;u&gt;</b>"


def test_hover_lines_are_short_and_long_sentences_cut_around_the_word() -> None:
    text = "start " + "word " * 200 + "bank" + " more" * 200
    start = text.index("bank")
    shown = hover_text(text, start, start + 4)
    lines = shown.replace("<b>", "").replace("</b>", "").split("<br>")
    assert "<b>bank</b>" in shown and shown.startswith("… ") and shown.endswith(" …")
    assert max(map(len, lines)) <= 62 and 4 <= len(lines) <= 5
    said = "".join(lines).strip("… ").replace(" ", "")
    assert said in text.replace(" ", "") and len(said) > 150
    unbroken = "x" * 100 + "bank"
    assert "".join(hover_text(unbroken, 100, 104).split("<br>")) == "x" * 100 + "<b>bank</b>"


def test_a_short_sentence_is_whole_and_control_characters_are_seen() -> None:
    assert around("the bank.", 4, 8) == ("the ", "bank", ".")
    assert around("a\nbank\u202e", 2, 6) == ("a⏎", "bank", "\\u202E")
    before, _, after = around("bank" + "y" * 500, 0, 4)
    assert before == "" and len(after) == 238


def test_selected_pair_and_stars_are_marked() -> None:
    stars = [("Word2Vec <b>", np.array([1.0, 2.0], np.float32))]
    placed = projection(9)
    *_, rings, star = map_figure(contexts(9), placed, 1, groups(9), stars, 4, (4, 7))["data"]
    assert rings["x"] == pytest.approx(placed.points[1, [4, 4, 7], 0].tolist(), abs=1e-3)
    assert rings["text"] == ["<b></b>", "<b>A</b>", "<b>B</b>"]
    assert rings["hoverinfo"] == "skip"
    assert (star["x"], star["y"], star["text"]) == ([1.0], [2.0], ["Word2Vec &lt;b&gt;"])
    assert star["marker"]["symbol"] == "star"


def test_paths_go_through_the_layers_up_to_this_one() -> None:
    placed = projection(3)
    everyone, chosen, *_ = map_figure(contexts(3), placed, 2, groups(3), selected=1, paths=True)[
        "data"
    ]
    xs = placed.points[[0, 1, 2, 2], 1, 0].tolist()
    assert chosen["x"][:4] == pytest.approx(xs, abs=1e-3) and chosen["x"][4] is None
    assert len(everyone["x"]) == 3 * 5 and everyone["x"].count(None) == 3
    off = map_figure(contexts(3), placed, 2, groups(3), selected=1)["data"]
    assert off[0]["x"] == [] and off[1]["x"] == []


def test_many_points_are_drawn_by_the_graphics_card_and_only_chosen_paths() -> None:
    count = MANY + 1
    figure = map_figure(contexts(count), projection(count), 0, groups(count), (), 5, None, True)
    assert {trace["type"] for trace in figure["data"]} == {"scattergl"}
    assert "transition" not in figure["layout"]
    assert figure["data"][0]["x"] == [] and len(figure["data"][1]["x"]) == 5
    assert MANY > MOST_PATHS


def test_equal_points_still_have_a_range() -> None:
    points = np.zeros((2, 1, 2), np.float32)
    layout = map_figure(
        contexts(1), Projection(ProjectionSettings(), points, (0, 1)), 1, ["river"]
    )["layout"]
    assert layout["xaxis"]["range"][0] < 0 < layout["xaxis"]["range"][1]


def test_a_layer_the_map_lacks_is_named() -> None:
    with pytest.raises(ValueError, match=r"layer is 9; the map has \[0, 1, 2, 3\]"):
        map_figure(contexts(2), projection(2), 9, groups(2))


def test_caption_and_description_say_how_not_to_misread() -> None:
    said = map_caption(projection(24))
    assert "24 occurrences" in said and "seed 42" in said
    assert said.endswith(" Neighbours lowered from 30 to 15.")
    assert "axes mean nothing" in said and "groups that are not there" in said
    assert "24 occurrences of “bank” at layer 3, in 2 groups" in map_alt(
        contexts(24), 3, groups(24)
    )


# --------------------------------------------------------------------------- groups and the list


def test_groups_differ_in_colour_and_shape_in_order_of_their_names() -> None:
    names = [f"cluster {at}" for at in range(1, 13)]
    looks = group_looks(names[::-1], dark=False)
    assert list(looks) == names
    assert len({(look.colour, look.shape) for look in looks.values()}) == len(names)
    firsts = list(looks.values())[:7]
    assert len({look.colour for look in firsts}) == len({look.shape for look in firsts}) == 7
    assert {look.colour for look in group_looks(names, dark=True).values()} == {*palette.OKABE_ITO}


def test_small_groups_share_a_look_when_there_are_too_many() -> None:
    names = [f"g{at}" for at in range(30)]
    looks = group_looks([*names, "g29"], dark=False)
    assert set(looks) == set(names) and looks["g29"].name == "g29"
    assert sum(look.name == palette.OTHER_GROUPS for look in looks.values()) == 10
    figure = map_figure(contexts(31), projection(31), 0, [*names, "g29"])
    assert len(named(figure)) == palette.MOST_GROUPS + 1
    assert sum(len(trace["x"]) for trace in named(figure).values()) == 31


def luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
def test_every_colour_stands_out_from_its_ground(dark: bool) -> None:
    colours = palette.inks(dark)
    ground = luminance(colours.paper)
    shades = palette.OKABE_ITO if dark else palette.OKABE_ITO_ON_PAPER
    for shade in (*shades, colours.guess, colours.true, colours.faint, colours.ink):
        high, low = max(luminance(shade), ground), min(luminance(shade), ground)
        assert (high + 0.05) / (low + 0.05) >= 3, shade


def test_rows_of_the_list_mark_every_place_of_the_word_and_hold_the_chosen() -> None:
    text = "A bank by a bank."
    two = tuple(Occurrence(0, start, start + 4, "bank") for start in (2, 12))
    vectors = np.zeros((2, 2, 4), np.float32)
    both = Contexts("bank", (text,), two, vectors, vectors[0, 0])
    looks = group_looks(["g", "g"], dark=False)
    first, second = sentence_rows(both, ["g", "g"], looks)
    assert first["before"] == [("A ", False)] and first["word"] == "bank"
    assert first["after"] == [(" by a ", False), ("bank", True), (".", False)]
    assert second["before"] == [("A ", False), ("bank", True), (" by a ", False)]
    assert first["shape"] == looks["g"].shape and first["label"] == "g, occurrence 1 of 2"

    count = MOST_ROWS + 50
    many = contexts(count)
    looks = group_looks(groups(count), dark=False)
    rows = sentence_rows(many, groups(count), looks, (320, 4, None))
    assert [row["index"] for row in rows] == [320, *range(MOST_ROWS)]
