"""The page "Task heads" in a browser: a head of one's own from start to answer, without a mouse."""

from playwright.sync_api import Page, expect

from tests.browser.helpers import axe, choose, open_page, wait_until_idle


def test_a_head_is_trained_in_the_page_and_answers(page: Page) -> None:
    open_page(page, "/task_heads")
    choose(page, "Examples to begin with", "Travel or food")
    expect(page.get_by_text("10 examples: food 5, travel 5.")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Train", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Learned from 10 texts")).to_be_visible(timeout=120_000)
    text = page.get_by_role("textbox", name="Your text")
    text.fill("The bus to the harbour was late.")
    text.press("Control+Enter")
    expect(page.locator(".head-answer .verdict").first).to_contain_text("travel", timeout=30_000)
    expect(page.get_by_role("figure", name="What each word does for the class")).to_be_visible()
    wait_until_idle(page)
    assert page.get_by_test_id("stException").count() == 0
    assert axe(page) == ""
