"""The page "Sentence pairs" as a visitor meets it: the answer, its figures, the game, access."""

import csv
import io
import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import axe, open_page, pixels_too_wide, wait_until_idle

PATH = "/sentence_pairs"
MINUTE = 60_000
ODD = {"a": "<img src=x onerror=alert(1)> 😀 \x07", "b": "ذهبنا"}
CUT = {"a": "The storm hit the coast on Tuesday. Thousands were left without power.", "cut": "7"}
"""The pair that the page opens with."""


def drawn(page: Page, path: str = PATH) -> Page:
    """The page, both figures drawn."""
    open_page(page, path)
    expect(page.locator(".plot .bars").first).to_be_attached(timeout=2 * MINUTE)
    wait_until_idle(page)
    return page


def test_a_pair_a_dot_a_file_and_a_game_by_keyboard(page: Page) -> None:
    open_page(page, PATH)
    expect(page.locator(".verdict")).to_be_in_viewport()
    expect(page.get_by_label("The tokens; press one")).to_be_in_viewport()
    expect(page.locator(".rows .texts")).to_be_hidden()
    drawn(page)
    expect(page.get_by_text(re.compile("Your B fits A better than"))).to_be_in_viewport()
    figure = page.locator(".plot", has=page.locator(".scatterlayer")).first
    figure.locator(".trace.scatter").nth(1).locator("path.point").first.click(force=True)
    expect(page.get_by_text(re.compile("^Pressed: “"))).to_be_visible(timeout=MINUTE)
    figure.hover()
    with page.expect_download() as download:
        figure.locator("[data-title='Save as CSV']").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8"))))
    assert [row["group"] for row in rows].count("random sentences") == 200
    assert sum(row["group"] == "your B" for row in rows) == 1

    assert axe(page) == ""
    page.keyboard.press("Alt+y")
    expect(page.get_by_text(re.compile("Pair 2 of 20.*so far you"))).to_be_visible(timeout=MINUTE)
    page.get_by_role("button", name=re.compile("B is from elsewhere")).press("Enter")
    expect(page.get_by_text("Pair 3 of 20")).to_be_visible(timeout=MINUTE)

    field = page.get_by_role("textbox", name="B", exact=True)
    field.fill("My piano needs to be tuned.")
    field.press("Control+Enter")
    expect(page.locator(".verdict")).to_contain_text("No: ", timeout=MINUTE)
    expect(page).to_have_url(re.compile("piano.*guesses=yn"), timeout=MINUTE)
    page.reload()
    expect(page.get_by_text("Pair 3 of 20")).to_be_visible(timeout=MINUTE)
    expect(field).to_have_value("My piano needs to be tuned.")


@pytest.mark.parametrize("look", ["dark_page", "phone_page"])
def test_everything_opens_and_is_accessible(look: str, request: pytest.FixtureRequest) -> None:
    page: Page = request.getfixturevalue(look)
    typed = CUT if look == "dark_page" else ODD
    drawn(page, f"{PATH}?{urlencode({**typed, 'game': '4', 'guesses': 'yn'})}")
    expect(page.get_by_role("spinbutton", name="Pairs drawn with seed")).to_have_value("4")
    expect(page.get_by_role("spinbutton", name="Drawn with seed", exact=True)).to_have_value("42")
    for name in ("The pairs guessed", "All numbers as tables", "Save, link, command line"):
        page.get_by_text(re.compile(f"^{name}")).click()
        wait_until_idle(page)
    assert page.get_by_test_id("stException").count() == 0
    assert page.locator("img[src=x]").count() == 0, "what was typed is text"
    assert axe(page) == ""
    assert pixels_too_wide(page) == 0


def test_a_long_pair_waits_to_be_asked_and_can_be_stopped(page: Page) -> None:
    open_page(page, PATH)
    first = page.get_by_role("textbox", name="A", exact=True)
    first.fill("The keys to the old cabinet were lying on the table. " * 50)
    first.press("Control+Enter")
    button = page.get_by_role("button", name=re.compile("Try random sentences"))
    button.click(timeout=MINUTE)
    expect(page.get_by_text(re.compile(r"Putting 200 other sentences.* \d+ s"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(button).to_be_visible(timeout=MINUTE)
    expect(page.get_by_text("The text is longer than the model can read")).to_be_visible()
