"""The page "Attention" as a visitor meets it: maps, one head, tests of it, BertViz, access."""

import csv
import io
import json
import re

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.helpers import open_page, problems_in_every_look, wait_until_idle

PATH = "/attention"
MINUTE = 60_000
EXPANDERS = (
    "Across the layers: rollout, flow, size of what is passed on",
    "BertViz: head, model and neuron view", "Compare two sentences", "Table of heads",
    "Save, link, command line",
)  # fmt: skip


def drawn(page: Page, path: str = PATH) -> Page:
    """The page, its large map drawn."""
    open_page(page, path)
    expect(page.locator(".attention .plot .heatmaplayer image").first).to_be_attached(
        timeout=MINUTE
    )
    return page


def small(page: Page, layer: int, head: int) -> Locator:
    return page.get_by_role("button", name=re.compile(rf"^Layer {layer}, head {head}(:|$)"))


def title(page: Page) -> Locator:
    return page.locator(".attention .title")


def test_a_small_map_opens_its_head_at_once_and_the_link_opens_it_again(page: Page) -> None:
    drawn(page)
    assert page.locator(".heads button").count() == 6 * 12
    before = small(page, 4, 7).locator("canvas").evaluate("c => c.toDataURL()")
    assert before != small(page, 1, 1).locator("canvas").evaluate("c => c.toDataURL()")
    page.context.set_offline(True)  # the browser alone draws it
    small(page, 4, 7).click()
    expect(title(page)).to_have_text(re.compile("^Layer 4, head 7"))
    page.context.set_offline(False)
    small(page, 4, 7).press("ArrowDown")
    expect(title(page)).to_have_text(re.compile("^Layer 4, head 8"))
    expect(small(page, 4, 8)).to_be_focused()
    expect(page).to_have_url(re.compile("layer=4&head=8"), timeout=MINUTE)
    drawn(page, page.url)
    expect(title(page)).to_have_text(re.compile("^Layer 4, head 8"))


def test_rows_of_the_map_are_those_of_the_command_line_and_a_press_reads_one(page: Page) -> None:
    drawn(page)
    cells = page.locator(".attention .plot").evaluate("plot => plot.data[0].z")
    for row in cells:
        assert abs(sum(row) - 1) < 0.01
    box = page.locator(".attention .plot .heatmaplayer image").first.bounding_box()
    assert box is not None
    step = box["width"] / len(cells)
    page.mouse.click(box["x"] + 2.5 * step, box["y"] + 1.5 * step)
    readout = page.locator(".attention .readout")
    expect(readout).to_contain_text("“the” gives “dog”")
    expect(readout).to_contain_text(f"{cells[1][2]:.0%}" if cells[1][2] > 0.0995 else "%")
    expect(page).to_have_url(re.compile("row=2&column=3"), timeout=MINUTE)


def test_lines_are_drawn_and_a_token_keeps_its_own(page: Page) -> None:
    drawn(page)
    page.get_by_role("radio", name="Lines").check()
    lines = page.locator(".attention .lines line")
    expect(lines.first).to_be_attached()
    everything = lines.count()
    dog = page.get_by_role("button", name="dog: what it looks at")
    dog.focus()
    page.wait_for_url(re.compile("view=lines"), timeout=MINUTE)  # the server's answer has come
    wait_until_idle(page)
    expect(dog).to_be_focused()
    dog.press("Enter")
    expect(page.locator(".attention .readout")).to_contain_text("“dog” looks most at")
    assert 0 < lines.count() < everything


def test_lines_and_all_heads_are_saved_as_svg_and_png(page: Page) -> None:
    drawn(page)
    page.get_by_role("radio", name="Lines").check()
    box = page.locator(".attention .lines")
    expect(box.locator("line").first).to_be_attached()
    with page.expect_download() as svg:
        box.get_by_role("button", name="Save as SVG").click()
    saved = svg.value.path().read_text("utf-8")
    assert svg.value.suggested_filename == "attention-lines.svg"
    assert saved.startswith("<svg") and saved.count("<line") > 10 and ">dog</text>" in saved
    with page.expect_download() as png:
        box.get_by_role("button", name="Save as PNG").click()
    assert png.value.path().read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as heads:
        page.get_by_role("button", name="Save all heads as SVG").click()
    assert heads.value.path().read_text("utf-8").count("<image ") == 6 * 12
    with page.expect_download() as picture:
        page.get_by_role("button", name="Save all heads as PNG").click()
    assert picture.value.suggested_filename == "attention-heads.png"
    assert len(picture.value.path().read_bytes()) > 20_000, "the maps are in it"


def test_a_figure_is_saved_as_csv_and_json_from_its_toolbar(page: Page) -> None:
    drawn(page, f"{PATH}?text=She%20said%20%22%3Db%22.")
    figure = page.locator(".attention .plot")
    cells = figure.evaluate("plot => plot.data[0].z")
    files = {}
    for kind in ("csv", "json"):
        figure.hover()
        with page.expect_download() as download:
            figure.locator(f"[data-title='Save as {kind.upper()}']").click()
        assert download.value.suggested_filename == f"attention.{kind}"
        files[kind] = download.value.path().read_text("utf-8")
    assert figure.get_by_role("button", name="Share").count() == 0, "nothing is sent anywhere"
    with page.expect_download() as picture:
        figure.hover()
        figure.locator("[data-title='Save as SVG']").click()
    assert picture.value.path().read_text("utf-8").startswith("<svg")
    records = json.loads(files["json"])
    assert [record["value"] for record in records] == [cell for row in cells for cell in row]
    assert (records[1]["row"], records[1]["column"]) == ("[CLS]", "she")
    rows = list(csv.DictReader(io.StringIO(files["csv"], newline="")))
    assert [float(row["value"]) for row in rows] == [record["value"] for record in records]
    assert {row["row"] for row in rows} == {record["row"] for record in records}


