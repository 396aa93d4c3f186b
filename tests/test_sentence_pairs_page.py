"""The page "Sentence pairs", driven without a browser: what it works out, says and hands out."""

import json
import shlex
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bert_core.analysis.sentence_pairs import next_sentence, pair_changes
from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from bert_core.cli import main
from bert_core.data.heldout_pairs import game_pairs
from bert_core.viz.numbers import percent
from tests.model.tiny import saved_tiny
from ui import pairs

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 180
A, B = "The old river flows.", "It has fish."


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    return saved_tiny(tmp_path_factory.mktemp("pairs") / "tiny", max_position_embeddings=128)


@pytest.fixture(scope="module")
def headless(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A checkpoint without a next-sentence head."""
    return saved_tiny(tmp_path_factory.mktemp("pairs") / "headless", ("mlm",))


@pytest.fixture(scope="module")
def bert(tiny: str) -> Checkpoint:
    return load_checkpoint(tiny)


@pytest.fixture(scope="module")
def started(tiny: str) -> AppTest:
    """The app on the page, with a tiny model."""
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=SECONDS)
    app.query_params["model"] = tiny
    app.run()
    return app.switch_page("../pages/sentence_pairs.py").run()


@pytest.fixture
def app(started: AppTest, tiny: str) -> AppTest:
    return opened(started, tiny, a=A, b=B)


def opened(app: AppTest, model: str, **address: str) -> AppTest:
    app.query_params.clear()
    app.query_params.update({"model": model} | address)
    app.session_state["model"] = model
    return settled(app.run())


def settled(app: AppTest) -> AppTest:
    """Run again until nothing is waited for, as the page does by itself."""
    for _ in range(100):
        assert not app.exception, app.exception
        if not any(button.key == f"{pairs.PAGE}_stop" for button in app.button):
            return app
        time.sleep(0.1)
        app.run()
    raise AssertionError("it never came to an end")


def said(app: AppTest) -> str:
    """All that is written on the page."""
    kinds = (app.caption, app.info, app.error, app.warning, app.markdown, app.code)
    return "\n".join(block.value for kind in kinds for block in kind) + "\n".join(
        block.proto.body for block in app.get("html")
    )


def address(app: AppTest) -> dict[str, str]:
    """What the page has put into the address, without the model."""
    values = app.query_params
    found = {name: one if isinstance(one, str) else one[0] for name, one in values.items()}
    found.pop("model", None)
    return found


def test_the_answer_is_that_of_the_library(app: AppTest, bert: Checkpoint) -> None:
    changes = pair_changes(bert, A, B)
    shown = said(app)
    for chance in (
        changes.given.is_next_probability, changes.swapped.is_next_probability,
        changes.zeroed_probability,
    ):  # fmt: skip
        assert f"<b>{percent(chance)}</b></li>" in shown
    assert f"follows <b>{changes.given.logits[0]:+.2f}".replace("-", "−") in shown
    assert "of 200 random sentences" in shown and "What this does not measure" in shown


def test_typing_asks_anew_and_the_address_follows(app: AppTest, bert: Checkpoint) -> None:
    app.text_area(key=pairs.SECOND).input("a boat runs").run()
    settled(app)
    expected = next_sentence(bert, A, "a boat runs").is_next_probability
    assert f"<b>{percent(expected)}</b> that B follows A" in said(app)
    assert address(app) == {"a": A, "b": "a boat runs"}


def test_a_paragraph_is_cut_anywhere(app: AppTest, bert: Checkpoint, tiny: str) -> None:
    app.segmented_control(key=pairs.MODE).set_value(pairs.ONE).run()
    settled(app)
    assert app.text_area(key=pairs.PARAGRAPH).value == f"{A} {B}"
    assert app.slider(key=pairs.CUT).value == 4, "it is cut where the second sentence began"
    app.slider(key=pairs.CUT).set_value(5).run()
    settled(app)
    expected = next_sentence(bert, f"{A} It", "has fish.").is_next_probability
    assert f"<b>{percent(expected)}</b> that B follows A" in said(app)
    assert address(app) == {"a": f"{A} {B}", "cut": "5"}
    app.text_area(key=pairs.PARAGRAPH).input("the sea").run()
    assert settled(app).session_state[pairs.PAGE].pair == ("the", "sea")
    app.text_area(key=pairs.PARAGRAPH).input("sea").run()
    assert settled(app).session_state[pairs.PAGE].pair == ("s", "ea"), "no space: by character"
    app.segmented_control(key=pairs.MODE).set_value(pairs.TWO).run()
    assert settled(app).text_area(key=pairs.FIRST).value == A, "what was typed is still there"
    opened(app, tiny, a="the old river flows", cut="3")
    assert app.session_state[pairs.PAGE].pair == ("the old river", "flows")
    assert app.segmented_control(key=pairs.MODE).value == pairs.ONE


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (A, "", "sentence B is empty; type one"),
        ("\x00\n", B, "sentence A is empty; type one"),
        (B, f" {B} ", "A and B are the same"),
        ("sea " * 400, "boat " * 200, "The text is longer than the model can read"),
        ("sea " * 400, "boat " * 200, "A's end is what B would follow"),
        ("😀 <b>sea</b> \x07", "مرحبا 日", "that B follows A"),
    ],
)
def test_bad_input_is_told_and_kept(
    app: AppTest, tiny: str, first: str, second: str, expected: str
) -> None:
    app.text_area(key=pairs.FIRST).input(first)
    app.text_area(key=pairs.SECOND).input(second).run()
    settled(app)
    assert expected in said(app).replace("\\", "")
    assert app.text_area(key=pairs.FIRST).value == first
    assert app.text_area(key=pairs.SECOND).value == second


def test_a_paragraph_with_nothing_to_cut_says_so(app: AppTest, tiny: str) -> None:
    opened(app, tiny, a="", cut="3")
    assert "There is nothing to cut" in said(app)
    assert "one side of the cut is empty" in said(app)


def test_a_model_without_the_head_says_so(app: AppTest, headless: str) -> None:
    opened(app, headless, a=A, b=B)
    shown = said(app).replace("\\", "")
    assert "has no next-sentence head; choose a checkpoint" in shown
    assert "cannot play" in shown
    assert app.text_area(key=pairs.FIRST).value == A


def test_a_link_opens_the_same_pair_settings_and_game(app: AppTest, tiny: str) -> None:
    values = {"a": A, "b": B, "seed": "7", "game": "3", "guesses": "yny"}
    opened(app, tiny, **values)
    assert app.number_input(key=pairs.SEED).value == 7
    assert app.number_input(key=pairs.GAME).value == 3
    assert "Pair 4 of 20" in said(app) and address(app) == values
    opened(app, tiny, a=A, b=B, seed="-3", game="x", guesses="<b>")
    assert address(app) == {"a": A, "b": B}, "what makes no sense is left out"


def test_the_command_shown_gives_the_same_numbers(
    app: AppTest, tiny: str, bert: Checkpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    first = "-the 'old' $river"
    opened(app, tiny, a=first, b=B, seed="8")
    unfold(app, "Save")
    line = next(one.value for one in app.code if "bert_core" in one.value)
    words = shlex.split(line)
    assert words[:4] == ["python", "-m", "bert_core", "next-sentence"]
    assert main(words[3:]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = next_sentence(bert, first, B)
    assert found["is_next_probability"] == expected.is_next_probability
    assert found["random"]["seed"] == 8 and found["words"] and found["swapped"]
    link = next(one.value for one in app.code if "seed=8" in one.value)
    assert "a=-the%20%27old%27%20%24river" in link


def unfold(app: AppTest, title: str) -> None:
    """Open an expander, which is drawn only then."""
    box = next(one for one in app.expander if one.label.startswith(title))
    app.session_state[box.proto.id] = True
    settled(app.run())


def test_the_game_scores_both_and_survives_reruns(app: AppTest, tiny: str) -> None:
    opened(app, tiny, a=A, b=B, game="5")
    bert, drawn = load_checkpoint(tiny), game_pairs(5)
    assert drawn[0].first.split()[0] in said(app)
    for number in range(20):
        key = "yes" if drawn[number].follows else "no"
        app.button(key=f"{pairs.PAGE}_{key}").click().run()
        settled(app)
        assert app.session_state[pairs.GUESSES] == "".join(
            "y" if one.follows else "n" for one in drawn[: number + 1]
        )
        if number == 2:
            app.text_area(key=pairs.SECOND).input("a boat").run()
            settled(app)
            assert "Pair 4 of 20" in said(app), "another pair above leaves the game alone"
    right = sum(
        (next_sentence(bert, one.first, one.second).is_next_probability >= 0.5) == one.follows
        for one in drawn
    )
    shown = said(app)
    assert f"All 20 pairs: you **20** right, the model **{right}**" in shown
    assert shown.count("<tr>") >= 21
    app.button(key=f"{pairs.PAGE}_again").click().run()
    settled(app)
    assert app.number_input(key=pairs.GAME).value == 6 and "Pair 1 of 20" in said(app)


def test_the_list_of_places_to_cut() -> None:
    assert pairs.places_to_cut("one  two three ") == [3, 8]
    assert pairs.places_to_cut(" 我住在 ") == [2, 3]
    assert pairs.places_to_cut("") == pairs.places_to_cut("  ") == pairs.places_to_cut("a") == []
    for text in ("one  two three", " 我住在 "):
        for cut in range(1, len(pairs.places_to_cut(text)) + 1):
            first, second = pairs.State(paragraph=text, cut=cut, whole=True).pair
            assert first and second
            assert "".join((first + second).split()) == "".join(text.split())
