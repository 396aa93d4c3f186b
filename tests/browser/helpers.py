"""What the browser tests and the screenshots share."""

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}

# True once the app has been connected, not running and fully drawn for `quiet` milliseconds.
_IDLE = """quiet => {
  const app = document.querySelector('[data-testid="stApp"]');
  const idle = app?.dataset.testScriptState === 'notRunning'
    && app.dataset.testConnectionState === 'CONNECTED'
    && !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')
    && document.querySelector('[data-testid="stMain"] [data-testid="stVerticalBlock"]');
  if (!idle) { window.__idleSince = undefined; return false; }
  window.__idleSince ??= performance.now();
  return performance.now() - window.__idleSince >= quiet;
}"""

# True once nothing looks again for what is worked out, and nothing is pale or moves any more.
_AT_REST = """() => !document.querySelector('[class*="_waiting"], [data-stale="true"]')
  && document.getAnimations().every(one => one.playState !== 'running'
    || one.effect.getComputedTiming().endTime === Infinity)"""

GROUND = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"

# A framed figure has no origin of its own; without this axe would pass it over.
_ANY_FRAME = "\n;axe.configure({ allowedOrigins: ['<unsafe_all_origins>'] })"


def wait_until_idle(page: Page, *, quiet_ms: int = 400, timeout_s: float = 90) -> None:
    """Return once Streamlit has run its script, drawn the result and stayed so for `quiet_ms`.

    Give a small `quiet_ms` where a fragment reruns by itself.

    Raises:
        playwright.sync_api.TimeoutError: when that takes longer than `timeout_s`.
    """
    page.evaluate("window.__idleSince = undefined")
    page.wait_for_function(_IDLE, arg=quiet_ms, timeout=timeout_s * 1000)
    page.evaluate("document.fonts.ready.then(() => true)")


def open_page(page: Page, path: str = "/") -> Page:
    """Go to `path` of the app and wait until it is idle; returns `page`."""
    page.goto(path)
    wait_until_idle(page)
    return page


def choose(page: Page, menu: str, option: str) -> None:
    """Choose by keyboard the option of a menu whose name begins so."""
    field = page.get_by_role("combobox", name=menu)
    field.focus()
    field.press("ArrowDown")
    field.press_sequentially(option)
    expect(page.get_by_role("option", name=re.compile(f"^{re.escape(option)}"))).to_be_visible()
    field.press("Enter")


def problems_in_every_look(page: Page) -> str:
    """What axe-core finds on a page that is light and wide, then on a phone, then dark and wide.

    Text that sticks out is a problem as well. The page stays dark.
    """
    found = _problems(page, "light")
    page.set_viewport_size(PHONE)
    wait_until_idle(page)
    found += _problems(page, "phone")
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => {GROUND} === 'rgb(18, 20, 23)'")
    wait_until_idle(page, quiet_ms=1_000)  # the page notices it within half a second
    return "\n".join(found + _problems(page, "dark"))


def _problems(page: Page, look: str) -> list[str]:
    found = [f"{look}: {violations}"] if (violations := axe(page)) else []
    wide = pixels_too_wide(page)
    return [*found, f"{look}: {wide} pixels too wide"] if wide else found


def pixels_too_wide(page: Page) -> int:
    """By how many pixels anything of the page is wider than its window; 0 when nothing is."""
    wide: int = page.evaluate(
        """() => Math.max(...[document.documentElement, document.querySelector(
          '[data-testid="stMain"]')].map(one => one.scrollWidth - one.clientWidth))"""
    )
    return max(0, wide)


def axe(page: Page) -> str:
    """Every axe-core violation on `page` and in its frames as readable text; empty when none.

    What is drawn anew is pale for a moment: the page is waited for first.
    """
    page.wait_for_function(_AT_REST, timeout=90_000)
    checker = Axe()
    for frame in page.frames[1:]:
        frame.evaluate(checker.axe_script + _ANY_FRAME)
    page.evaluate(checker.axe_script + _ANY_FRAME)
    violations = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    return "\n".join(_describe(violation) for violation in violations)


def _describe(violation: dict[str, Any]) -> str:
    lines = [f"{violation['id']} ({violation['impact']}): {violation['help']}"]
    for node in violation["nodes"]:
        lines.append(f"  at {node['target']}: {node['html'][:200]}")
        checks = node["any"] + node["all"] + node["none"]
        lines += [f"    {check['message']}" for check in checks]
    return "\n".join(lines)
