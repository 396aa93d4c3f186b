"""The page "Masked words" as a reader handles it, and the numbers it must show.

The numbers come from `bert_core` in the tests' own process, so they hold for any bundled model.
Chip i stands for the token at position i + 1, after [CLS].
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from playwright.sync_api import Locator, Page, expect

from bert_core.analysis.encoding import tokenise
from bert_core.analysis.predictions import masked_words
from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from bert_core.outputs import MaskedWords
from bert_core.viz.rows import Row, answer_rows
from tests.browser.helpers import open_page, pixels_too_wide

PATIENCE_MS = 30_000
"""How long a busy machine may take over one answer."""
expect.set_options(timeout=PATIENCE_MS)


@cache
def bundled() -> Checkpoint:
    """The bundled model, in this process."""
    return load_checkpoint("bundled")


def answers(
    text: str, hidden: Sequence[int] | Mapping[int, int | None], k: int = 10, *words: str
) -> MaskedWords:
    """What the page must show for `text` with these positions hidden."""
    places = hidden if isinstance(hidden, Mapping) else dict.fromkeys(hidden)
    return masked_words(bundled(), tokenise(bundled(), text), places, k, words)


def said(row: Row) -> re.Pattern[str]:
    """The text of one bar: word, number, note."""
    parts = (part for part in (row.word, row.value, row.note) if part)
    return re.compile(r"^\s*" + r"\s*".join(re.escape(part) for part in parts) + r"\s*$")


class MaskedWordsPage:
    """What can be seen and pressed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.text = page.get_by_role("textbox", name="Your sentence")
        self.list = page.get_by_role("list", name=re.compile("^The sentence as tokens"))
        self.chips = self.list.get_by_role("button")
        self.pressed = self.list.locator('[aria-pressed="true"]:not([data-fixed])')
        self.figures = page.get_by_role("group", name=re.compile("guesses at this place$"))
        self.places = page.get_by_role("group", name=re.compile("^All hidden places"))
        self.asked = page.get_by_role("textbox", name="How likely is …")
        self.count = page.get_by_role("spinbutton", name="Guesses shown")
        self.undo = page.get_by_role("button", name="Undo")
        self.mask_some = page.get_by_role("button", name="Mask 15% for me")
        self.clear = page.get_by_role("button", name="Clear")
        self.whole = page.get_by_role("switch", name="Whole words")

    @classmethod
    def open(cls, page: Page, text: str | None = None, masks: str = "none", **more: str) -> Self:
        """Go to the page, to its own beginning or to the state an address asks for."""
        values = {} if text is None else {"text": text, "masks": masks}
        query = urlencode({**values, **more}, quote_via=quote)
        open_page(page, f"/?{query}" if query else "/")
        return cls(page)

    def bars(self, at: int = 0) -> Locator:
        """The bars of the figure number `at`."""
        return self.figures.nth(at).get_by_role("button")

    def type(self, text: str) -> None:
        """Put a sentence in place of the one that is there."""
        self.text.fill(text)
        self.text.press("Control+Enter")

    def ask(self, words: str) -> None:
        """Ask how likely some words are."""
        self.asked.fill(words)
        self.asked.press("Enter")

    def unfold(self, title: str) -> Locator:
        """Open the expander of that title; returns it."""
        box = self.page.get_by_test_id("stExpander").filter(has_text=title)
        box.get_by_text(title).first.click()
        return box

    def hidden(self) -> list[int]:
        """Positions whose chips are pressed; not those where [MASK] was typed."""
        found: list[int] = self.pressed.evaluate_all("all => all.map(b => +b.dataset.place + 1)")
        return found

    def address(self) -> dict[str, str]:
        """What the address says."""
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def expect_hidden(self, *positions: int) -> None:
        """These chips are pressed, and no others; the address says so."""
        masks = ".".join(map(str, positions)) or "none"
        expect(self.page).to_have_url(re.compile(rf"[?&]masks={re.escape(masks)}(&|$)"))
        expect(self.pressed).to_have_count(len(positions))
        assert self.hidden() == list(positions)

    def expect_bars(self, result: MaskedWords, place: int = 0, at: int = 0) -> None:
        """Figure number `at` shows the rows of hidden place number `place`, and nothing else."""
        rows = answer_rows(result.predictions[place])
        expect(self.bars(at)).to_have_text([said(row) for row in rows])

    def expect_answers(self, result: MaskedWords) -> None:
        """A figure for each hidden place of up to three, left to right."""
        expect(self.figures).to_have_count(len(result.predictions))
        for place in range(len(result.predictions)):
            self.expect_bars(result, place, at=place)

    def expect_no_exception(self) -> None:
        """Streamlit shows no traceback."""
        expect(self.page.get_by_test_id("stException")).to_have_count(0)

    def scrolls_sideways(self) -> bool:
        """Whether anything of the page is wider than the window."""
        return pixels_too_wide(self.page) > 0
