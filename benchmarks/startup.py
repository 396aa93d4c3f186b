"""From `streamlit run` to a page that can be used, and the server's memory.

`python -m benchmarks.startup [--runs 5] [--json]`

Usable means that chips and bars are on the screen. Every run has a fresh server and a fresh browser
profile; the browser itself is already running, and the files are in the system's cache.
"""

from __future__ import annotations

import time
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from benchmarks.app_process import running_app
from benchmarks.table import Result, arguments, report
from tests.browser.chromium import LAUNCH_ARGS, find_chromium
from tests.browser.helpers import DESKTOP, wait_until_idle

RUNS, CLICKS = 5, 5


def one_start(browser: Browser) -> dict[str, float]:
    """Seconds to a healthy server and to a usable page; MB then, and after some use."""
    with running_app() as app:
        healthy = time.perf_counter() - app.started
        page = browser.new_page(base_url=app.url, viewport=DESKTOP)
        page.goto("/", wait_until="commit")
        page.locator("ul button[data-place]").first.wait_for(timeout=180_000)
        page.locator(".figure li button").first.wait_for(timeout=180_000)
        usable = time.perf_counter() - app.started
        wait_until_idle(page)
        started_mb = app.megabytes()
        for chip in range(CLICKS):
            page.locator("ul button[data-place]").nth(chip).click()
            wait_until_idle(page)
        used_mb = app.megabytes()
        page.close()
    return {
        "healthy_s": healthy, "usable_s": usable, "started_mb": started_mb, "used_mb": used_mb
    }


def measure(runs: int = RUNS) -> Result:
    """Medians over that many starts, and each of them."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=LAUNCH_ARGS)
        starts = [one_start(browser) for _ in range(runs)]
        browser.close()
    medians = {name: median(start[name] for start in starts) for name in starts[0]}
    return {"runs": runs, "median": medians, "starts": starts}


def rows(result: Result) -> list[tuple[str, ...]]:
    """The result as a table."""
    middle, starts = result["median"], result["starts"]
    names = {
        "healthy_s": ("server answers, s", "{:.1f}"),
        "usable_s": ("chips and bars on the screen, s", "{:.1f}"),
        "started_mb": ("server's memory then, MB", "{:.0f}"),
        "used_mb": ("server's memory after use, MB", "{:.0f}"),
    }
    lines = [
        (title, *(form.format(value[name]) for value in (middle, *_extremes(starts, name))))
        for name, (title, form) in names.items()
    ]
    return [(f"{result['runs']} starts", "median", "least", "most"), *lines]


def _extremes(starts: list[dict[str, float]], name: str) -> tuple[dict[str, float], ...]:
    ordered = sorted(starts, key=lambda start: start[name])
    return ordered[0], ordered[-1]


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    result = measure(options.runs)
    report(result, rows(result), options.json)


if __name__ == "__main__":
    main()
