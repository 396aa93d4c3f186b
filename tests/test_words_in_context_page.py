"""The page "Words in context", driven without a browser: what it works out, says and hands out."""

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bert_core.cli import main
from bert_core.viz.numbers import percent
from ui import contexts as cx

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 180
PCA = {"word": "bank", "method": "pca"}
"""Nothing here needs UMAP; the browser tests wait for it."""


@pytest.fixture(scope="module")
def app() -> AppTest:
    """The app on the page."""
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=SECONDS).run()
    app.query_params.update(PCA)
    return app.switch_page("../pages/words_in_context.py").run()


def opened(app: AppTest, **address: str) -> AppTest:
    app.query_params.clear()
    app.query_params.update(PCA | address)
    app.run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    """All that is written on the page."""
    kinds = (app.caption, app.info, app.error, app.markdown, app.code)
    return "\n".join(block.value for kind in kinds for block in kind) + "\n".join(
        block.proto.body for block in app.get("html")
    )


def address(app: AppTest) -> dict[str, str]:
    """What the page has put into the address."""
    values = app.query_params
    return {name: one if isinstance(one, str) else one[0] for name, one in values.items()}


def own(app: AppTest, text: str, word: str = "bank") -> AppTest:
    return opened(app, word=word, text=text)


def test_it_opens_with_labelled_sentences_and_a_measure(app: AppTest) -> None:
    opened(app)
    assert app.selectbox(key=cx.WORD).value == "bank"
    assert len(app.selectbox(key=cx.WORD).options) >= 10
    assert "24 occurrences with 3 labels" in said(app)
    assert app.session_state[cx.LAYER] == 6


def test_another_word_has_other_sentences(app: AppTest) -> None:
    opened(app)
    app.selectbox(key=cx.WORD).select("bat").run()
    assert address(app)["word"] == "bat"
    assert "24 occurrences" in said(app)


def test_a_word_without_sentences_of_its_own_is_found_in_those_of_others(app: AppTest) -> None:
    opened(app, word="river")
    assert "found in the example sentences of other words" in said(app)


def test_a_word_that_does_not_occur_is_said_and_nothing_typed_is_lost(app: AppTest) -> None:
    own(app, "A bank by the river.\nAnother bank.", word="zebra")
    assert "zebra" in app.error[0].value and "does not occur" in app.error[0].value
    assert app.text_area(key=cx.TYPED).value == "A bank by the river.\nAnother bank."


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_occurrences_are_drawn_without_a_measure(app: AppTest, count: int) -> None:
    own(app, "\n".join(f"Sentence {n} has a bank in it." for n in range(count)))
    assert not app.error
    assert "Two sense labels" in said(app)


def test_one_label_only_is_no_measure(app: AppTest) -> None:
    own(app, "sentence,label\nThe bank lends.,money\nA bank fails.,money\nThe bank closed.,money")
    assert not app.error and "Two sense labels" in said(app)


def test_labels_of_ones_own_are_measured(app: AppTest) -> None:
    rows = ["The bank lends money.,m", "My bank has my savings.,m", "We sat on the river bank.,r"]
    own(app, "\n".join(["sentence,label", *rows, "The muddy bank of the stream.,r"]))
    assert "4 occurrences with 2 labels" in said(app)


def test_duplicates_are_left_out_and_counted(app: AppTest) -> None:
    own(app, "The bank is here.\nThe bank is here.\nA bank is there.")
    assert "1 duplicate sentence left out" in said(app)


def test_mixed_scripts_and_html_are_shown_as_they_stand(app: AppTest) -> None:
    own(app, "البنك bank هنا\n<script>alert(1)</script> the bank\n河のbank です\nA 😀 bank")
    assert not app.error and "4 occurrences" in said(app)
    assert "<script>" not in said(app)


def test_no_sentences_are_asked_for(app: AppTest) -> None:
    opened(app)
    app.segmented_control(key=cx.SOURCE).set_value(cx.OWN).run()
    assert app.text_area(key=cx.TYPED).value.count("\n") == 23  # begins with the examples
    app.text_area(key=cx.TYPED).set_value("  ").run()
    assert "There are no sentences yet" in said(app)


def test_the_address_opens_the_same(app: AppTest) -> None:
    own(app, "The bank lends.\nA river bank.")
    opened(app, word="bat", layer="3", colour="cluster", seed="7", dimensions="3", picked="4.2")
    assert (app.session_state[cx.LAYER], app.session_state[cx.COLOUR]) == (3, cx.CLUSTER)
    assert app.segmented_control(key=cx.SOURCE).value == cx.EXAMPLES
    assert app.session_state[f"{cx.PAGE}_picked"] == (4, 2)
    assert address(app) == {
        "word": "bat", "method": "pca", "layer": "3", "colour": "cluster", "seed": "7",
        "dimensions": "3", "picked": "4.2",
    }  # fmt: skip


@pytest.mark.parametrize(
    "odd",
    [
        {"layer": "99"}, {"layer": "-1"}, {"seed": "x"}, {"method": "magic"}, {"picked": "9999.1"},
        {"picked": "a.b"}, {"min_dist": "nan"}, {"dimensions": "7"}, {"word": "x" * 5_000},
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_is_taken_as_far_as_it_does(
    app: AppTest, odd: dict[str, str]
) -> None:
    opened(app, **odd)


def test_the_command_line_gives_the_scores_of_the_page(
    app: AppTest, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(app)
    tables = said(app).split("<table>")[1:]
    table = next(text for text in tables if "nearest centroid" in text)
    cells = re.findall(r"<td>(.*?)</td>", table)
    shown = [(cells[at + 1], cells[at + 3], cells[at + 5]) for at in range(0, len(cells), 7)]
    assert main(["senses", "bank", "--inflected", "--json"]) == 0
    layers = json.loads(capsys.readouterr().out)["scores"]["layers"]
    assert len(layers) == len(shown) == 7
    for (nearest, centroid, silhouette), layer in zip(shown, layers, strict=True):
        assert (nearest, centroid) == (
            percent(layer["nearest_neighbour"]), percent(layer["centroid"]),
        )  # fmt: skip
        assert silhouette == f"{layer['silhouette']:.2f}"
