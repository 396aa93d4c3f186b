"""Our own parts in the browser: token chips, bars, lists one can press. No build step, no frame."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from bert_core.outputs import Encoding
from bert_core.viz.rows import Row, spoken
from bert_core.viz.token_rows import chips, text_label, text_runs

_FOLDER = Path(__file__).resolve().parents[1] / "assets" / "components"


def register(name: str, html: str, **options: Any) -> Any:
    """The component whose script and style, if any, lie in assets/components under `name`.

    A line PLOT in the script stands for drawing.js: each part's script is a module of its own.
    """
    script, style = (_FOLDER / f"{name}.js").read_text("utf-8"), _FOLDER / f"{name}.css"
    if style.is_file():
        options["css"] = style.read_text("utf-8")
    shared = (_FOLDER / "drawing.js").read_text("utf-8")
    script = script.replace("\nPLOT\n", f"\n{shared}\n")
    return st.components.v2.component(name, html=html, js=script, **options)


_chips = register("token_chips", '<ul dir="auto"></ul>')
_rows = register(
    "token_rows",
    '<div class="rows"><ul></ul><div class="texts"></div>'
    '<p class="readout" role="status"></p></div>',
)
_sentences = register(
    "sentence_list", '<div class="sentences"><ul></ul><p class="note"></p></div>'
)
_look_again = register("look_again", "<span hidden></span>")
_follow_theme = register("follow_theme", "<span hidden></span>")
_bars = register("guess_bars", '<div class="figure" role="group"><h2></h2><ol></ol></div>')


def look_again(key: str, seconds: float) -> None:
    """Run what this stands in once more, `seconds` after it has been drawn.

    For what is worked out in the background. A fragment of its own would have to rerun the whole
    page when it is done, with whatever address the browser had told last, and what it draws may
    come when its place is gone.
    """
    _look_again(
        key=key,
        data={"seconds": seconds, "asked": time.monotonic()},
        on_again_change=lambda: None,
    )


def follow_theme() -> None:
    """Run the page again when its visitor chooses another theme, or the system does.

    Figures are drawn here, in the colours of the theme, and Streamlit asks for no others.
    """
    _follow_theme(key="follow_theme", on_changed_change=lambda: None)


def token_chips(
    encoding: Encoding,
    states: Mapping[int, tuple[str, str]],
    fixed: Sequence[int],
    *,
    key: str,
    rev: int,
    whole: bool,
    on_change: Callable[[], None],
) -> None:
    """The text's own tokens as toggle buttons; a press changes `session_state[key].hidden`.

    Args:
        encoding: the text.
        states: position -> (action, token shown) of what is hidden.
        fixed: positions where [MASK] was typed.
        key: of the component.
        rev: a number that changes when `states` was changed by anything but a press.
        whole: a press hides all pieces of a word.
        on_change: called before the rerun that a press starts.
    """
    own = own_positions(encoding)
    first = own[0] if own else 0
    _chips(
        key=key,
        data={
            "tokens": [encoding.tokens[i] for i in own],
            "words": [f"{encoding.segment_ids[i]}-{encoding.word_ids[i]}" for i in own],
            "states": {
                str(i - first): {"action": action, "shown": shown}
                for i, (action, shown) in states.items()
            },
            "fixed": [i - first for i in fixed],
            "rev": rev,
            "whole": whole,
            "label": "The sentence as tokens; press one to hide it",
        },
        default={"hidden": None},
        on_hidden_change=on_change,
    )


def own_positions(encoding: Encoding) -> list[int]:
    """Positions of the tokens that were typed, without [CLS] and [SEP] around them."""
    return [i for i, word in enumerate(encoding.word_ids) if word is not None]


def guess_bars(
    title: str,
    rows: Sequence[Row],
    *,
    key: str,
    pick: Callable[[Row], Any],
    on_pick: Callable[[], None],
) -> None:
    """Bars with a number each; a press sends `pick(row)` to `session_state[key].pick`."""
    longest = max((row.probability for row in rows), default=1) or 1
    _bars(
        key=key,
        data={
            "title": title,
            "label": f"{title}; guesses at this place",
            "rows": [
                {
                    "word": row.word,
                    "share": row.probability / longest if row.answered else None,
                    "value": row.value,
                    "note": row.note,
                    "kind": row.kind,
                    "gap": row.separate,
                    "name": spoken(row) + ("; put it in the sentence" if row.answered else ""),
                    "pick": pick(row) if row.answered else None,
                    "current": False,
                }
                for row in rows
            ],
        },
        on_pick_change=on_pick,
    )


def place_list(
    title: str,
    rows: Sequence[tuple[int, str, str]],
    chosen: int,
    *,
    key: str,
    on_pick: Callable[[], None],
) -> None:
    """Hidden places as a list to choose from: (position, what was hidden, what is guessed)."""
    _bars(
        key=key,
        data={
            "title": title,
            "label": "All hidden places; press one to see its guesses",
            "rows": [
                {
                    "word": hidden,
                    "share": None,
                    "value": guessed,
                    "note": "",
                    "kind": "place",
                    "gap": False,
                    "name": f"{hidden}, token {position}: {guessed}; show its guesses",
                    "pick": position,
                    "current": position == chosen,
                }
                for position, hidden, guessed in rows
            ],
        },
        on_pick_change=on_pick,
    )


def token_rows(
    encoding: Encoding,
    selected: Sequence[int],
    *,
    key: str,
    rev: int,
    on_pick: Callable[[], None],
    texts: bool = True,
) -> None:
    """All tokens with id, position and segment, and the text they come from, marking each other.

    A press sends the position of its token to `session_state[key].pick`.

    Args:
        encoding: a text, or two.
        selected: positions marked at first.
        key: of the component.
        rev: a number that changes when `selected` was changed by anything but a press.
        on_pick: called before the rerun that a press starts.
        texts: whether the text stands below the tokens.
    """
    runs = [
        {
            "label": text_label(encoding, segment),
            "runs": [[run.shown, run.positions] for run in text_runs(encoding, segment)],
        }
        for segment in range(1 if encoding.pair is None else 2)
    ]
    _rows(
        key=key,
        data={
            "tokens": chips(encoding),
            "texts": runs,
            "hidden": not texts,
            "selected": list(selected),
            "rev": rev,
            "label": "The tokens; press one to mark the characters it comes from",
        },
        on_pick_change=on_pick,
    )


def sentence_list(
    rows: Sequence[Mapping[str, object]],
    total: int,
    selected: int,
    second: int | None,
    *,
    key: str,
    rev: int,
    on_pick: Callable[[], None],
    on_second: Callable[[], None],
) -> None:
    """Sentences with their word underlined; a press selects one, a smaller button compares one.

    The index of a row goes to `session_state[key].pick`, or `.second` (None to compare no longer).

    Args:
        rows: from `viz.sentences.sentence_rows`.
        total: how many sentences there are, if more than rows.
        selected: index of the selected row.
        second: index of the row it is compared with.
        key: of the component.
        rev: a number that changes when `selected` or `second` was changed.
        on_pick: called before the rerun that a press starts.
        on_second: the same for the smaller buttons.
    """
    _sentences(
        key=key,
        data={
            "rows": list(rows),
            "selected": selected,
            "second": second,
            "label": "The sentences; press one to select its dot",
            "rev": rev,
            "total": total,
        },
        on_pick_change=on_pick,
        on_second_change=on_second,
    )
