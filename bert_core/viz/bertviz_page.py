"""One HTML file around BertViz's own scripts, which asks nobody for anything.

BertViz (Vig 2019, "A Multiscale Visualization of Attention in the Transformer Model") draws with
d3 and jQuery, which its own pages load from elsewhere. All three are read from the installed
packages bertviz, mpld3 and XStatic-jQuery, none of which is imported; around them lie
assets/bertviz/page.js and page.css.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np

from bert_core.outputs.arrays import FloatArray
from bert_core.viz.palette import OKABE_ITO, OKABE_ITO_ON_PAPER, inks

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "bertviz"
LIBRARIES = (
    ("mpld3", "mpld3/js/d3.v5.min.js"),
    ("XStatic-jQuery", "xstatic/pkg/jquery/data/jquery.min.js"),
)
"""Package and file of the libraries BertViz draws with, in the order they are loaded."""

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""What the page may load, wherever it is opened: nothing but what it holds; and no eval."""

PER_ONE = 1000
"""Steps between 0 and 1: numbers are sent with three decimals."""
_LARGEST = 32_767

_ADDRESSES = re.compile(r"require\.config\(\{.*?\}\);", re.DOTALL)
_FAINT, _STRONGER = "return d / activeHeads()", "return d / Math.sqrt(activeHeads())"
_FILTER = {
    "all": "All", "aa": "Sentence A → sentence A", "bb": "Sentence B → sentence B",
    "ab": "Sentence A → sentence B", "ba": "Sentence B → sentence A",
}  # fmt: skip


@dataclass(frozen=True)
class Drawing:
    """One of BertViz's views."""

    title: str
    script: str
    """The file that draws it, in the package bertviz."""
    about: Sequence[str]
    """Paragraphs on how to read it."""
    lists: Mapping[str, str]
    """What BertViz finds its lists by -> what they are called."""
    data: Mapping[str, Any]
    """For assets/bertviz/page.js."""


def page(drawing: Drawing, text: str, note: str | None, dark: bool) -> str:
    """The whole document. In a frame it shows neither its title nor the text.

    Args:
        drawing: what is drawn.
        text: what the model read.
        note: what is left out of it.
        dark: whether the dark theme is on.
    """
    data = _json({**drawing.data, "dark": dark, "colours": head_colours(dark)})
    lists = "".join(_list(id, name) for id, name in drawing.lists.items())
    scripts = "".join(f"<script>{_closed(part)}</script>\n" for part in _scripts(drawing.script))
    short = text if len(text) <= 60 else f"{text[:59]}…"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{drawing.title}: {escape(short)}</title>
<style>{_style(dark)}</style>
</head>
<body>
<main aria-label="BertViz">
<h1>{drawing.title}</h1>
<p class="text">{escape(text)}</p>
{_paragraphs([note] if note else [])}
<div id="bertviz"><div class="lists">{lists}</div><div id="vis"></div></div>
{_paragraphs(drawing.about)}
</main>
<script id="data" type="application/json">{data}</script>
{scripts}</body>
</html>
"""


def packed(numbers: FloatArray) -> dict[str, Any]:
    """An array with three decimals, as base64 of two bytes each, the lower byte first.

    Coarser when a number is beyond 32.767 either way, so that the largest still fits.
    """
    largest = float(np.abs(numbers).max(initial=0))
    per = PER_ONE if largest * PER_ONE <= _LARGEST else _LARGEST / largest
    whole = np.rint(numbers * per).astype("<i2")
    text = base64.b64encode(whole.tobytes()).decode("ascii")
    return {"shape": numbers.shape, "per": per, "numbers": text}


def head_colours(dark: bool) -> list[str]:
    """14 colours told apart by colour-blind readers: the palette, then half-way to the ink."""
    base = OKABE_ITO if dark else OKABE_ITO_ON_PAPER
    return [*base, *(_mixed(colour, inks(dark).ink, 0.5) for colour in base)]


@cache
def package_file(package: str, path: str) -> str:
    """The text of a file that an installed package carries; nothing of the package is imported."""
    return Path(str(distribution(package).locate_file(path))).read_text("utf-8")


def _scripts(script: str) -> list[str]:
    """The libraries, ours, and BertViz's: without addresses, and given its parameters.

    The head view divides a line's strength by the number of heads shown; with 12 of them hardly
    one would be seen, so that here it is their square root.
    """
    theirs, found = _ADDRESSES.subn("", package_file("bertviz", f"bertviz/{script}"))
    assert found == 1, f"bertviz/{script} does not say where its libraries are"
    assert script != "head_view.js" or _FAINT in theirs, "the head view's lines changed"
    theirs = theirs.replace("PYTHON_PARAMS", "window.bertviz_params").replace(_FAINT, _STRONGER)
    ours = (FOLDER / "page.js").read_text("utf-8")
    return [*(package_file(*library) for library in LIBRARIES), ours, theirs]


def _style(dark: bool) -> str:
    colours = inks(dark)
    raised = _mixed(colours.paper, colours.ink, 0.14)
    theme = (
        f":root {{ color-scheme: {'dark' if dark else 'light'}; --ink: {colours.ink}; "
        f"--paper: {colours.paper}; --faint: {colours.faint}; --guess: {colours.guess}; "
        f"--raised: {raised}; }}\n"
    )
    return theme + (FOLDER / "page.css").read_text("utf-8")


def _list(id: str, name: str) -> str:
    """A labelled list: empty, which BertViz fills, or what looks at what."""
    chosen = _FILTER if id == "filter" else {}
    options = "".join(f'<option value="{key}">{name}</option>' for key, name in chosen.items())
    return f'<span><label for="{id}">{name}</label> <select id="{id}">{options}</select></span>'


def _paragraphs(texts: Sequence[str]) -> str:
    return "".join(f'<p class="about">{escape(text)}</p>' for text in texts)


def _mixed(colour: str, other: str, share: float) -> str:
    """The colour '#RRGGBB' with a share of another, from 0 to 1."""
    pairs = [(int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(one + share * (two - one)):02X}" for one, two in pairs)


def _closed(script: str) -> str:
    """The script with nothing in it that would end its element."""
    return script.replace("</script", "<\\/script")


def _json(data: Mapping[str, Any]) -> str:
    """JSON that cannot end the element it stands in, whatever the tokens are."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
