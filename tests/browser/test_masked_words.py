"""Masked words: the first screen, pressing chips, typing, and all of it with the keyboard."""

import json
import re
import shlex
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from bert_core.viz.numbers import percent
from tests.browser.masked_words_page import MaskedWordsPage, answers
from tests.browser.server import ROOT
from tests.browser.traffic import Traffic

BANK = "We walked along the bank of the river."
LONG = "The old man and his dog sat on the bench near the lake and looked at the birds."
PIECES = "The embeddings depend on context."


def test_the_first_screen_holds_sentence_chips_and_answer(page: Page) -> None:
    mw = MaskedWordsPage.open(page)
    text = mw.text.input_value()
    assert text.strip() and len(mw.hidden()) == 1
    mw.expect_answers(answers(text, mw.hidden()))
    things = [mw.text, *mw.chips.all(), *mw.bars().all()]
    boxes = [(thing.text_content(), thing.bounding_box()) for thing in things]
    beyond = [
        name for name, box in boxes if not box or box["y"] < 0 or box["y"] + box["height"] > 800
    ]
    assert not beyond, f"not to be seen without scrolling: {beyond}"


def test_the_command_line_gives_the_numbers_of_the_bars(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK, "5", words="levee,snowboarding")
    shown = mw.bars().evaluate_all("all => all.map(b => b.textContent)")
    panel = mw.unfold("Save, link")
    command = panel.get_by_test_id("stCode").filter(has_text="fill-mask").text_content() or ""
    words = shlex.split(command)
    assert words[:4] == ["python", "-m", "bert_core", "fill-mask"]
    done = subprocess.run(
        [sys.executable, *words[1:]], capture_output=True, text=True, check=True, cwd=ROOT
    )
    (place,) = json.loads(done.stdout)["masks"]
    said = [one["token"] + percent(one["probability"]) for one in place["predictions"]]
    assert [bar[: len(want)] for bar, want in zip(shown, said, strict=False)] == said
    asked = [one["word"] + percent(one["probability"]) for one in place["words"]]
    assert [bar[: len(want)] for bar, want in zip(shown[-2:], asked, strict=True)] == asked


@pytest.mark.parametrize("masks", ["3", "3.4"], ids=["one piece", "two of four pieces"])
def test_the_command_line_is_only_shown_where_it_tells_the_same(page: Page, masks: str) -> None:
    """[MASK]dings is not ##ding ##s: a text can't say that a part of a word is hidden."""
    mw = MaskedWordsPage.open(page, PIECES, masks, hide="pieces")
    panel = mw.unfold("Save, link")
    code = panel.get_by_test_id("stCode").filter(has_text="fill-mask")
    expect(panel.get_by_test_id("stCode").first).to_be_visible()
    if code.count():
        text = shlex.split(code.text_content() or "")[4]
        ids = answers(text, []).masked_ids
        assert ids == answers(PIECES, [int(place) for place in masks.split(".")]).masked_ids


def test_a_press_hides_a_word_and_another_shows_it(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK)
    expect(page.get_by_text("Nothing is hidden yet")).to_be_visible()
    mw.chips.nth(4).click()
    mw.expect_answers(answers(BANK, [5]))
    mw.chips.nth(7).click()
    mw.expect_hidden(5, 8)
    mw.expect_answers(answers(BANK, [5, 8]))
    mw.chips.nth(4).click()
    mw.expect_hidden(8)
    mw.expect_answers(answers(BANK, [8]))
    mw.clear.click()
    mw.expect_hidden()
    expect(page.get_by_text("Nothing is hidden yet")).to_be_visible()
    expect(mw.figures).to_have_count(0)


def test_ten_quick_presses_all_count(page: Page, traffic: Traffic) -> None:
    # A picture to save is looked for by the browser, but the next press has already replaced it.
    traffic.expect_error(r"404 \(Not Found\) \(.*/media/|Download Button source error - 404")
    mw = MaskedWordsPage.open(page, LONG)
    boxes = [chip.bounding_box() for chip in mw.chips.all()[:10]]
    for box in boxes:
        assert box is not None
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mw.expect_hidden(*range(1, 11))
    expect(mw.places.get_by_role("button")).to_have_count(10)
    mw.expect_bars(answers(LONG, range(1, 11)))


def test_pieces_of_a_word_are_joined_and_hidden_together_or_singly(page: Page) -> None:
    mw = MaskedWordsPage.open(page, PIECES)
    word = mw.list.get_by_role("listitem").nth(1)
    assert word.get_by_role("button").count() == 4, "em ##bed ##ding ##s in one item of the list"
    mw.chips.nth(2).click()
    mw.expect_hidden(2, 3, 4, 5)
    mw.chips.nth(4).click()
    mw.expect_hidden()
    page.get_by_text("Whole words", exact=True).click()
    expect(page).to_have_url(re.compile("[?&]hide=pieces(&|$)"))
    mw.chips.nth(2).click()
    mw.expect_hidden(3)
    mw.expect_answers(answers(PIECES, [3]))


def test_what_is_hidden_stays_hidden_when_the_sentence_is_edited(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK, "5.8")
    changed = "Yesterday we walked along the bank of the old [MASK]."
    mw.type(changed)
    mw.expect_hidden(6)  # "bank" stayed; "river" is gone
    expect(page.get_by_role("button", name=re.compile(r"^typed \[MASK\]"))).to_be_visible()
    mw.expect_answers(answers(changed, [6]))


def test_typed_mask_is_answered_and_cannot_be_pressed_away(page: Page) -> None:
    text = "Paris is the capital of [MASK]."
    mw = MaskedWordsPage.open(page, text)
    mw.expect_answers(answers(text, []))
    mw.chips.nth(5).click()
    mw.chips.nth(0).click()
    mw.expect_answers(answers(text, [1]))
    mw.expect_hidden(1)


def test_an_example_can_be_chosen(page: Page) -> None:
    mw = MaskedWordsPage.open(page)
    page.get_by_role("combobox", name="Examples").click()
    page.get_by_role("option").nth(1).click()
    expect(mw.text).not_to_have_value(BANK)
    text = mw.text.input_value()
    expect(mw.chips).to_have_count(len(answers(text, [1]).encoding) - 2)
    mw.expect_answers(answers(text, mw.hidden()))


def test_words_are_hidden_with_the_keyboard_alone(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK)
    mw.text.focus()
    for _ in range(6):
        page.keyboard.press("Tab")
        if mw.chips.first.evaluate("one => one.matches(':focus')"):
            break
    expect(mw.chips.first).to_be_focused()
    page.keyboard.press("End")
    expect(mw.chips.last).to_be_focused()
    page.keyboard.press("Home")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    mw.expect_answers(answers(BANK, [5]))
    expect(mw.chips.nth(4)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    mw.expect_hidden()
    expect(mw.chips.nth(4)).to_be_focused()


def test_a_guess_is_put_in_and_undone_with_the_keyboard_alone(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK, "5")
    result = answers(BANK, [5])
    mw.chips.nth(4).focus()
    for _ in range(8):
        page.keyboard.press("Tab")
        if mw.bars().first.evaluate("one => one.matches(':focus')"):
            break
    expect(mw.bars().first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    token = result.predictions[0].guesses[1].token.removeprefix("##")
    expect(mw.text).to_have_value(re.compile(rf"along the ?{re.escape(token)} of the river\.$"))
    expect(mw.undo).to_be_enabled()
    mw.undo.focus()
    page.keyboard.press("Enter")
    expect(mw.text).to_have_value(BANK)
    mw.expect_hidden(5)
    mw.expect_answers(result)
