"""The page "Words in context" as a visitor meets it: map, sentences, layers, own text, access."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import open_page, problems_in_every_look, wait_until_idle

PATH = "/words_in_context"
PCA = f"{PATH}?word=bank&method=pca"
EXPANDERS = (
    "Word2Vec has one vector", "Nearest contexts in a corpus", "Definitions from WordNet",
    "Map settings", "Save, link, command line",
)  # fmt: skip
MINUTE = 60_000


def drawn(page: Page, path: str = PCA) -> Page:
    """The page, its map drawn."""
    open_page(page, path)
    expect(dots(page).first).to_be_attached(timeout=MINUTE)
    return page


def plot(page: Page, number: int) -> Locator:
    """0: the map, 1: the curves, 2: the matrix, 3: the pair."""
    return page.locator(".plot").nth(number)


def dots(page: Page) -> Locator:
    """The occurrences on the map."""
    return plot(page, 0).locator(".scatterlayer .trace path.point")


def press(page: Page, target: Locator) -> None:
    """A press in the middle; Plotly listens to the layer above its points."""
    expect(page.locator(".plot[aria-busy=true]")).to_have_count(0)
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def sentence(page: Page, text: str) -> Locator:
    return page.get_by_role("button", name=re.compile(rf"^\d+\s.*{re.escape(text)}", re.DOTALL))


def current(page: Page) -> Locator:
    return page.locator(".sentences button[aria-current]")


def test_a_dot_a_sentence_and_a_cell_choose_the_same_occurrence(page: Page) -> None:
    drawn(page)
    expect(current(page)).to_contain_text("We moored the boat")
    expect(current(page).locator("strong")).to_have_text("bank")
    press(page, dots(page).nth(10))
    expect(current(page)).not_to_contain_text("We moored the boat", timeout=MINUTE)
    wait_until_idle(page)
    assert re.search(r"picked=\d+$", page.url)
    sentence(page, "An otter slid").click()
    expect(current(page)).to_contain_text("An otter slid")
    wait_until_idle(page)
    assert "picked=2" in page.url
    current(page).press("ArrowDown")
    page.keyboard.press("Enter")
    expect(current(page)).to_contain_text("Willows lined both")
    wait_until_idle(page)
    page.get_by_role("button", name="compare with sentence 10").click()
    expect(page.get_by_text("Sentences 4 and 10")).to_be_visible(timeout=MINUTE)
    expect(page.get_by_text("more alike").first).to_be_visible(timeout=MINUTE)
    wait_until_idle(page)
    assert "picked=3.9" in page.url
    cells = plot(page, 2).locator(".scatterlayer .trace").last.locator("path.point")
    assert cells.count() == 24 * 24
    press(page, cells.nth(5))
    expect(page.get_by_text("Sentences 4 and 10")).not_to_be_visible(timeout=MINUTE)
    wait_until_idle(page)
    assert re.search(r"picked=\d+\.\d+", page.url)


def test_dots_travel_through_the_layers_and_stop_at_the_last(page: Page) -> None:
    drawn(page, f"{PCA}&layer=4")
    page.evaluate("document.querySelectorAll('.plot path.point').forEach(p => p.kept = true)")
    before = dots(page).nth(3).bounding_box()
    for layer in (3, 4, 5):  # the server answers each
        step = "ArrowLeft" if layer == 3 else "ArrowRight"
        page.get_by_role("slider", name=re.compile("Layer")).press(step)
        expect(page).to_have_url(re.compile(f"layer={layer}"), timeout=MINUTE)
        wait_until_idle(page)
    page.wait_for_timeout(700)  # the transition
    after = dots(page).nth(3).bounding_box()
    assert before and after and (before["x"], before["y"]) != (after["x"], after["y"])
    assert dots(page).nth(3).evaluate("point => point.kept"), "the same dot moved"
    page.get_by_role("button", name="Play").click()
    expect(page).not_to_have_url(re.compile("layer="), timeout=MINUTE)  # the last
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=MINUTE)


def test_another_layer_and_colour_are_drawn_before_the_server_knows(page: Page) -> None:
    drawn(page)
    page.get_by_text("Each dot is one of 24").wait_for()
    wait_until_idle(page, quiet_ms=1_500)  # clusters of all layers have come
    page.context.set_offline(True)  # what is drawn now, is drawn by the browser alone
    before = dots(page).nth(3).bounding_box()
    slider = page.get_by_role("slider", name=re.compile("Layer"))
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("nothing read yet"))
    page.wait_for_timeout(700)
    after = dots(page).nth(3).bounding_box()
    assert before and after and (before["x"], before["y"]) != (after["x"], after["y"])
    page.get_by_role("radio", name="Automatic clusters").check()
    expect(plot(page, 0).locator(".legendtext").first).to_have_text("cluster 1")
    page.context.set_offline(False)


def test_reading_many_sentences_shows_progress_and_can_be_stopped(page: Page) -> None:
    drawn(page)
    page.get_by_role("radio", name="My own sentences").click()
    lines = "\n".join(f"On day {day} of the month we sat by the bank." for day in range(9_000))
    file = {"name": "many.txt", "mimeType": "text/plain", "buffer": lines.encode()}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text(re.compile(r"[\d,]+ of 9,000 occurrences read"))).to_be_visible(
        timeout=MINUTE
    )
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("reading was stopped")).to_be_visible(timeout=MINUTE)
    page.get_by_role("button", name="Read them").click()
    expect(page.get_by_text(re.compile(r"of 9,000 occurrences read"))).to_be_visible(timeout=MINUTE)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("reading was stopped")).to_be_visible(timeout=MINUTE)


def test_a_press_while_the_first_sentences_are_read_is_not_lost(page: Page) -> None:
    page.goto(f"{PATH}?word=the&method=pca")  # 446 occurrences: that takes a moment
    page.get_by_role("radio", name="My own sentences").click()
    expect(page.locator("input[type=file]")).to_be_attached(timeout=MINUTE)
    wait_until_idle(page)
    expect(page.get_by_role("radio", name="My own sentences")).to_be_checked()


def test_umap_takes_the_place_of_the_first_map(page: Page) -> None:
    drawn(page, PATH)
    expect(page.get_by_text(re.compile("UMAP with"))).to_be_visible(timeout=3 * MINUTE)
    page.reload()
    wait_until_idle(page)
    expect(page.get_by_text(re.compile("UMAP with"))).to_be_visible(timeout=MINUTE)


def test_sentences_of_ones_own(page: Page) -> None:
    drawn(page)
    page.get_by_role("radio", name="My own sentences").click()
    field = page.get_by_role("textbox", name=re.compile("A sentence a line"))
    expect(field).to_have_value(re.compile("We moored the boat"), timeout=MINUTE)
    field.fill("The <b>bank</b> lends.\nA river bank.\nالبنك bank هنا")
    field.press("Control+Enter")
    expect(page.get_by_text("3 occurrences of “bank”")).to_be_visible(timeout=MINUTE)
    assert dots(page).count() >= 3
    upload = page.locator("input[type=file]")
    wide = "text,count\nA bank.,1\n".encode("utf-16")
    upload.set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": wide})
    expect(page.get_by_text("1 occurrence of “bank”")).to_be_visible(timeout=MINUTE)
    wrong = b"phrase,count\nA bank.,1\n"
    upload.set_input_files({"name": "b.csv", "mimeType": "text/csv", "buffer": wrong})
    expect(page.get_by_text("one must be called")).to_be_visible(timeout=MINUTE)
    expect(field).to_have_value(re.compile("A river bank"))


def test_everything_opens_and_is_accessible(page: Page) -> None:
    drawn(page, f"{PCA}&picked=3.9")
    for name in EXPANDERS:
        page.get_by_text(name, exact=True).click()
        wait_until_idle(page)
    expect(page.get_by_text("There is no index of a corpus yet")).to_be_visible(timeout=MINUTE)
    field = page.get_by_role("textbox", name=re.compile("Other word vectors"))
    field.fill("/nowhere/glove.txt")
    field.press("Enter")
    expect(page.get_by_text(re.compile("nowhere/glove.txt.*"))).to_be_visible(timeout=MINUTE)
    assert page.get_by_test_id("stException").count() == 0
    assert problems_in_every_look(page) == ""
