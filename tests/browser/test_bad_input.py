"""Masked words: whatever is typed, the page says what it made of it, runs nothing of it."""

import re

import pytest
from playwright.sync_api import Page, expect

from bert_core.analysis.encoding import tokenise
from tests.browser.helpers import wait_until_idle
from tests.browser.masked_words_page import MaskedWordsPage, answers, bundled
from tests.browser.traffic import Traffic

BANK = "We walked along the bank of the river."
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
MARKDOWN = "![i](http://x.invalid/z)"


@pytest.mark.parametrize(
    "text", ["", "   \n\t ", "\u200b\x07"], ids=["empty", "spaces", "invisible"]
)
def test_nothing_typed_is_said_and_can_be_mended(page: Page, text: str) -> None:
    mw = MaskedWordsPage.open(page, BANK, "5")
    mw.type(text)
    expect(page.get_by_text("The sentence is empty")).to_be_visible()
    expect(mw.chips).to_have_count(0)
    mw.expect_no_exception()
    mw.type(BANK)
    mw.chips.nth(4).click()
    mw.expect_answers(answers(BANK, [5]))


def test_only_a_mask_is_answered(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK, "5")
    mw.type("[MASK]")
    mw.expect_answers(answers("[MASK]", []))
    wait_until_idle(page)
    mw.mask_some.click()
    expect(page.get_by_role("alert").filter(has_text="no word to hide")).to_be_visible()
    mw.expect_answers(answers("[MASK]", []))


def test_ten_thousand_words_are_cut_and_the_cut_is_explained(page: Page) -> None:
    text = " ".join(f"word{i % 7}" for i in range(10_000))
    encoding = tokenise(bundled(), text)
    cut = encoding.truncation
    assert cut is not None
    mw = MaskedWordsPage.open(page, BANK, "5")
    mw.type(text)
    note = page.get_by_role("alert").filter(has_text="longer than the model can read")
    expect(note).to_contain_text("512 positions")
    expect(note).to_contain_text("first 510 tokens")
    expect(note).to_contain_text(f"character {cut.kept_characters[0]:,}")
    expect(note).to_contain_text(f"the last {cut.tokens_dropped:,} tokens are left out")
    expect(mw.chips).to_have_count(510)
    mw.chips.nth(1).click()
    mw.expect_bars(answers(text, encoding.word_positions(2)))
    expect(mw.text).to_have_value(text)
    mw.expect_no_exception()


def test_where_it_was_cut_is_shown_as_typed(page: Page, traffic: Traffic) -> None:
    """The warning quotes the text, which is no markdown."""
    signs = len(bundled().tokenizer.pieces(MARKDOWN))
    text = " ".join(["a"] * (510 - signs) + [MARKDOWN] + ["b"] * 50)
    mw = MaskedWordsPage.open(page, BANK)
    mw.type(text)
    note = page.get_by_role("alert").filter(has_text="longer than the model can read")
    expect(note).to_contain_text(MARKDOWN)
    assert not any("x.invalid" in url for url in traffic.requests)
    traffic.expect_error("x.invalid")  # reported above


def test_markup_is_shown_as_text_and_runs_nowhere(page: Page) -> None:
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    own = page.locator('img[src="x"]')
    mw = MaskedWordsPage.open(page, f"{SCRIPT} met [MASK].", "2", words=SCRIPT, k="5")
    result = answers(f"{SCRIPT} met [MASK].", [2], 5, SCRIPT)
    mw.expect_answers(result)
    for title in ("From logits to word", "Several hidden words", "Save, link"):
        mw.unfold(title)
    fills = page.locator(".sentence")
    expect(fills).to_have_count(2)
    expect(fills.first).to_contain_text("alert(1)</script><img src=x onerror=alert(1)>")
    wait_until_idle(page)
    assert mw.text.input_value() == f"{SCRIPT} met [MASK]."
    assert alerts == [] and own.count() == 0
    mw.type(SCRIPT)
    expect(mw.chips).to_have_count(len(tokenise(bundled(), SCRIPT)) - 2)
    assert alerts == [] and own.count() == 0


def test_unknown_characters_are_shown_as_unk(page: Page) -> None:
    text = "I saw a 😀 and 𓀀 today."
    mw = MaskedWordsPage.open(page, BANK)
    mw.type(text)
    unknown = mw.chips.filter(has_text="[UNK]")
    expect(unknown).to_have_count(tokenise(bundled(), text).tokens.count("[UNK]"))
    assert unknown.count() == 2
    unknown.first.click()
    mw.expect_answers(answers(text, [4]))
    expect(mw.text).to_have_value(text)


@pytest.mark.parametrize(
    "text",
    [
        "The\x07 bank\x1b[31m of\u202e the\ufeff riv\u00ader\x7f.",
        "Line one.\r\nLine two.\u2028Line three.",
        "x" * 5_000 + " bank.",
        "**bold** _it_ $x^2$ :smile: `code` [a](b) # head",
    ],
    ids=["control characters", "line ends", "one long word", "markdown"],
)
def test_odd_text_is_taken_as_it_is(page: Page, text: str) -> None:
    mw = MaskedWordsPage.open(page, text, "2", k="5")
    result = answers(text, [2], 5)
    mw.expect_answers(result)
    expect(mw.chips).to_have_count(len(result.encoding) - 2)
    typed = mw.text.input_value()
    assert re.sub(r"\r\n?", "\n", text) == typed
    assert not mw.scrolls_sideways()
    mw.expect_no_exception()
    mw.chips.nth(0).click()
    mw.expect_answers(answers(text, [1, 2], 5))


def test_right_to_left_text_runs_right_to_left(page: Page) -> None:
    text = "שלום עולם"
    mw = MaskedWordsPage.open(page, text)
    items = mw.list.get_by_role("listitem")
    first, second = items.nth(0).bounding_box(), items.nth(1).bounding_box()
    assert first is not None and second is not None
    assert first["x"] > second["x"]
    mw.chips.first.focus()
    page.keyboard.press("ArrowLeft")
    expect(mw.chips.nth(1)).to_be_focused()
    assert not mw.scrolls_sideways()
