"""Masked words in the light, in the dark and on a phone: nothing sticks out, axe finds nothing."""

from playwright.sync_api import Page, expect

from tests.browser.helpers import PHONE, axe, problems_in_every_look, wait_until_idle
from tests.browser.masked_words_page import MaskedWordsPage

CAT = "The cat chased the embeddings into the kitchen."
LONG_WORD = "Ein Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesell kam."


def with_everything_open(page: Page) -> MaskedWordsPage:
    """Two figures, a word asked for, and every expander open."""
    mw = MaskedWordsPage.open(page, CAT, "2.5", words="dog,snowboarding,😀", k="5")
    for title in ("From logits to word", "Several hidden words", "Save, link"):
        mw.unfold(title)
    expect(page.locator(".sentence")).to_have_count(2)
    wait_until_idle(page)
    return mw


def test_everything_opens_and_is_accessible(page: Page) -> None:
    mw = with_everything_open(page)
    assert problems_in_every_look(page) == ""
    ink, paper = mw.list.locator('[data-action="mask"]').first.evaluate(
        "one => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"
    )
    assert (ink, paper) == ("rgb(18, 20, 23)", "rgb(245, 245, 245)"), "hidden is ink reversed"
    page.set_viewport_size(PHONE)
    wait_until_idle(page)
    assert not mw.scrolls_sideways()
    for chip in mw.chips.all():
        box = chip.bounding_box()
        assert box is not None and 0 <= box["x"] and box["x"] + box["width"] <= 390
        assert box["height"] >= 24, "too small for a finger"


def test_many_hidden_places_and_a_long_word_on_a_phone(phone_page: Page) -> None:
    mw = MaskedWordsPage.open(phone_page, LONG_WORD, "1.2.3.4.5")
    expect(mw.places.get_by_role("button")).to_have_count(5)
    assert axe(phone_page) == ""
    assert not mw.scrolls_sideways()


def test_nothing_moves_under_the_pointer(page: Page) -> None:
    mw = MaskedWordsPage.open(page, CAT)
    before = [chip.bounding_box() for chip in mw.chips.all()]
    mw.chips.nth(1).click()
    mw.expect_hidden(2)
    assert [chip.bounding_box() for chip in mw.chips.all()] == before
