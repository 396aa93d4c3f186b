"""State of the page "Masked words": carrying masks over, putting words in, undo, addresses."""

from collections.abc import Iterator

import pytest

from tests.ui.fakes import Visitor, visiting
from ui import masked_words as mw
from ui.masked_words import State

BANK = "We walked along the bank of the river."


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    """Somebody on the page, with nothing hidden in BANK."""
    with visiting(monkeypatch) as visitor:
        visitor.start(State(BANK))
        yield visitor


def tokens(state: State) -> list[str]:
    """The tokens of the text, without [CLS] and [SEP]."""
    return list(mw.encode(state.text).tokens[1:-1])


# ------------------------------------------------------------------------- text changed


@pytest.mark.parametrize(
    ("hidden", "text", "kept"),
    [
        ((5,), "Yesterday we walked along the bank of the river.", (6,)),
        ((5, 8), "We walked along the bank.", (5,)),
        ((5,), "We walked along the shore of the river.", ()),
        ((8,), "We walked along the BANK of the River!", (8,)),
        ((4, 7), "We walked along the wide bank of the river.", (4, 8)),
        ((5,), "", ()),
        ((1, 9), "We [MASK] along the bank of the river.", (1, 9)),
    ],
)
def test_masks_stay_on_unchanged_tokens(
    visitor: Visitor, hidden: tuple[int, ...], text: str, kept: tuple[int, ...]
) -> None:
    visitor.start(State(BANK, dict.fromkeys(hidden)))
    state = visitor.type(text)
    assert state == State(text, dict.fromkeys(kept))


def test_a_swapped_token_is_carried_over_with_its_id(visitor: Visitor) -> None:
    visitor.start(State(BANK, {5: 2000, 8: None}, seed=3))
    assert visitor.type(f"Then {BANK}") == State(f"Then {BANK}", {6: 2000, 9: None})


def test_a_typed_mask_cannot_be_hidden(visitor: Visitor) -> None:
    state = visitor.follow({"text": "Paris is [MASK].", "masks": "1.3"})
    assert state.hidden == {1: None}
    assert mw.typed_masks(mw.encode(state.text)) == [3]


# ------------------------------------------------------------------------- putting a word in


@pytest.mark.parametrize(
    ("text", "hidden", "position", "word", "expected"),
    [
        (BANK, (5,), 5, "edge", "We walked along the edge of the river."),
        (BANK, (5, 8), 8, "sea", "We walked along the bank of the sea."),
        (BANK, (8,), 8, "##s", "We walked along the bank of thes."),
        (BANK, (9,), 9, "!", "We walked along the bank of the river!"),
        (BANK, (9,), 9, "##s", "We walked along the bank of the rivers"),
        ("Paris is [MASK].", (), 3, "big", "Paris is big."),
        ("Paris is [MASK][MASK].", (), 4, "##ger", "Paris is [MASK]ger."),
        ("[MASK] is big.", (), 1, "##ing", "ing is big."),
        ("The embeddings.", (5,), 5, "##es", "The embeddinges."),
        ("A naïve 😀 cat.", (3,), 3, "old", "A naïve old cat."),
        ("Two\n  lines.", (2,), 2, "words", "Two\n  words."),
    ],
)
def test_a_word_is_put_in(
    visitor: Visitor, text: str, hidden: tuple[int, ...], position: int, word: str, expected: str
) -> None:
    visitor.start(State(text, dict.fromkeys(hidden)))
    state = visitor.put_in(position, word)
    assert state.text == expected
    assert state.hidden == dict.fromkeys(place for place in hidden if place != position)
    assert visitor.undo() == State(text, dict.fromkeys(hidden))


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        (BANK, 9, "and"),
        ("It's fine.", 2, "is"),
        ("It's fine.", 3, "is"),
        ("A well-known man.", 3, "and"),
        ("The embeddings.", 3, "big"),
        ("The embeddings.", 2, "big"),
        ("(Why?) Well.", 1, "so"),
    ],
)
def test_the_word_put_in_is_the_token_that_was_pressed(
    visitor: Visitor, text: str, position: int, word: str
) -> None:
    """A guess was made for a place between its neighbours; it must not melt into them."""
    visitor.start(State(text, {position: None}))
    assert word in tokens(visitor.put_in(position, word))


def test_other_places_stay_hidden_when_a_word_is_put_in(visitor: Visitor) -> None:
    visitor.start(State(BANK, {3: None, 5: 2000, 8: None}))
    state = visitor.put_in(5, "embeddings")
    assert state == State(BANK.replace("bank", "embeddings"), {3: None, 11: None})


# ------------------------------------------------------------------------- pressing chips


def test_presses_are_taken_over(visitor: Visitor) -> None:
    assert visitor.press(5) == State(BANK, {5: None})
    assert visitor.press(5, 8) == State(BANK, {5: None, 8: None})
    assert visitor.press(8) == State(BANK, {8: None})


def test_a_press_on_chips_that_python_has_changed_since_is_too_late(visitor: Visitor) -> None:
    before = mw.revision()
    visitor.type("Now this.")
    assert visitor.press(5, rev=before) == State("Now this.")


def test_a_press_keeps_swapped_tokens_and_forgets_the_seed(visitor: Visitor) -> None:
    visitor.start(State(BANK, {5: 2000}, seed=3))
    places = [[4, "random", "was"], [7, "mask", "[MASK]"]]
    visitor.session[mw.CHIPS] = {"hidden": {"rev": mw.revision(), "places": places}}
    mw.chip_pressed()
    assert visitor.run() == State(BANK, {5: 2000, 8: None})


