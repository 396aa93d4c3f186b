"""From a click on a word to its repainted bars, in a real browser.

`python -m benchmarks.click_to_bars [--clicks 30] [--json]`

The clock is the page's own: it starts with the mouse event in the browser and stops with the first
frame painted after the bars have changed. Beside it, what the model took of that time.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.app_process import running_app
from benchmarks.table import Result, arguments, report
from tests.browser.chromium import LAUNCH_ARGS, find_chromium
from tests.browser.helpers import DESKTOP, wait_until_idle

CLICKS, WARM_UP = 30, 5

# Roots of our components are open shadow roots. The bars are written in one task, so the first
# mutation is the new answer; two frames later it is on the screen. A press is timed from its
# pointerdown, which a mouse click begins with.
WATCH = """() => {
  window.__times = [];
  let pressed = null;
  document.addEventListener('pointerdown', (event) => { pressed = event.timeStamp; }, true);
  const painted = () => {
    if (pressed === null) return;
    const from = pressed;
    pressed = null;
    requestAnimationFrame(() => requestAnimationFrame(
      () => window.__times.push(performance.now() - from)));
  };
  const roots = (node) => [...node.querySelectorAll('*')].flatMap(
    (one) => one.shadowRoot ? [one.shadowRoot, ...roots(one.shadowRoot)] : []);
  const watched = new WeakSet();
  const changes = new MutationObserver((all) => {
    if (all.some((one) => one.target.getRootNode().querySelector?.('.figure'))) painted();
  });
  const look = () => {
    for (const root of roots(document)) {
      if (watched.has(root)) continue;
      watched.add(root);
      const what = { subtree: true, childList: true, characterData: true, attributes: true };
      changes.observe(root, what);
      if (pressed !== null && root.querySelector('.figure li')) painted();
    }
  };
  look();
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
}"""


def click(page: Page, chip: int) -> float:
    """Milliseconds from a click on that chip to its bars, as the page saw it."""
    before = page.evaluate("window.__times.length")
    page.locator("ul button[data-place]").nth(chip).click()
    page.wait_for_function("n => window.__times.length > n", arg=before, timeout=60_000)
    wait_until_idle(page, quiet_ms=150)
    times: list[float] = page.evaluate("window.__times")
    return times[-1]


def measure(clicks: int = CLICKS) -> Result:
    """Median and 95th percentile over that many clicks, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        log = Path(folder) / "times"
        with running_app(("benchmarks.timed_app",), BERT_EXPLORER_TIMES=str(log)) as app:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=LAUNCH_ARGS)
            page = browser.new_page(base_url=app.url, viewport=DESKTOP)
            page.goto("/")
            wait_until_idle(page)
            page.evaluate(WATCH)
            words = page.locator("ul button[data-place]").count() - 1  # all but the full stop
            # The first word stays hidden, so that bars are there to change at every click.
            click(page, 0)
            order = [1 + n // 2 % (words - 1) for n in range(WARM_UP * 2 + clicks)]
            page_times = [click(page, chip) for chip in order][-clicks:]
            browser.close()
            lines = log.read_text(encoding="utf-8").splitlines()[-clicks:]
    model = [tuple(map(float, line.split())) for line in lines]
    return {
        "clicks": clicks,
        "click_to_bars_ms": spread(page_times),
        "model_answer_ms": spread([answer for _, answer in model]),
        "model_encoder_ms": spread([encoder for encoder, _ in model]),
    }


def spread(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return {"median": median(values), "p95": quantiles(values, n=20, method="inclusive")[-1]}


def rows(result: Result) -> list[tuple[Any, ...]]:
    """The result as a table."""
    names = {
        "click_to_bars_ms": "click to repainted bars",
        "model_answer_ms": "of it the model's answer",
        "model_encoder_ms": "of that the encoder",
    }
    lines = [
        (title, f"{result[name]['median']:.1f}", f"{result[name]['p95']:.1f}")
        for name, title in names.items()
    ]
    return [(f"{result['clicks']} clicks, ms", "median", "p95"), *lines]


def main() -> None:
    """Measure and print."""
    parser: argparse.ArgumentParser = arguments(__doc__)
    parser.add_argument("--clicks", type=int, default=CLICKS)
    options = parser.parse_args()
    result = measure(options.clicks)
    report(result, rows(result), options.json)


if __name__ == "__main__":
    main()
