"""The panel "Through the layers" in a real browser: it waits closed; table and curves; access."""

import re

from playwright.sync_api import Locator, Page, expect

from bert_core.analysis.lens import read_lens
from bert_core.viz.numbers import percent
from tests.browser.helpers import problems_in_every_look, wait_until_idle
from tests.browser.masked_words_page import MaskedWordsPage, answers, bundled

BANK = "We walked along the bank of the river."
TITLE = "Through the layers"


def opened(page: Page) -> tuple[MaskedWordsPage, Locator]:
    """The page with one word hidden, and the panel, open and drawn."""
    mw = MaskedWordsPage.open(page, BANK, "5")
    expect(page.locator(".plot, .context-table")).to_have_count(0)
    box = mw.unfold(TITLE)
    expect(box.locator(".plot .scatterlayer .trace").first).to_be_attached()
    wait_until_idle(page)
    return mw, box


def test_the_panel_opens_with_curves_and_their_table(page: Page) -> None:
    mw, box = opened(page)
    result = answers(BANK, [5])
    lens = read_lens(bundled(), result, 5, words=["bank"])
    answer = lens.readings[-1].guesses
    expect(box.get_by_role("textbox", name="Words to follow")).to_have_value(
        f"bank, {answer[0].token}"
    )
    rows = box.get_by_role("region", name="Guesses by layer").locator("tbody tr")
    expect(rows).to_have_count(lens.layers + 1)
    for row, reading in zip(rows.all(), lens.readings, strict=True):
        best = reading.guesses[0]
        expect(row).to_contain_text(f"{best.token} {percent(best.probability)}")
    expect(rows.first).to_contain_text("raw reading")
    expect(rows.last).to_contain_text("the model’s answer")
    numbers = box.get_by_role("region", name="Words by layer").locator("tbody tr")
    expect(numbers.last).to_contain_text(percent(answer[0].probability))
    lines = box.locator(".plot .scatterlayer .trace")
    expect(lines).to_have_count(2)
    expect(lines.first.locator("path.point")).to_have_count(lens.layers + 1)
    expect(box.get_by_role("figure")).to_have_attribute(
        "aria-label", re.compile("^Probability of bank, .* by layer; the second table")
    )
    expect(box.get_by_text("not that the layer knows nothing")).to_be_visible()
    assert problems_in_every_look(page) == ""
    ink = box.locator(".plot .xtitle").evaluate("one => getComputedStyle(one).fill")
    assert ink == "rgb(245, 245, 245)", "in the dark"
    assert not mw.scrolls_sideways()


def test_other_words_are_followed_and_ranks_are_drawn(page: Page) -> None:
    _, box = opened(page)
    field = box.get_by_role("textbox", name="Words to follow")
    field.fill("bank, shore, road, snowboarding")
    field.press("Enter")
    expect(box.locator(".plot .scatterlayer .trace")).to_have_count(3)
    expect(box.get_by_text("“snowboarding” cannot be followed: it is 2 word")).to_be_visible()
    expect(box.get_by_role("columnheader", name="“shore”")).to_be_visible()
    box.get_by_text("Rank", exact=True).click()
    expect(box.locator(".plot .ytitle")).to_have_text("rank, 1 the first")


def test_the_trained_lens_is_chosen_beside_raw_readings(page: Page) -> None:
    _, box = opened(page)
    guesses = box.get_by_role("region", name="Guesses by layer").locator("tbody tr")
    expect(guesses.nth(3)).to_contain_text("raw reading")
    raw = guesses.nth(3).text_content()
    box.get_by_text("Trained lens", exact=True).click()
    expect(guesses.nth(3)).to_contain_text("trained lens")
    assert guesses.nth(3).text_content() != raw
    expect(guesses.last).to_contain_text("the model’s answer")
    expect(box.get_by_text("moves a layer’s vector by a linear map")).to_be_visible()
