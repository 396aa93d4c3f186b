"""The shell around the pages: headers, the frame, and the harness that watches over it."""

import urllib.request

import pytest
from playwright.sync_api import Page

from tests.browser.helpers import GROUND, axe, open_page
from tests.browser.traffic import Traffic
from ui.security import SECURITY_HEADERS


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/no/such/page"])
def test_every_response_has_the_security_headers(base_url: str, path: str) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(base_url + path, timeout=30) as answer:
        sent = {name: answer.headers.get_all(name) for name in SECURITY_HEADERS}
    assert sent == {name: [value] for name, value in SECURITY_HEADERS.items()}


def test_the_first_page_opens_and_asks_no_other_host(page: Page, traffic: Traffic) -> None:
    open_page(page)
    assert page.get_by_test_id("stException").count() == 0
    assert any(url.startswith("ws:") for url in traffic.requests)
    assert traffic.outside() == []


def test_eval_is_refused(page: Page, traffic: Traffic) -> None:
    traffic.expect_error("unsafe-eval")
    open_page(page)
    # Later, since what a debugger calls itself may use eval.
    page.evaluate("""setTimeout(() => {
      try { eval('1'); window.outcome = 'ran' } catch (error) { window.outcome = error.name }
    })""")
    page.wait_for_function("window.outcome")
    assert page.evaluate("window.outcome") == "EvalError"


def test_dark_follows_the_system(dark_page: Page, page: Page) -> None:
    assert open_page(page).evaluate(GROUND) == "rgb(255, 255, 255)"
    assert open_page(dark_page).evaluate(GROUND) == "rgb(18, 20, 23)"


def test_a_phone_and_reduced_motion_get_what_they_ask(phone_page: Page, still_page: Page) -> None:
    assert open_page(phone_page).evaluate("innerWidth") == 390
    reduced = "matchMedia('(prefers-reduced-motion: reduce)').matches"
    assert open_page(still_page).evaluate(reduced) is True


def test_the_harness_sees_a_request_to_another_host(page: Page, traffic: Traffic) -> None:
    open_page(page)
    page.route("**/*", lambda route: route.abort())
    page.goto("data:text/html,<img src='http://outside.invalid/pixel.png'>")
    page.wait_for_timeout(200)
    assert any("http://outside.invalid/pixel.png" in problem for problem in traffic.problems())
    traffic.requests.clear()
    traffic.errors.clear()


def test_the_harness_sees_errors_in_the_console(page: Page, traffic: Traffic) -> None:
    open_page(page)
    page.evaluate("console.error('logged'); setTimeout(() => { throw new Error('thrown') })")
    problems = "\n".join(traffic.problems())
    assert "logged" in problems and "thrown" in problems
    traffic.errors.clear()


def test_the_harness_sees_what_axe_finds(page: Page) -> None:
    open_page(page)
    page.evaluate("""() => {
      const image = '<img src="data:,">';
      document.body.insertAdjacentHTML('beforeend', image);
      document.body.insertAdjacentHTML('beforeend', `<iframe srcdoc='${image}'></iframe>`);
    }""")
    page.frame_locator("iframe").locator("img").wait_for(state="attached")
    found = axe(page)
    assert "at ['img']" in found and "at ['iframe', 'img']" in found
