"""Every page starts, through the real shell, without an exception and under a title of its own."""

from functools import cache
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py") if path.name[0] != "_")
SECONDS = 180


@cache
def launched(file: str) -> AppTest:
    """The app after a visitor has gone to pages/`file`."""
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=SECONDS).run()
    assert not app.exception, f"the first page: {app.exception}"
    return app.switch_page(f"../pages/{file}").run()


def test_there_are_pages() -> None:
    assert PAGES, "no page was found in pages/"


@pytest.mark.parametrize("file", PAGES)
def test_a_page_starts_without_an_exception(file: str) -> None:
    assert [error.value for error in launched(file).exception] == []


@pytest.mark.parametrize("file", PAGES)
def test_a_page_has_one_title(file: str) -> None:
    titles = [title.value for title in launched(file).title]
    assert len(titles) == 1 and titles[0].strip(), f"pages/{file} shows the titles {titles}"


def test_titles_differ() -> None:
    """Else `launched` may have shown the first page every time."""
    titles = {file: [title.value for title in launched(file).title] for file in PAGES}
    assert len({str(title) for title in titles.values()}) == len(PAGES), titles
