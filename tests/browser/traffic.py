"""A witness to what the browser did: where it asked, and what went wrong in its console."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, WebError

LOCAL_SCHEMES = ("data", "blob", "about")

# Opened at /page, Streamlit first looks for its server below that address, then at the root. The
# browser logs the 404 of the first guess.
_FIRST_GUESS = r"404 \(Not Found\) \(http://{host}/[^/]+/_stcore/(health|host-config)\)$"


class Traffic:
    """Records the requests and console errors of every context it is told to watch."""

    def __init__(self, base_url: str) -> None:
        self.host = urlsplit(base_url).netloc
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._expected = [re.compile(_FIRST_GUESS.format(host=re.escape(self.host)))]
        self._contexts: list[BrowserContext] = []

    def watch(self, context: BrowserContext) -> None:
        """Record everything that the pages of `context` do from now on."""
        self._contexts.append(context)
        for event, listener in self._listeners().items():
            context.on(event, listener)  # type: ignore[call-overload]

    def look_away(self, context: BrowserContext) -> None:
        """Record no more of what the pages of `context` do."""
        self._contexts.remove(context)
        for event, listener in self._listeners().items():
            context.remove_listener(event, listener)

    def _listeners(self) -> dict[str, Callable[..., None]]:
        return {
            "request": self._note_request,
            "console": self._note_console,
            "weberror": self._note_error,
            "page": self._note_page,
        }

    def expect_error(self, pattern: str) -> None:
        """Let console errors pass that match the regular expression `pattern`; say why there."""
        self._expected.append(re.compile(pattern))

    def outside(self) -> list[str]:
        """The requests that went to another host than the app's."""
        return [url for url in self.requests if not self._is_own(url)]

    def problems(self) -> list[str]:
        """What a test must fail for: requests to other hosts and console errors not expected."""
        self._settle()
        errors = [e for e in self.errors if not any(p.search(e) for p in self._expected)]
        outside = [f"a request left the machine: {url[:300]}" for url in self.outside()]
        return outside + [f"an error in the browser's console: {error}" for error in errors]

    def _is_own(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in LOCAL_SCHEMES or parts.netloc == self.host

    def _note_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _note_page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self.requests.append(socket.url))

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _note_error(self, error: WebError) -> None:
        self.errors.append(f"uncaught: {error.error}")

    def _settle(self) -> None:
        """Let events still on their way arrive."""
        for page in [page for context in self._contexts for page in context.pages]:
            try:
                page.wait_for_timeout(50)
            except Error:
                continue
