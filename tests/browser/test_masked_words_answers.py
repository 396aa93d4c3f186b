"""Masked words: what is answered, what can be asked, what can be taken away."""

import csv
import io
import json
import re
from xml.etree import ElementTree

from playwright.sync_api import Page, expect

from bert_core.analysis.encoding import tokenise
from bert_core.analysis.predictions import fill_jointly
from bert_core.data.masking import mask_encoding
from bert_core.outputs import MaskingResult
from bert_core.viz.numbers import ordinal, percent
from bert_core.viz.rows import filled_in, table
from tests.browser.masked_words_page import MaskedWordsPage, answers, bundled

BANK = "We walked along the bank of the river."
CAT = "The cat chased the mouse into the kitchen."
STORY = (
    "The old man and his dog sat on the bench near the lake and looked at the birds. It was a cold "
    "day in the winter, and the trees had no leaves. They walked home when the sun went down."
)


def masked(seed: int) -> MaskingResult:
    """What the masking function of the training does to STORY."""
    encoding = tokenise(bundled(), STORY)
    return mask_encoding(encoding, bundled().tokenizer, seed, whole_words=True)


def seed_with_all_actions() -> int:
    """The first seed by which something is masked, swapped and kept."""
    seeds = range(2, 500)
    return next(s for s in seeds if len({place.action for place in masked(s).places}) == 3)


def test_fifteen_per_cent_are_masked_as_in_training(page: Page) -> None:
    seed = seed_with_all_actions()
    mw = MaskedWordsPage.open(page, STORY, "3", seed=str(seed - 1))
    mw.mask_some.click()
    expect(page.get_by_text(f"Seed {seed}:")).to_be_visible()
    places = masked(seed).places
    tokens = mw.chips.count()
    assert len(places) == round(0.15 * tokens)
    assert mw.hidden() == [place.position for place in places]
    for place in places:
        chip = mw.chips.nth(place.position - 1)
        shown = bundled().tokenizer.id_to_token(place.shown_id)
        expect(chip).to_have_attribute("data-action", place.action)
        expect(chip.locator(".shown")).to_contain_text(shown)
    story = page.get_by_text(f"Seed {seed}:").text_content() or ""
    actions = [place.action for place in places]
    assert f"{len(places)} tokens of {tokens} chosen" in story
    assert f"{actions.count('mask')} shown as [MASK]" in story
    assert f"{actions.count('random')} swapped" in story
    assert f"{actions.count('keep')} kept" in story
    mask = bundled().tokenizer.mask_id
    hidden = {p.position: None if p.shown_id == mask else p.shown_id for p in places}
    mw.expect_bars(answers(STORY, hidden))


def test_masking_is_undone_and_its_link_repeats_it(page: Page) -> None:
    mw = MaskedWordsPage.open(page, STORY, "3")
    mw.mask_some.click()
    expect(page).to_have_url(re.compile("[?&]seed=1(&|$)"))
    link = page.url
    places = [place.position for place in masked(1).places]
    expect(mw.pressed).to_have_count(len(places))
    assert mw.hidden() == places
    labels = mw.chips.evaluate_all("all => all.map(b => b.ariaLabel)")
    mw.undo.click()
    mw.expect_hidden(3)
    mw.mask_some.click()
    expect(page).to_have_url(link)
    again = MaskedWordsPage(page)
    page.goto(link)
    expect(again.chips).to_have_count(len(labels))
    expect(page.get_by_text("Seed 1:")).to_be_visible()
    assert again.chips.evaluate_all("all => all.map(b => b.ariaLabel)") == labels


def test_a_bar_puts_its_word_in_and_undo_takes_it_out(page: Page) -> None:
    mw = MaskedWordsPage.open(page, CAT, "2.5", words="tiger")
    mw.bars(0).filter(has_text=re.compile("^tiger")).click()
    changed = "The tiger chased the mouse into the kitchen."
    expect(mw.text).to_have_value(changed)
    mw.expect_hidden(5)
    mw.expect_answers(answers(changed, [5], 10, "tiger"))
    mw.undo.click()
    expect(mw.text).to_have_value(CAT)
    mw.expect_hidden(2, 5)
    mw.expect_answers(answers(CAT, [2, 5], 10, "tiger"))


def test_the_true_word_put_back_leaves_the_sentence_as_it_was(page: Page) -> None:
    text = "We met in Paris 😀 today."
    mw = MaskedWordsPage.open(page, text, "4.5")
    for at, left in ((1, (4,)), (0, ())):
        mw.bars(at).filter(has_text="the hidden word").click()
        mw.expect_hidden(*left)
        expect(mw.text).to_have_value(text)


def test_how_likely_a_word_is(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK, "5")
    mw.ask("shore, snowboarding, 😀, ,shore")
    result = answers(BANK, [5], 10, "shore", "snowboarding", "😀")
    mw.expect_answers(result)
    single, several, unknown = result.predictions[0].words
    figure = mw.figures.first
    assert single.rank is not None
    assert len(several.pieces) > 1 and unknown.unknown_reason
    expect(figure).to_contain_text(f"{ordinal(single.rank)} of 30,522")
    expect(figure).to_contain_text(f"{len(several.pieces)} pieces")
    expect(figure).to_contain_text(unknown.unknown_reason)
    expect(page).to_have_url(re.compile("[?&]words="))
    mw.ask("")
    mw.expect_answers(answers(BANK, [5]))


