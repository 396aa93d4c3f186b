"""The page "Masked words" without a browser: it starts, and its controls change its state."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui.masked_words import EXAMPLES, PAGE, State

ROOT = Path(__file__).resolve().parents[1]
CAT = "The cat chased the mouse into the kitchen."


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


@pytest.mark.parametrize(
    "query",
    [
        {"text": CAT, "masks": "999.abc.-1.0.5.2-99999999.3-x.&", "k": "1000", "seed": "-3"},
        {"text": CAT, "masks": "9" * 5000, "k": "9" * 5000, "seed": "9" * 5000},
        {"text": CAT, "masks": "²", "k": "½", "seed": "٣", "hide": "nothing"},
        {"masks": "3", "k": "1000"},
    ],
    ids=["numbers", "huge numbers", "odd digits", "no text"],
)
def test_garbage_in_the_address_does_no_harm(query: dict[str, str]) -> None:
    app = opened(**query)
    assert all(5 <= field.value <= 50 for field in app.number_input)
    without_exception(app.text_area[0].set_value("A cat chased a mouse.").run())


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


def test_details_wait_in_closed_expanders() -> None:
    app = opened(text=CAT, masks="2.5")
    details = {expander.label: expander.proto.expanded for expander in app.main.expander}
    assert len(details) == 4 and not any(details.values())
    (one,) = (e for e in opened(text=CAT, masks="2").main.expander if "logits" in e.label)
    assert not one.proto.expanded
