"""The map of words in context: layers, colours and the first UMAP, in a real browser.

`python -m benchmarks.words_in_context [--changes 20] [--json]`

The word is "the", which stands some 300 times in the sentences that come with the project. The
clock is the page's own: it starts with the key that moves the slider, or the press on the other
colour, and stops two frames after plotly.js has redrawn the map, or has begun to move its dots.
"""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.app_process import running_app
from benchmarks.click_to_bars import spread
from benchmarks.table import Result, arguments, report
from tests.browser.chromium import LAUNCH_ARGS, find_chromium
from tests.browser.helpers import DESKTOP, wait_until_idle

CHANGES, WARM_UP = 20, 4
WORD = "the"
PATH = "/words_in_context?word="
UMAP_READY = "UMAP with"

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


def _first_maps(page: Page) -> Result:
    """Seconds from opening the page to PCA's dots and to UMAP's, UMAP being loaded already."""
    page.goto(f"{PATH}bank")
    page.get_by_text(UMAP_READY).wait_for(timeout=300_000)
    wait_until_idle(page)
    began = time.perf_counter()
    page.goto(f"{PATH}{WORD}")
    page.locator(".plot .trace path.point").first.wait_for(state="attached", timeout=60_000)
    dots = time.perf_counter() - began
    page.get_by_text(UMAP_READY).wait_for(timeout=60_000)
    return {"dots_seconds": dots, "umap_seconds": time.perf_counter() - began}


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
    wait_until_idle(page, quiet_ms=150)
    times: list[float] = page.evaluate("window.__times")
    return times[-1]


def measure(changes: int = CHANGES) -> Result:
    """Seconds to the first maps; median and 95th percentile of changes, in milliseconds."""
    with sync_playwright() as playwright, running_app() as app:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=LAUNCH_ARGS)
        page = browser.new_page(base_url=app.url, viewport=DESKTOP)
        result = _first_maps(page)
        wait_until_idle(page)
        result["occurrences"] = page.locator(".plot").first.evaluate(
            "plot => plot.data.filter(t => t.customdata).reduce((n, t) => n + t.x.length, 0)"
        )
        page.evaluate(WATCH)
        for what in ("layer", "colour"):
            times = [_change(page, what, at) for at in range(WARM_UP + changes)]
            result[f"{what}_ms"] = spread(times[WARM_UP:])
        browser.close()
    return result | {"changes": changes}


def rows(result: Result) -> list[tuple[Any, ...]]:
    """The result as a table."""
    return [
        (f"{result['occurrences']} occurrences", "median", "p95"),
        ("another layer to redrawn map, ms", *_said(result["layer_ms"])),
        ("another colour to redrawn map, ms", *_said(result["colour_ms"])),
        ("page opened to dots, s", f"{result['dots_seconds']:.2f}", ""),
        ("page opened to UMAP's map, s", f"{result['umap_seconds']:.2f}", ""),
    ]


def _said(values: dict[str, float]) -> tuple[str, str]:
    return f"{values['median']:.0f}", f"{values['p95']:.0f}"


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--changes", type=int, default=CHANGES)
    options = parser.parse_args()
    result = measure(options.changes)
    report(result, rows(result), options.json)


if __name__ == "__main__":
    main()
