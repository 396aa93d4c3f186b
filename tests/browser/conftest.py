"""The running app and a real Chromium for the tests in this folder.

`page` is 1280 x 800 and light; `dark_page`, `phone_page` and `still_page` are what they say. A test
fails at its end when any of its pages asked another host for something, or logged an error.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, ViewportSize

from tests.browser.chromium import LAUNCH_ARGS, find_chromium
from tests.browser.helpers import DESKTOP, PHONE
from tests.browser.server import AppServer, serve_app
from tests.browser.traffic import Traffic

HERE = Path(__file__).parent
NewPage = Callable[..., Page]
SERVER = pytest.StashKey[AppServer]()
NO_BROWSER = "no Chromium on this machine (name one in BERT_EXPLORER_CHROMIUM)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder that uses the app drives a browser."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if HERE in item.path.parents and "base_url" in names:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Put the end of the server's log beside a failure."""
    report = yield
    server = item.config.stash.get(SERVER, None)
    if report.failed and server is not None:
        report.sections.append(("Streamlit's log", server.log_tail()))
    return report


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser; without one the test is skipped or, under CI=true, fails."""
    path = find_chromium()
    if path is not None:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(NO_BROWSER)
    pytest.skip(NO_BROWSER)


@pytest.fixture(scope="session")
def app_server(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[AppServer]:
    """The app, running for the whole session."""
    with serve_app(tmp_path_factory.mktemp("home")) as server:
        pytestconfig.stash[SERVER] = server
        yield server


@pytest.fixture(scope="session")
def base_url(chromium_path: str, app_server: AppServer) -> str:
    """The app's address. pytest-playwright reads it too, so that `page.goto("/")` works."""
    return app_server.url


@pytest.fixture(scope="session")
def browser_type_launch_args(
    chromium_path: str, browser_type_launch_args: dict[str, Any]
) -> dict[str, Any]:
    """Launch the machine's own Chromium, silent towards the network."""
    return {**browser_type_launch_args, "executable_path": chromium_path, "args": LAUNCH_ARGS}


@pytest.fixture
def traffic(base_url: str) -> Traffic:
    """What the pages of this test did; `traffic.expect_error(...)` lets a known error pass."""
    return Traffic(base_url)


@pytest.fixture(scope="session")
def visitor(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    base_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[BrowserContext]:
    """A browser that keeps the app's code between visits, which halves the work of opening it."""
    context = browser_type.launch_persistent_context(
        tmp_path_factory.mktemp("profile"), base_url=base_url, **browser_type_launch_args
    )
    yield context
    context.close()


@pytest.fixture
def new_page(visitor: BrowserContext, traffic: Traffic) -> Iterator[NewPage]:
    """A function that opens a page, watched, as if its visitor had never been here.

    A laptop's screen and the light theme, unless the test asks for something else.
    """
    pages: list[Page] = []

    def opened(
        viewport: ViewportSize = DESKTOP, color_scheme: str = "light", motion: str = "no-preference"
    ) -> Page:
        page = visitor.new_page()
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=color_scheme, reduced_motion=motion)  # type: ignore[arg-type]
        pages.append(page)
        return page

    traffic.watch(visitor)
    yield opened
    problems = traffic.problems()
    traffic.look_away(visitor)
    visitor.set_offline(False)
    known = visitor.new_cdp_session(visitor.pages[0])
    known.send(
        "Storage.clearDataForOrigin",
        {
            "origin": f"http://{traffic.host}",
            "storageTypes": "cookies,local_storage,indexeddb",
        },
    )
    known.detach()
    for page in pages:
        page.close()
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page on a laptop's screen, light."""
    return new_page()


@pytest.fixture
def dark_page(new_page: NewPage) -> Page:
    """A page for a visitor whose system is dark."""
    return new_page(color_scheme="dark")


@pytest.fixture
def phone_page(new_page: NewPage) -> Page:
    """A page on a screen of 390 x 844."""
    return new_page(viewport=PHONE)


@pytest.fixture
def still_page(new_page: NewPage) -> Page:
    """A page for a visitor who asked for reduced motion."""
    return new_page(motion="reduce")


@pytest.fixture
def elsewhere(browser: Browser, base_url: str, traffic: Traffic) -> Iterator[Page]:
    """A page in another browser, watched too."""
    context = browser.new_context(base_url=base_url, viewport=DESKTOP)
    traffic.watch(context)
    yield context.new_page()
    problems = traffic.problems()
    context.close()
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
