"""Colours and shapes: groups told apart by both, three meanings, a sequential and a diverging map.

The groups' colours are those of Okabe and Ito (2008, "Color Universal Design"), safe for
colour-blind readers. On paper four of them are darkened so that all reach a contrast of 3:1, as
WCAG 2.2 asks of graphics (1.4.11); on the dark ground they are the published ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bert_core.viz.bars_svg import GUESS_BLUE, INK, TRUE_ORANGE

DARK_INK, DARK_GUESS_BLUE, DARK_TRUE_ORANGE = "#F5F5F5", "#56B4E9", "#E69F00"
PAPER, DARK_PAPER = "#FFFFFF", "#121417"

OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
"""In the published order, without black, which is the ink."""
OKABE_ITO_ON_PAPER = ("#C08400", "#3C96CC", "#009E73", "#9A8F00", "#0072B2", "#D55E00", "#CC79A7")

SHAPES = (
    "circle", "square", "diamond", "cross", "triangle-up", "x", "triangle-down", "pentagon",
)  # fmt: skip
"""Plotly's names of the markers, in the order of the groups; the star is for static vectors."""
SHAPES_3D = (
    "circle", "square", "diamond", "cross", "circle-open", "x", "diamond-open", "square-open",
)  # fmt: skip
"""What a figure in space draws for each of `SHAPES`: it knows only these."""
OTHER_SHAPE, OTHER_SHAPE_3D = "circle-open", "circle-open"

MOST_GROUPS = 20
"""Groups with a look of their own; smaller ones share one."""
OTHER_GROUPS = "other groups"

SEQUENTIAL = "Cividis"
"""Nuñez, Anderton and Renslow 2018: even steps of lightness, the same for colour-blind readers."""


@dataclass(frozen=True)
class Inks:
    """The colours of one theme that carry a meaning."""

    ink: str
    paper: str
    faint: str
    """Lines and text that stand back; 4.5:1 on paper."""
    guess: str
    """The model's own."""
    true: str
    """The true word, or the word in question."""


@dataclass(frozen=True)
class GroupLook:
    """How one group is drawn, on every page."""

    name: str
    """In the legend: the group's name, or `OTHER_GROUPS`."""
    colour: str
    shape: str
    shape_3d: str


def inks(dark: bool) -> Inks:
    """The colours of the dark theme, or of the light one."""
    if dark:
        return Inks(DARK_INK, DARK_PAPER, "#9AA0A6", DARK_GUESS_BLUE, DARK_TRUE_ORANGE)
    return Inks(INK, PAPER, "#6B6B6B", GUESS_BLUE, TRUE_ORANGE)


def diverging(dark: bool) -> list[list[float | str]]:
    """Plotly's colour scale from blue, below zero, over the ground to orange, above."""
    colours = inks(dark)
    return [[0.0, colours.guess], [0.5, colours.paper], [1.0, colours.true]]


def group_looks(groups: Sequence[str], dark: bool) -> dict[str, GroupLook]:
    """A look for every group's name, in the order of the legend: by name, numbers by size.

    Only the `MOST_GROUPS` largest have their own; the others share one, at the end.

    Args:
        groups: the group of every point.
        dark: whether the dark theme is on.
    """
    counts = Counter(groups)
    largest = sorted(counts, key=lambda name: (-counts[name], _by_name(name)))
    own = sorted(largest[:MOST_GROUPS], key=_by_name)
    colours = OKABE_ITO if dark else OKABE_ITO_ON_PAPER
    looks = {
        name: GroupLook(
            name, colours[at % len(colours)], SHAPES[at % len(SHAPES)],
            SHAPES_3D[at % len(SHAPES)],
        )
        for at, name in enumerate(own)
    }  # fmt: skip
    rest = GroupLook(OTHER_GROUPS, inks(dark).faint, OTHER_SHAPE, OTHER_SHAPE_3D)
    return looks | {name: rest for name in largest[MOST_GROUPS:]}


def _by_name(name: str) -> list[tuple[int, int, str]]:
    """Sorts 'cluster 2' before 'cluster 10'."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts] + [(2, 0, name)]