@pytest.mark.parametrize("report", [None, {}, {"hidden": None}])
def test_no_report_changes_nothing(visitor: Visitor, report: object) -> None:
    visitor.session[mw.CHIPS] = report
    mw.chip_pressed()
    assert visitor.run() == State(BANK)


# ------------------------------------------------------------------------- masking 15%


def test_masking_is_repeatable_and_can_be_undone(visitor: Visitor) -> None:
    visitor.start(State(BANK * 6))
    mw.mask_some()
    first = visitor.run()
    assert first.seed == 1 and first.hidden
    mw.mask_some()
    second = visitor.run()
    assert second.seed == 2 and second.hidden != first.hidden
    assert visitor.undo() == first
    assert visitor.undo() == State(BANK * 6)
    mw.mask_some()
    assert visitor.run() == first


def test_nothing_to_mask_is_said(visitor: Visitor) -> None:
    visitor.start(State("[MASK]"))
    mw.mask_some()
    assert "no word to hide" in (mw.problem() or "")
    visitor.type("Something.")
    assert not mw.problem()


# ------------------------------------------------------------------------- undo


def test_undo_goes_back_step_by_step_to_the_beginning(visitor: Visitor) -> None:
    assert not mw.can_undo()
    steps = [State(BANK), visitor.press(5), visitor.type("The bank."), visitor.press(1)]
    mw.clear()
    assert visitor.run() == State("The bank.")
    for step in reversed(steps):
        assert mw.can_undo()
        assert visitor.undo() == step
        assert visitor.session[mw.TEXT] == step.text
    assert not mw.can_undo()
    assert visitor.undo() == State(BANK)


def test_what_changes_nothing_is_no_step(visitor: Visitor) -> None:
    visitor.type(BANK)
    mw.clear()
    visitor.run()
    assert not mw.can_undo()


def test_only_so_many_steps_are_kept(visitor: Visitor) -> None:
    for number in range(mw.REMEMBERED + 10):
        visitor.type(f"Text {number}.")
    undone = 0
    while mw.can_undo():
        visitor.undo()
        undone += 1
    assert undone == mw.REMEMBERED
    assert visitor.run().text == "Text 9."


# ------------------------------------------------------------------------- the address


@pytest.mark.parametrize(
    "state",
    [
        State(BANK),
        State(BANK, {5: None}),
        State(BANK, {2: 2000, 5: None, 8: 2314}, seed=12),
        State("Cats & dogs #1 + 100% \"sure\"\nשלום 😀", {1: None, 3: None}),
    ],
)
def test_an_address_brings_the_state_back(visitor: Visitor, state: State) -> None:
    visitor.start(state)
    visitor.session[mw.COUNT] = 7
    visitor.session[mw.ASKED] = "a&b, c"
    visitor.session[mw.WHOLE] = False
    visitor.run()
    link = visitor.query.to_dict()
    visitor.type("Something else.")
    visitor.session.update({mw.COUNT: 10, mw.ASKED: "", mw.WHOLE: True})
    visitor.run()
    assert visitor.follow(link) == state
    kept = [visitor.session[key] for key in (mw.COUNT, mw.ASKED, mw.WHOLE)]
    assert kept == [7, "a&b, c", False]
    assert visitor.query.to_dict() == link
    assert visitor.undo().text == "Something else."


def test_our_own_address_is_no_news(visitor: Visitor) -> None:
    visitor.press(5)
    visitor.session[mw.PAGE] = State("Changed elsewhere.")
    assert visitor.run() == State("Changed elsewhere.")


@pytest.mark.parametrize(
    ("masks", "hidden"),
    [
        ("none", {}),
        ("", {}),
        ("999.abc.-1.0.10", {}),
        ("5.5.x.8", {5: None, 8: None}),
        ("5-99999999.8-2000", {8: 2000}),
        ("5-.8", {5: None, 8: None}),
        ("5-x.8-1-2", {}),
        ("²", {}),
        ("9" * 5000, {}),
    ],
)
def test_masks_that_make_no_sense_are_left_out(
    visitor: Visitor, masks: str, hidden: mw.Hidden
) -> None:
    assert visitor.follow({"text": BANK, "masks": masks}).hidden == hidden


@pytest.mark.parametrize(
    ("k", "count"), [("1000", 50), ("0", 5), ("x", 10), ("-4", 10), ("", 10), ("9" * 5000, 50)]
)
def test_the_count_stays_in_its_range(visitor: Visitor, k: str, count: int) -> None:
    visitor.follow({"text": BANK, "k": k})
    assert visitor.session[mw.COUNT] == count


@pytest.mark.parametrize("seed", ["x", "-1", "", "9" * 5000])
def test_a_seed_that_is_none_is_left_out(visitor: Visitor, seed: str) -> None:
    assert visitor.follow({"text": BANK, "masks": "5", "seed": seed}).seed is None


def test_a_text_too_long_for_an_address_leaves_it_empty(visitor: Visitor) -> None:
    state = visitor.type("ü" * 2_000)
    assert not mw.write_address(state)
    assert visitor.query.to_dict() == {}
    assert visitor.run() == state, "an empty address is no news"
    visitor.type(BANK)
    assert visitor.query["text"] == BANK


def test_another_model_stands_in_every_address(visitor: Visitor) -> None:
    state = visitor.type(BANK)
    visitor.session["model"] = "tiny"
    assert mw.write_address(state) and not mw.write_address(State("ü" * 2_000))
    assert visitor.query.to_dict() == {"model": "tiny"}
    mw.write_address(state)
    assert visitor.query["text"] == BANK and visitor.query["model"] == "tiny"
