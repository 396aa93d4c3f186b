"""The map of words in context: layers, colours, the first UMAP, and many, in a real browser.

`python -m benchmarks.words_in_context [--changes 20] [--many 10000] [--json]`

300 labelled sentences with "the", from those that come with the project, are uploaded, then many
with "bank": its 24 sentences, each on other days. The clock of a change is the page's own: it
starts with the key that moves the slider, or the press on the other colour, and stops two frames
after plotly.js has redrawn the map, or has begun to move its dots.
"""

from __future__ import annotations

import csv
import io
import time
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.app_process import running_app
from benchmarks.click_to_bars import spread
from benchmarks.table import Result, arguments, report
from bert_core.data.sentence_sets import builtin_sentences, builtin_words
from bert_core.outputs import LabelledSentence
from bert_core.words.occurrences import find_occurrences
from tests.browser.chromium import LAUNCH_ARGS, find_chromium
from tests.browser.helpers import DESKTOP, wait_until_idle

CHANGES, WARM_UP, MANY, SOME = 20, 4, 10_000, 300
PATH = "/words_in_context?word="
REST_MS = 800
"""Between two changes: what follows a change, such as the matrix of that layer, is drawn then."""

WATCH = """() => {
  window.__times = [];
  let from = null;
  for (const kind of ['keydown', 'pointerdown'])
    document.addEventListener(kind, (event) => { from = event.timeStamp; }, true);
  const drawn = () => {
    if (from === null) return;
    const start = from;
    from = null;
    requestAnimationFrame(() => requestAnimationFrame(
      () => window.__times.push(performance.now() - start)));
  };
  for (const kind of ['plotly_transitioning', 'plotly_react'])  // whichever comes first
    document.querySelector('.plot').on(kind, drawn);
}"""


def _uploaded(page: Page, word: str, count: int, sentences: list[LabelledSentence]) -> Result:
    """Seconds from choosing a file to the first dots and to UMAP's map, UMAP being loaded."""
    page.goto(f"{PATH}{word}")
    page.get_by_role("radio", name="My own sentences").click()
    wait_until_idle(page)
    text = io.StringIO()
    csv.writer(text).writerows([("sentence", "label"), *((s.text, s.label) for s in sentences)])
    file = {"name": "a.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode()}
    began = time.perf_counter()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text(f"Each dot is one of {count:,} occurrences").wait_for(timeout=300_000)
    dots = time.perf_counter() - began
    page.get_by_text(f"Each dot is one of {count:,} occurrences. UMAP").wait_for(timeout=300_000)
    return {"count": count, "dots_seconds": dots, "umap_seconds": time.perf_counter() - began}


def _with_the(count: int) -> list[LabelledSentence]:
    """Sentences in which "the" stands so often in all."""
    kept: list[LabelledSentence] = []
    for word in builtin_words():
        for sentence in builtin_sentences(word):
            if len(find_occurrences([*kept, sentence], "the")) <= count:
                kept.append(sentence)
    assert len(find_occurrences(kept, "the")) == count
    return kept


def _on_days(count: int) -> list[LabelledSentence]:
    """The sentences of "bank" on other days, each different."""
    own = builtin_sentences("bank")
    days = [f"On day {day} of {year}" for year in range(1990, 2020) for day in range(1, 29)]
    made = [
        LabelledSentence(f"{day}: {sentence.text}", sentence.label)
        for day in days
        for sentence in own
    ]
    return made[:count]


def _change(page: Page, what: str, at: int) -> float:
    """Milliseconds from one change to the redrawn map."""
    before = page.evaluate("window.__times.length")
    if what == "layer":
        slider = page.get_by_role("slider", name="Layer")
        slider.press("ArrowLeft" if at // 5 % 2 == 0 else "ArrowRight")
    else:
        name = ("Automatic clusters", "Sense labels")[at % 2]
        page.get_by_role("radio", name=name).click()
    page.wait_for_function("n => window.__times.length > n", arg=before, timeout=60_000)
    wait_until_idle(page, quiet_ms=REST_MS)
    times: list[float] = page.evaluate("window.__times")
    return times[-1]


def measure(changes: int = CHANGES, many: int = MANY) -> Result:
    """Seconds to the maps; median and 95th percentile of changes, in milliseconds."""
    with sync_playwright() as playwright, running_app() as app:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=LAUNCH_ARGS)
        page = browser.new_page(base_url=app.url, viewport=DESKTOP)
        page.goto(f"{PATH}bank")
        page.get_by_text("Each dot is one of 24 occurrences. UMAP").wait_for(timeout=300_000)
        result: Result = {"changes": changes}
        result["some"] = _uploaded(page, "the", SOME, _with_the(SOME))
        wait_until_idle(page, quiet_ms=3_000)
        page.evaluate(WATCH)
        for what in ("layer", "colour"):
            times = [_change(page, what, at) for at in range(WARM_UP + changes)]
            result[f"{what}_ms"] = spread(times[WARM_UP:])
        if many:
            result["many"] = _uploaded(page, "bank", many, _on_days(many))
        browser.close()
    return result


def rows(result: Result) -> list[tuple[Any, ...]]:
    """The result as a table."""
    table: list[tuple[Any, ...]] = [
        (f"{result['some']['count']} occurrences", "median", "p95"),
        ("another layer to redrawn map, ms", *_said(result["layer_ms"])),
        ("another colour to redrawn map, ms", *_said(result["colour_ms"])),
    ]
    for kind in ("some", "many"):
        if one := result.get(kind):
            name = f"file of {one['count']:,} occurrences"
            table.append((f"{name} to dots, s", f"{one['dots_seconds']:.1f}", ""))
            table.append((f"{name} to UMAP's map, s", f"{one['umap_seconds']:.1f}", ""))
    return table


def _said(values: dict[str, float]) -> tuple[str, str]:
    return f"{values['median']:.0f}", f"{values['p95']:.0f}"


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--changes", type=int, default=CHANGES)
    parser.add_argument("--many", type=int, default=MANY, help="0 leaves them out")
    options = parser.parse_args()
    result = measure(options.changes, options.many)
    report(result, rows(result), options.json)


if __name__ == "__main__":
    main()
