"""Pictures of every page, for looking at: `make screenshots` writes them to screenshots/.

Of each page: its first screen on a laptop (1280 x 800), and the whole page in the light theme, in
the dark theme and on a phone (390 wide).
"""

import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import LAUNCH_ARGS, find_chromium
from tests.browser.helpers import DESKTOP, PHONE, open_page, wait_until_idle
from tests.browser.server import ROOT, serve_app

OUTPUT = ROOT / "screenshots"
TALLEST = 12_000

# Streamlit scrolls a box inside the window: the window must be as tall as what is in the box.
_HEIGHT = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  return Math.ceil(innerHeight - main.clientHeight + main.scrollHeight);
}"""


def page_paths(browser: Browser, url: str) -> list[str]:
    """The address of every page, in the order of the sidebar; the first is "/"."""
    page = open_page(browser.new_page(base_url=url, viewport=DESKTOP))
    links = page.get_by_test_id("stSidebarNavLink").evaluate_all("all => all.map(a => a.href)")
    more = page.get_by_test_id("stSidebarNavViewButton")
    if more.count():
        more.click()
        links = page.get_by_test_id("stSidebarNavLink").evaluate_all("all => all.map(a => a.href)")
    page.close()
    return [urlsplit(link).path or "/" for link in links]


def shoot(page: Page, path: str, name: str, *, first_screen: bool = False) -> None:
    """Write NAME.png, the whole page and, if asked for, NAME-first-screen.png."""
    open_page(page, path)
    page.wait_for_timeout(500)  # animations
    if first_screen:
        page.screenshot(path=OUTPUT / f"{name}-first-screen.png")
    width = page.viewport_size["width"] if page.viewport_size else DESKTOP["width"]
    page.set_viewport_size({"width": width, "height": min(page.evaluate(_HEIGHT), TALLEST)})
    wait_until_idle(page)
    page.screenshot(path=OUTPUT / f"{name}.png")
    if page.get_by_test_id("stException").count():
        print(f"  {name}: the page shows an exception")


def shoot_all(browser: Browser, url: str) -> None:
    """Write every picture."""
    paths = page_paths(browser, url)
    files = [file for file in (ROOT / "pages").glob("*.py") if file.name[0] != "_"]
    if len(paths) != len(files):
        sys.exit(f"pages/ holds {len(files)} pages, but the sidebar links to {paths}")
    for number, path in enumerate(paths, start=1):
        slug = path.strip("/").replace("/", "-") or "start"
        print(f"{number}/{len(paths)} {path}", flush=True)
        for look in ("light", "dark", "phone"):
            page = browser.new_page(
                base_url=url,
                viewport=PHONE if look == "phone" else DESKTOP,
                color_scheme="dark" if look == "dark" else "light",
            )
            name = f"{number:02d}-{slug}-{look}"
            shoot(page, path, name, first_screen=look != "phone")
            page.close()


def main() -> None:
    """Run the app and write the pictures."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium on this machine (name one in BERT_EXPLORER_CHROMIUM).")
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    with (
        tempfile.TemporaryDirectory() as home,
        serve_app(Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=LAUNCH_ARGS)
        shoot_all(browser, server.url)
        browser.close()
    print(f"Written to {OUTPUT.relative_to(ROOT)}/")


if __name__ == "__main__":
    main()