def test_words_and_special_tokens_change_the_rows(page: Page) -> None:
    drawn(page, f"{PATH}?text=The%20embeddings%20depend.")
    labels = "plot => plot.layout.xaxis.ticktext"
    plot = page.locator(".attention .plot")
    assert "##bed" in plot.evaluate(labels)
    page.get_by_text("Whole words").click()
    page.get_by_text("Special tokens", exact=True).click()
    expect(page).to_have_url(re.compile("units=words&special=no"), timeout=MINUTE)
    wait_until_idle(page)
    assert plot.evaluate(labels) == ["The", "embeddings", "depend", "."]
    for row in plot.evaluate("plot => plot.data[0].z"):
        assert abs(sum(row) - 1) < 0.01


def test_heads_switched_off_and_tokens_taken_out_stand_beside_attention(page: Page) -> None:
    drawn(page)
    heads = page.get_by_label(re.compile("Change of the answer's probability"))
    expect(heads.locator(".heatmaplayer image").first).to_be_attached(timeout=MINUTE)
    expect(page.get_by_text("Rank correlation with the real change")).to_be_visible()
    tokens = page.get_by_label(re.compile("What each token does"))
    expect(tokens.locator(".heatmaplayer image").first).to_be_attached(timeout=MINUTE)
    names = tokens.evaluate("plot => plot.layout.yaxis.ticktext")
    for name in ("taken out", "attention", "rollout", "gradient x input", "integrated gradients"):
        assert any(name in shown for shown in names), name
    page.get_by_text("As tables; swap a token").click()
    field = page.get_by_role("textbox", name="for")
    field.fill("cat")
    field.press("Enter")
    expect(page.get_by_text("The answer then has")).to_be_visible(timeout=MINUTE)
    field.fill("qwxzqwxz")
    field.press("Enter")
    expect(field).to_have_value("qwxzqwxz")
    assert page.get_by_test_id("stException").count() == 0


def test_bertviz_draws_its_lines_without_asking_anybody(page: Page) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    drawn(page)
    page.get_by_text(EXPANDERS[1]).click()
    frame = page.frame_locator("iframe").last
    for view in ("Head view", "Model view", "Neuron view"):
        page.get_by_role("radio", name=view).click()
        wait_until_idle(page)
        expect(frame.locator("svg line, svg path").first).to_be_attached(timeout=MINUTE)
        assert frame.locator("svg line, svg path").count() > 10, view
    own = page.url.split("/attention")[0]
    outside = [url for url in asked if not url.startswith((own, "data:", "blob:", "about:"))]
    assert not outside, outside
    assert page.get_by_role("button", name="Save as HTML").count() == 1


@pytest.mark.parametrize(
    "text",
    ["a", "</script><b>bold</b> & 'quotes'", "ذهبنا إلى المكتبة", "😀 😀", "word " * 700],
    ids=["one token", "HTML", "right to left", "emoji", "512 tokens"],
)
def test_odd_texts_are_drawn_or_explained(page: Page, text: str) -> None:
    drawn(page)
    field = page.get_by_role("textbox", name="Your sentence")
    field.fill(text)
    field.press("Control+Enter")
    wait_until_idle(page)
    assert page.get_by_test_id("stException").count() == 0
    expect(page.locator(".attention .plot .heatmaplayer image").first).to_be_attached()
    if len(text) > 3_000:
        expect(page.get_by_text("tokens are drawn; the model read them all")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("Switch off every head"))).to_be_visible()


def test_a_long_test_says_what_it_does_and_can_be_stopped(page: Page) -> None:
    drawn(page)
    field = page.get_by_role("textbox", name="Your sentence")
    field.fill("The keys to the old cabinet were lying on the table. " * 40)
    field.press("Control+Enter")
    page.get_by_role("button", name=re.compile("Switch off every head")).click(timeout=MINUTE)
    expect(page.get_by_text(re.compile(r"Switching every head off.* \d+ s"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name=re.compile("Switch off every head"))).to_be_visible(
        timeout=MINUTE
    )
    expect(page.get_by_text("Switching every head off")).not_to_be_visible()


def test_nothing_typed_is_asked_for(page: Page) -> None:
    drawn(page)
    field = page.get_by_role("textbox", name="Your sentence")
    field.fill("   ")
    field.press("Control+Enter")
    expect(page.get_by_text("the text is empty; type a sentence")).to_be_visible(timeout=MINUTE)


def test_everything_opens_and_is_accessible(page: Page) -> None:
    address = "?text=The%20storm%20hit.&pair=Thousands%20fled%20it.&compared=The%20sun%20hit."
    drawn(page, f"{PATH}{address}")
    for name in EXPANDERS:
        page.get_by_text(name, exact=True).click()
        wait_until_idle(page)
    assert page.get_by_test_id("stException").count() == 0
    assert problems_in_every_look(page) == ""
