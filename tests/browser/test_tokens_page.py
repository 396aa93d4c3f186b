"""The page "Tokens" as a visitor meets it: pointing, pressing, typing, links, access."""

import re
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import open_page, problems_in_every_look, wait_until_idle

EMBEDDINGS = "/tokens?text=" + quote("The embeddings of naïve cafés")


def chip(page: Page, token: str) -> Locator:
    return page.get_by_role("button", name=re.compile(rf"^{re.escape(token)}, id "))


def marked(page: Page, kind: str) -> list[str]:
    found: list[str] = page.locator(f".{kind}.on").all_inner_texts()
    return [text.split("\n")[0] for text in found]


def explained(page: Page, split: str) -> None:
    expect(page.locator(".split")).to_contain_text(split, timeout=30_000)


def test_tokens_and_text_mark_each_other_at_once(page: Page) -> None:
    open_page(page, EMBEDDINGS)
    assert marked(page, "chip") == ["em", "##bed", "##ding", "##s"]
    chip(page, "##ding").hover()
    assert marked(page, "run") == ["ding"]
    expect(page.get_by_role("status")).to_have_text("##ding: characters 9 to 13, “ding”")
    place = page.locator(".source").bounding_box()
    page.locator(".run", has_text="naïve").hover()
    assert marked(page, "chip") == ["naive"]
    assert page.locator(".source").bounding_box() == place, "nothing moves under the pointer"
    page.get_by_role("heading", name="Tokens").hover()
    assert len(marked(page, "chip")) == 4, "what was chosen comes back"
    page.locator(".run", has_text="naïve").click()
    assert marked(page, "chip") == ["naive"]
    explained(page, "naive →")
    wait_until_idle(page)
    assert marked(page, "chip") == ["naive"], "the answer from Python leaves the mark alone"
    assert "word=na%C3%AFve" in page.url


def test_the_keyboard_does_all_of_it(page: Page) -> None:
    open_page(page, EMBEDDINGS)
    page.get_by_role("combobox", name="Examples").focus()
    page.keyboard.press("Tab")
    expect(chip(page, "[CLS]")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert marked(page, "chip") == ["cafes"] and marked(page, "run") == ["cafés"]
    page.keyboard.press("Enter")
    explained(page, "cafes →")
    expect(chip(page, "cafes")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert marked(page, "run") == ["em"] and marked(page, "chip") == ["em"]
    page.keyboard.press(" ")
    explained(page, "embeddings →")


def test_a_word_is_typed_and_its_link_opens_the_same(page: Page) -> None:
    open_page(page, EMBEDDINGS)
    field = page.get_by_role("combobox", name="A word of the text")
    field.click()
    field.fill("tokenisation")
    field.press("Enter")
    explained(page, "tokenisation → token ##isation")
    wait_until_idle(page)
    open_page(page, page.url)
    explained(page, "tokenisation → token ##isation")


def test_what_was_typed_is_text(page: Page) -> None:
    evil = "<img src=x onerror=alert(1)> **b** \u202e\x07"
    open_page(page, "/tokens?text=" + quote(evil) + "&word=" + quote("<b>"))
    assert page.locator(".source").inner_text() == "<img src=x onerror=alert(1)> **b** \\u202E␇"
    assert page.locator(".source img, .chip img, .split b b, .split img").count() == 0


def test_right_to_left_and_two_texts(page: Page) -> None:
    open_page(page, "/tokens?text=" + quote("كتاب جديد") + "&pair=" + quote("A new book"))
    direction = "one => getComputedStyle(one).direction"
    assert page.locator(".source").evaluate_all(f"all => all.map({direction})") == ["rtl", "ltr"]
    first, second = (page.locator(".chip").nth(at).bounding_box() for at in (0, 1))
    assert first and second and first["x"] > second["x"]
    chip(page, "book").hover()
    assert marked(page, "run") == ["book"]
    expect(page.get_by_role("status")).to_contain_text("of text B")
    assert "segment 1" in (chip(page, "book").get_attribute("aria-label") or "")


def test_nothing_for_axe_to_find(page: Page) -> None:
    open_page(page, "/tokens")
    for summary in page.get_by_test_id("stMain").locator("summary").all():
        summary.click()
    wait_until_idle(page)
    headings = page.get_by_test_id("stMain").get_by_role("heading").all()
    levels = [heading.evaluate("one => one.tagName") for heading in headings]
    assert levels == ["H1", "H2"]
    assert problems_in_every_look(page) == ""


def test_a_text_far_too_long_stays_usable(page: Page) -> None:
    open_page(page, "/tokens")
    page.get_by_label("Your text").fill("unbelievable words " * 5_000)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("longer than the model can read")).to_be_visible(timeout=60_000)
    assert page.locator(".chip").count() == 512
    page.locator(".chip").nth(500).hover()
    (run,) = page.locator(".run.on").all()
    seen = "one => { const box = one.parentElement.getBoundingClientRect(), r = "
    seen += "one.getBoundingClientRect(); return r.top >= box.top && r.bottom <= box.bottom }"
    assert run.evaluate(seen), "the marked characters are scrolled into sight"
