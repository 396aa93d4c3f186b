"""The page of attention in a real browser: all heads drawn for a new sentence, another head opened.

`python -m benchmarks.attention [--turns 7] [--json]`

With the bundled model and 64 tokens; and with a model of BERT-base's shape, whose random weights do
not change the time, and 128 tokens. The clock is the page's own. For a new sentence it starts with
the key that hands it over and stops two frames after the last small map is painted; for a head it
starts with the press on its small map and stops two frames after plotly.js has redrawn the large.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, TimeoutError, sync_playwright

from benchmarks.ablation import SENTENCE
from benchmarks.app_process import running_app
from benchmarks.click_to_bars import spread
from benchmarks.table import Result, arguments, report
from benchmarks.words_in_context import WATCH
from bert_core.checkpoint.load import load_tokenizer
from bert_core.checkpoint.save import save_checkpoint
from bert_core.config import BertConfig
from bert_core.model.bert import Bert, initialise
from tests.browser.chromium import LAUNCH_ARGS, find_chromium
from tests.browser.helpers import DESKTOP, wait_until_idle

TURNS, WARM_UP = 7, 2
TESTS_BEGIN_MS = 4_000
"""After a new sentence; what follows a press on a head is not tested anew."""
PAINTED = """() => {
  window.__painted = [];
  let from = null, waiting = 0;
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') from = event.timeStamp;
  }, true);
  new MutationObserver(() => {  // painting sets a canvas's width
    if (from === null) return;
    cancelAnimationFrame(waiting);
    const start = from;
    waiting = requestAnimationFrame(() => requestAnimationFrame(() => {
      window.__painted.push(performance.now() - start);
      from = null;
    }));
  }).observe(document.querySelector('.heads'), {
    subtree: true, attributes: true, attributeFilter: ['width'],
  });
}"""


def _texts(tokens: int) -> Iterator[str]:
    """Texts of so many tokens, each other words in another order."""
    tokenizer, words = load_tokenizer("bundled"), (SENTENCE * 8).split()
    for start in range(len(words)):
        kept = words[start : start + tokens - 2]
        while len(tokenizer.encode(" ".join(kept))) > tokens:
            kept.pop()
        if len(tokenizer.encode(" ".join(kept))) == tokens:
            yield " ".join(kept)


def _timed(page: Page, list_name: str, act: Any) -> float:
    """Milliseconds that `act` added to the list of this name."""
    before = page.evaluate(f"window.{list_name}.length")
    act()
    page.wait_for_function(f"n => window.{list_name}.length > n", arg=before, timeout=60_000)
    _rest(page)
    times: list[float] = page.evaluate(f"window.{list_name}")
    return times[-1]


def _rest(page: Page) -> None:
    """Until nothing is drawn any more, without the tests of heads and tokens below."""
    with suppress(TimeoutError):
        page.get_by_role("button", name="Cancel").click(timeout=TESTS_BEGIN_MS)
    wait_until_idle(page, quiet_ms=800)


def _visit(page: Page, path: str, tokens: int, turns: int) -> Result:
    texts = _texts(tokens)
    page.goto(path)
    page.locator(".heads button").first.wait_for(timeout=120_000)
    _rest(page)
    page.evaluate(PAINTED)
    page.evaluate(WATCH)

    def another_sentence() -> None:
        field = page.get_by_role("textbox", name="Your sentence")
        field.fill(next(texts))
        field.press("Control+Enter")

    grid = [_timed(page, "__painted", another_sentence) for _ in range(turns)]
    buttons = page.locator(".heads button")
    head = [
        _timed(page, "__times", buttons.nth((7 * at + 1) % buttons.count()).click)
        for at in range(turns)
    ]
    return {
        "tokens": tokens, "heads": buttons.count(),
        "grid_ms": spread(grid[WARM_UP:]), "head_ms": spread(head[WARM_UP:]),
    }  # fmt: skip


def measure(turns: int = TURNS) -> Result:
    """Median and 95th percentile in milliseconds, for both models."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        base = Bert(BertConfig())
        initialise(base, seed=42)
        save_checkpoint(Path(folder), base, load_tokenizer("bundled"))
        with running_app() as app:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=LAUNCH_ARGS)
            page = browser.new_page(base_url=app.url, viewport=DESKTOP)
            result: Result = {
                "bundled": _visit(page, "/attention", 64, WARM_UP + turns),
                "bert_base": _visit(page, f"/attention?model={folder}", 128, WARM_UP + turns),
            }
            browser.close()
    return result


def rows(result: Result) -> list[tuple[Any, ...]]:
    """The result as a table."""
    table: list[tuple[Any, ...]] = [("milliseconds", "median", "p95")]
    for name, title in (("bundled", "bundled model"), ("bert_base", "BERT-base's shape")):
        one = result[name]
        about = f"{title}, {one['heads']} heads, {one['tokens']} tokens"
        for what, said in (("grid", "new sentence to all heads"), ("head", "press to its head")):
            values = one[f"{what}_ms"]
            table.append((f"{about}: {said}", f"{values['median']:.0f}", f"{values['p95']:.0f}"))
    return table


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--turns", type=int, default=TURNS)
    options = parser.parse_args()
    result = measure(options.turns)
    report(result, rows(result), options.json)


if __name__ == "__main__":
    main()
