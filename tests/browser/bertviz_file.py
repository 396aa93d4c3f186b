"""BertViz's views of a tiny model, opened in a real browser from files of their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bert_core.analysis.encoding import encode
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import EncoderResult
from bert_core.viz.bertviz_html import head_view_html, model_view_html, neuron_view_html
from tests.browser.helpers import DESKTOP
from tests.browser.traffic import Traffic
from tests.model.tiny import random_model, tiny_config, tiny_tokenizer

VIEWS: dict[str, Callable[..., str]] = {
    "head": head_view_html, "model": model_view_html, "neuron": neuron_view_html,
}  # fmt: skip
EVERY = pytest.mark.parametrize("view", VIEWS)
TEXT, PAIR = "the old boat flows to the sea.", "a river runs."
LAYERS, HEADS = 2, 4

# Strength of every line that can be seen, in the order of the arrays.
STRENGTHS = """lines => lines
  .filter(l => l.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
  .filter(l => l.getBoundingClientRect().width > 20 && l.getAttribute("stroke"))
  .map(l => +l.getAttribute("stroke-opacity"))"""

# The lowest contrast (WCAG 2.2) of any text that can be seen with its rim, which has the ground's
# colour.
CONTRAST = """() => {
  const light = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const ground = light(getComputedStyle(document.body).backgroundColor);
  const seen = [...document.querySelectorAll("svg text")]
    .filter((text) => text.checkVisibility({ visibilityProperty: true }))
    .map((text) => getComputedStyle(text));
  if (seen.some((style) => light(style.stroke) !== ground || style.paintOrder !== "stroke")) {
    return 0;
  }
  return Math.min(...seen.map((style) => light(style.fill))
    .map((ink) => (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05)));
}"""


@dataclass(frozen=True)
class Opened:
    """A document in a browser."""

    page: Page
    view: str

    def strengths(self) -> npt.NDArray[np.float64]:
        where = {"head": "#attention line", "model": "svg > g:not(.detail) line"}
        lines = where.get(self.view, ".attn-line-group line")
        return np.array(self.page.eval_on_selector_all(f"#vis {lines}", STRENGTHS))

    def expect_strengths(self, weights: npt.NDArray[np.float32]) -> None:
        """The lines are as strong as these weights, but for rounding."""
        found = self.strengths()
        assert found.size == weights.size > 0
        assert np.abs(found - weights.ravel()).max() < 0.00051
        assert len(set(found.tolist())) > weights.size / 20  # not all the same

    def tokens(self, side: str = "left") -> Locator:
        part = f"#{side}" if self.view == "head" else "#collapsed #leftText"
        return self.page.locator(f"{part} [role=option]")


Open = Callable[..., Opened]


@contextmanager
def files_opened(browser: Browser, folder: Path) -> Iterator[Open]:
    """What opens a view from a file; at the end nothing else was asked for and no error made."""
    traffic, files = Traffic("file:///"), []

    def open_file(view: str, html: str, **options: Any) -> Opened:
        file = folder / f"{view}{len(files)}.html"
        file.write_text(html, encoding="utf-8")
        files.append(file.as_uri())
        context = browser.new_context(**{"viewport": DESKTOP, **options})
        traffic.watch(context)
        page = context.new_page()
        page.goto(file.as_uri())
        expect(page.locator("#vis svg")).to_be_visible()
        return Opened(page, view)

    yield open_file
    assert traffic.problems() == []
    assert traffic.requests == files


@cache
def passed(pair: bool = False) -> EncoderResult:
    """One forward pass of a tiny random model."""
    checkpoint = Checkpoint("tiny", random_model(tiny_config(), seed=3), tiny_tokenizer(), ())
    return encode(checkpoint, TEXT, PAIR if pair else None, attention=True)


def weights(result: EncoderResult) -> npt.NDArray[np.float32]:
    assert result.attention is not None
    return result.attention
