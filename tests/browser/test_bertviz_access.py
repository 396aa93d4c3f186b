"""BertViz's views without a mouse, on a phone, and with tokens too long for their place."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from bert_core.viz.bertviz_html import head_view_html, model_view_html, neuron_view_html
from tests.browser.bertviz_file import (
    EVERY,
    HEADS,
    LAYERS,
    STRENGTHS,
    VIEWS,
    Open,
    files_opened,
    passed,
    weights,
)
from tests.browser.helpers import PHONE, axe
from tests.viz.bertviz_results import attended

pytestmark = pytest.mark.browser

LONG = "counterrevolutionarinesses"


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    with files_opened(browser, tmp_path) as open_file:
        yield open_file


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_token_of_the_head_view_shows_its_lines_alone(by: str, opened: Open) -> None:
    alone = passed()
    found = opened("head", head_view_html(alone))
    every = weights(alone)[0] / np.sqrt(HEADS)
    if by == "mouse":
        found.tokens().nth(3).hover()
        found.expect_strengths(every[:, 3])
        found.tokens("right").nth(2).hover()
    else:
        found.tokens().first.focus()
        for _ in range(3):
            found.page.keyboard.press("ArrowDown")
        found.expect_strengths(every[:, 3])
        found.page.keyboard.press("Tab")
        found.page.keyboard.press("End")
        found.page.keyboard.press("Home")
        found.page.keyboard.press("ArrowRight")
        found.page.keyboard.press("ArrowDown")
        expect(found.tokens("right").nth(2)).to_be_focused()
        chosen = found.page.locator("[aria-selected=true]")
        expect(chosen).to_have_count(1)
        expect(chosen).to_have_attribute("aria-label", alone.encoding.tokens[2])
    found.expect_strengths(every[:, :, 2])
    if by == "mouse":
        found.page.mouse.move(900, 5)
    else:
        found.page.get_by_label("Layer").focus()
    found.expect_strengths(every)


def test_a_keyboard_switches_heads_off_and_leaves_one_alone(opened: Open) -> None:
    alone = passed()
    found = opened("head", head_view_html(alone))
    heads = found.page.get_by_role("checkbox")
    assert [one.get_attribute("aria-label") for one in heads.all()] == [
        f"Head {at + 1}" for at in range(HEADS)
    ]
    found.page.get_by_label("Layer").focus()
    found.page.keyboard.press("Tab")
    found.page.keyboard.press("ArrowRight")
    found.page.keyboard.press("Enter")
    assert [one.is_checked() for one in heads.all()] == [True, False, True, True]
    found.expect_strengths(weights(alone)[0, [0, 2, 3]] / np.sqrt(3))
    found.page.keyboard.press("ArrowRight")
    found.page.keyboard.press("Shift+Enter")
    assert [one.is_checked() for one in heads.all()] == [False, False, True, False]
    found.expect_strengths(weights(alone)[0, 2])
    heads.nth(0).click()
    assert [one.is_checked() for one in heads.all()] == [True, False, True, False]
    assert axe(found.page) == ""


def test_a_map_of_the_model_view_opens_in_large(opened: Open) -> None:
    alone = passed()
    found = opened("model", model_view_html(alone))
    page = found.page
    maps = page.get_by_role("button")
    assert maps.count() == LAYERS * HEADS
    maps.first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Layer 2, head 3", pressed=True)).to_be_focused()
    expect(page.locator("text.detail")).to_have_text("Layer 2, Head 3")
    tokens = page.locator("g.detail text").all_text_contents()
    assert tokens == list(alone.encoding.tokens) * 2
    drawn = page.eval_on_selector_all("g.detail line", STRENGTHS)
    assert np.abs(np.array(drawn) - weights(alone)[1, 2].ravel()).max() < 0.00051
    page.get_by_role("option", name="boat").focus()
    one = page.eval_on_selector_all("g.detail line", STRENGTHS)
    assert len(one) == len(alone.encoding)
    assert axe(page) == ""
    page.get_by_role("button", name="Layer 2, head 3").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".detail")).to_have_count(0)
    assert page.get_by_role("button", pressed=True).count() == 0
    maps.first.click(position={"x": 10, "y": 10})
    expect(page.locator("text.detail")).to_have_text("Layer 1, Head 1")


def test_a_keyboard_opens_and_closes_the_calculation(opened: Open) -> None:
    alone = passed()
    page = opened("neuron", neuron_view_html(alone)).page
    collapsed, expanded = (
        page.locator(f"#{state} #leftText [role=option]") for state in ("collapsed", "expanded")
    )
    page.get_by_label("Head", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(collapsed.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(expanded.nth(1)).to_be_focused()
    expect(page.get_by_text("Query q")).to_be_visible()
    routes = page.eval_on_selector_all(".qk-line-group path", STRENGTHS)
    assert len(routes) == len(alone.encoding)
    page.keyboard.press("Enter")
    expect(collapsed.nth(1)).to_be_focused()
    expect(page.get_by_text("Query q")).to_be_hidden()


@EVERY
def test_a_long_token_stays_in_its_place_and_can_be_read(view: str, opened: Open) -> None:
    found = opened(view, VIEWS[view](attended(("[CLS]", LONG, "a"))))
    place, text = "#vis svg", {"head": "#left text", "neuron": "#collapsed #leftText text"}
    if view == "model":
        found.page.get_by_role("button").first.click(position={"x": 10, "y": 10})
        place = "rect.detail"
    box = found.page.locator(place).last.bounding_box()
    token = found.page.locator(text.get(view, "g.detail text")).nth(1).bounding_box()
    assert box is not None and token is not None
    assert box["x"] <= token["x"] and token["width"] > 60
    assert token["x"] + token["width"] <= box["x"] + box["width"]
    assert found.page.locator("title", has_text=LONG).count() >= 1


@EVERY
def test_on_a_phone_lists_are_whole_and_the_rest_can_be_scrolled_to(
    view: str, opened: Open
) -> None:
    html = VIEWS[view](attended(("[CLS]", LONG, "[SEP]", "a", LONG, "[SEP]"), b_start=3))
    found = opened(view, html, viewport=PHONE)
    for box in [one.bounding_box() for one in found.page.get_by_role("combobox").all()]:
        assert box is not None and 0 <= box["x"] and box["x"] + box["width"] <= PHONE["width"]
        assert box["height"] >= 24
    if view == "neuron":
        found.tokens().first.focus()
        found.page.keyboard.press("Enter")
    right = found.page.locator("#vis svg text:visible").evaluate_all(
        "texts => Math.max(...texts.filter(t => t.checkVisibility({visibilityProperty: true}))"
        ".map(text => text.getBoundingClientRect().right)) + scrollX"
    )
    assert right <= found.page.evaluate("document.documentElement.scrollWidth") + 1
