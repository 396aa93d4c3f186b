"""Masked words: the address holds what is shown; a copied link opens the same thing."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import open_page, wait_until_idle
from tests.browser.masked_words_page import MaskedWordsPage, answers

BANK = "We walked along the bank of the river."
TEXTS = {
    "signs": "Cats & dogs #1 + 100% \"sure\" it's a=b? yes; /\\ C++ 50%25 of %C3%A9 a+b &amp; so.",
    "scripts": "I 😀 like\nriver banks, 👩\u200d🚀 too: שלום עולם, bank مرحبا.",
}


def shown(mw: MaskedWordsPage) -> dict[str, Any]:
    """Everything that a link must bring back."""
    names = "all => all.map(b => b.ariaLabel)"
    return {
        "text": mw.text.input_value(),
        "chips": mw.chips.evaluate_all(names),
        "hidden": mw.hidden(),
        "bars": mw.figures.get_by_role("button").evaluate_all(names),
        "asked": mw.asked.input_value(),
        "count": mw.count.input_value(),
        "whole": mw.whole.is_checked(),
    }


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_link_opens_the_same_thing_elsewhere(page: Page, elsewhere: Page, text: str) -> None:
    mw = MaskedWordsPage.open(page, "River.", words="a&b, c#d", k="6", hide="pieces")
    mw.type(text)
    expect(mw.chips).to_have_count(len(answers(text, [1]).encoding) - 2)
    wait_until_idle(page)
    mw.chips.nth(0).click()
    mw.expect_hidden(1)
    mw.expect_answers(answers(text, [1], 6, "a&b", "c#d"))
    mw.chips.nth(2).click()
    mw.expect_hidden(1, 3)
    mw.expect_answers(answers(text, [1, 3], 6, "a&b", "c#d"))
    assert mw.address()["text"] == text
    other = MaskedWordsPage(open_page(elsewhere, page.url))
    other.expect_answers(answers(text, [1, 3], 6, "a&b", "c#d"))
    assert shown(other) == shown(mw)
    assert other.page.url == page.url, "opening a link must not change it"


def test_the_link_shown_is_that_of_what_is_shown(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK, "5")
    panel = mw.unfold("Save, link")
    mw.chips.nth(7).click()
    mw.expect_hidden(5, 8)
    link = panel.get_by_test_id("stCode").first
    expect(link).to_contain_text("masks=5.8")
    mw.ask("levee")
    expect(link).to_contain_text("words=levee")


def test_the_link_shown_opens_the_same_thing(page: Page) -> None:
    mw = MaskedWordsPage.open(page, TEXTS["signs"], "2", k="5")
    panel = mw.unfold("Save, link")
    before = shown(mw)
    link = panel.get_by_test_id("stCode").first.text_content() or ""
    open_page(page, link)
    mw.expect_answers(answers(TEXTS["signs"], [2], 5))
    assert shown(mw) == before


def test_back_and_forward(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK, "5")
    mw.chips.nth(7).click()
    mw.expect_hidden(5, 8)
    mw.expect_answers(answers(BANK, [5, 8]))
    page.go_back()
    mw.expect_answers(answers(BANK, [5]))
    mw.expect_hidden(5)
    page.go_forward()
    mw.expect_answers(answers(BANK, [5, 8]))
    mw.expect_hidden(5, 8)


def test_reload_keeps_everything(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK, "5")
    mw.chips.nth(7).click()
    mw.expect_answers(answers(BANK, [5, 8]))
    mw.expect_hidden(5, 8)
    before = shown(mw)
    page.reload()
    wait_until_idle(page)
    mw.expect_answers(answers(BANK, [5, 8]))
    assert shown(mw) == before


def test_a_visit_to_another_page_keeps_everything(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK, "5.8", words="levee", k="6", hide="pieces")
    before = shown(mw)
    page.get_by_test_id("stSidebarNavLink").nth(1).click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Masked words")
    wait_until_idle(page)
    page.get_by_test_id("stSidebarNavLink").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Masked words")
    mw.expect_answers(answers(BANK, [5, 8], 6, "levee"))
    assert shown(mw) == before


@pytest.mark.parametrize(
    "query",
    [
        f"text=We%20walked%20along.&masks=999.3-x.{'9' * 5000}.²&k={'9' * 5000}&seed=½&hide=none",
        "text=%FF%FE%00&masks=1",
    ],
    ids=["numbers", "no UTF-8"],
)
def test_garbage_in_the_address_does_no_harm(page: Page, query: str) -> None:
    open_page(page, f"/?{query}")
    mw = MaskedWordsPage(page)
    mw.expect_no_exception()
    mw.type(BANK)
    expect(mw.chips).to_have_count(9)
    mw.clear.or_(mw.chips.first).last.wait_for()
    if 5 not in mw.hidden():
        mw.chips.nth(4).click()
    expect(mw.figures.first).to_be_visible()
    mw.expect_no_exception()
    assert 5 <= int(mw.count.input_value()) <= 50


def test_unknown_words_in_the_address_leave_the_first_example(page: Page) -> None:
    open_page(page, "/?utm_source=mail")
    mw = MaskedWordsPage(page)
    expect(mw.text).not_to_have_value("")
    assert len(mw.hidden()) == 1


def test_a_text_too_long_for_a_link_is_said(page: Page) -> None:
    text = " ".join(["river"] * 400 + ["überzeugend" * 40] * 40)
    mw = MaskedWordsPage.open(page, "We met.", "1")
    mw.type(text)
    expect(page.get_by_text("too long for a link")).to_be_visible()
    wait_until_idle(page)
    mw.chips.nth(1).click()
    expect(mw.text).to_have_value(text)
    expect(page).not_to_have_url(re.compile("text="))
    mw.expect_bars(answers(text, [2]))
    panel = mw.unfold("Save, link")
    expect(panel.get_by_role("button", name="Save as JSON")).to_be_visible()
    expect(panel.get_by_text("A link that opens the same sentence")).to_have_count(0)