def test_a_hidden_word_far_down_is_marked_with_its_rank(page: Page) -> None:
    text = "Purple xylophones whispered beside the accountant."
    places = [answers(text, [at], 5).predictions[0] for at in range(1, 6)]
    far = max(places, key=lambda place: place.true.rank if place.true else 0)
    assert far.true is not None and far.true.rank > 5
    mw = MaskedWordsPage.open(page, text, str(far.position), k="5")
    mw.expect_answers(answers(text, [far.position], 5))
    expect(mw.bars()).to_have_count(6)
    expect(mw.bars().last).to_contain_text(f"the hidden word, {ordinal(far.true.rank)}")
    colour = "all => all.map(word => getComputedStyle(word).color)"
    colours = mw.figures.locator(".word").evaluate_all(colour)
    assert colours[-1] not in colours[:-1], "the hidden word looks like any other"


def test_as_many_guesses_as_asked_for(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK, "5")
    mw.count.fill("7")
    mw.count.press("Enter")
    mw.expect_answers(answers(BANK, [5], 7))
    expect(page).to_have_url(re.compile("[?&]k=7(&|$)"))


def test_of_many_hidden_places_one_is_chosen(page: Page) -> None:
    mw = MaskedWordsPage.open(page, CAT, "1.2.5.8")
    result = answers(CAT, [1, 2, 5, 8])
    rows = mw.places.get_by_role("button")
    expect(rows).to_have_count(4)
    for at, prediction in enumerate(result.predictions):
        best = prediction.guesses[0]
        expect(rows.nth(at)).to_contain_text(percent(best.probability))
    expect(rows.first).to_have_attribute("aria-current", "true")
    mw.expect_bars(result, 0)
    rows.nth(2).click()
    mw.expect_bars(result, 2)
    expect(rows.nth(2)).to_have_attribute("aria-current", "true")
    expect(mw.figures).to_have_count(1)


def test_from_logits_to_word_ends_in_the_number_of_the_bar(page: Page) -> None:
    mw = MaskedWordsPage.open(page, BANK, "5")
    panel = mw.unfold("From logits to word")
    prediction = answers(BANK, [5]).predictions[0]
    best = prediction.guesses[0]
    expect(panel.get_by_role("listitem")).to_have_count(5)
    steps = panel.get_by_role("listitem").all_text_contents()
    vector = ", ".join(f"{value:.2f}" for value in prediction.hidden[:3])
    for step, want in zip(
        steps, (vector, f"{best.logit:.2f}", percent(best.probability), f"{best.id:,}", best.token),
        strict=True,
    ):
        assert want in step
    expect(mw.bars().first).to_contain_text(percent(best.probability))


def test_several_words_filled_alone_and_together(page: Page) -> None:
    mw = MaskedWordsPage.open(page, CAT, "2.5.8")
    panel = mw.unfold("Several hidden words")
    result = answers(CAT, [2, 5, 8])
    steps = fill_jointly(bundled(), result)
    alone = filled_in(
        result.encoding, [(p.position, p.guesses[0].token) for p in result.predictions]
    )
    joint = filled_in(result.encoding, [(step.position, step.guess.token) for step in steps])
    fills = panel.locator(".sentence")
    expect(fills).to_have_text(["".join(run for run, _ in runs) for runs in (alone, joint)])
    order = ", then ".join(f"{s.guess.token} ({percent(s.guess.probability)})" for s in steps)
    expect(panel).to_contain_text(order)


def test_what_is_saved_is_what_is_shown(page: Page) -> None:
    mw = MaskedWordsPage.open(page, CAT, "2.5", words="tiger,=1+1", k="5")
    result = answers(CAT, [2, 5], 5, "tiger", "=1+1")
    mw.expect_answers(result)
    panel = mw.unfold("Save, link")
    saved = {}
    for kind in ("SVG", "CSV", "JSON"):
        with page.expect_download() as waiting:
            panel.get_by_role("button", name=f"Save as {kind}").click()
        saved[kind] = waiting.value.path().read_text("utf-8")
        assert waiting.value.suggested_filename.endswith(f".{kind.lower()}")
    rows = table(result)
    from_csv = list(csv.DictReader(io.StringIO(saved["CSV"])))
    assert [row["word"].removeprefix("'") for row in from_csv] == [row["word"] for row in rows]
    assert not any(cell.startswith("=") for row in from_csv for cell in row.values())
    document = json.loads(saved["JSON"])
    assert document["text"] == CAT and document["tokens"] == list(result.encoding.tokens)
    for record in (from_csv, document["rows"]):
        assert [int(row["position"]) for row in record] == [row["position"] for row in rows]
        assert [percent(float(row["probability"])) for row in record] == [
            percent(float(str(row["probability"]))) for row in rows
        ]
    picture = "\n".join(ElementTree.fromstring(saved["SVG"]).itertext())
    assert "the [MASK] chased the [MASK] into the kitchen" in picture
    for prediction in result.predictions:
        for guess in prediction.guesses:
            assert guess.token in picture and percent(guess.probability) in picture
