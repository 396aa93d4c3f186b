"""The page "Training" in a browser: a run that outlives a reload, and whose slider goes back."""

import re

from playwright.sync_api import Page, expect

from tests.browser.helpers import axe, choose, open_page, wait_until_idle

SOON = 60_000


def test_a_run_outlives_a_reload_and_can_be_looked_back_on(page: Page) -> None:
    open_page(page, "/training")
    choose(page, "Text to learn from", "Short")
    for name, value in (("Layers", "1"), ("Width", "32"), ("Minutes", "1")):
        field = page.get_by_role("spinbutton", name=name)
        field.fill(value)
        field.press("Tab")
    wait_until_idle(page)
    page.get_by_role("button", name="Start", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_visible(timeout=SOON)
    page.reload()
    expect(page.get_by_text(re.compile(r"\d steps · .* tokens/s · "))).to_be_visible(timeout=SOON)
    slider = page.get_by_role("slider", name="Back in time: step")
    expect(slider).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=SOON)
    wait_until_idle(page)
    slider.press("Home")
    expect(page.get_by_text("after 0 steps")).to_be_visible(timeout=SOON)
    wait_until_idle(page)
    assert axe(page) == ""
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Ended at step")).to_be_visible(timeout=SOON)
    assert page.get_by_test_id("stException").count() == 0
