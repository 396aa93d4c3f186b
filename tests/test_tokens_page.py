"""The page "Tokens", driven without a browser: what it works out, keeps and hands out."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 180


@pytest.fixture(scope="module")
def app() -> AppTest:
    """The app on the page."""
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=SECONDS).run()
    return app.switch_page("../pages/tokens.py").run()


def shown(app: AppTest) -> str:
    assert not app.exception, app.exception
    return "\n".join(block.proto.body for block in app.get("html"))


def typed(app: AppTest, text: str, pair: str = "") -> AppTest:
    app.text_area(key="tokens_text").set_value(text)
    return app.text_area(key="tokens_pair").set_value(pair).run()


def opened(app: AppTest, **address: str) -> AppTest:
    app.query_params.clear()
    app.query_params.update(address)
    return app.run()


def code(app: AppTest, start: str) -> str:
    return next(block.value for block in app.code if block.value.startswith(start))


def test_a_word_of_the_text_is_explained_and_another_can_be_typed(app: AppTest) -> None:
    typed(app, "The embeddings of unbelievable words")
    assert app.selectbox(key="tokens_word").value == "embeddings"
    assert app.selectbox(key="tokens_word").options[:2] == ["The", "embeddings"]
    opened(app, text="The embeddings of words", word="tokenisation")
    assert "tokenisation</bdi> → <b><bdi dir='auto'>token</bdi>" in shown(app)
    typed(app, "Another text")
    assert app.selectbox(key="tokens_word").value == "tokenisation"


def test_a_word_that_is_no_longer_there_gives_way(app: AppTest) -> None:
    typed(app, "We saw embeddings")
    app.selectbox(key="tokens_word").select("saw").run()
    typed(app, "We forgot embeddings")
    assert app.selectbox(key="tokens_word").value == "embeddings"


def test_unknown_words_come_with_their_reason(app: AppTest) -> None:
    typed(app, "a rune ᛗ here")
    assert "does not have &#x27;ᛗ&#x27;" in shown(app)


def test_the_address_holds_text_pair_and_word(app: AppTest) -> None:
    typed(app, "naïve & <b>bold</b>", "Second, embeddings?")
    app.selectbox(key="tokens_word").select("bold").run()
    asked = parse_qs(urlsplit(code(app, "?")).query)
    assert asked == {
        "text": ["naïve & <b>bold</b>"], "pair": ["Second, embeddings?"], "word": ["bold"]
    }  # fmt: skip


def test_an_address_opens_what_it_holds() -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=SECONDS).run()
    app.switch_page("../pages/tokens.py")
    opened(app, text="some text", pair="more of it", word="embeddings")
    assert app.text_area(key="tokens_text").value == "some text"
    assert app.text_area(key="tokens_pair").value == "more of it"
    assert app.selectbox(key="tokens_word").value == "embeddings"
    assert "##bed" in shown(app)


def test_the_command_says_what_the_page_says(app: AppTest) -> None:
    typed(app, "-it's \"naïve\" $HOME", "`so` called")
    words = shlex.split(code(app, "python"))
    run = subprocess.run(
        [sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=True
    )
    said = json.loads(run.stdout)
    table = shown(app).rpartition("<tbody>")[2]
    for token, id in zip(said["tokens"], said["ids"], strict=True):
        assert token.replace("'", "&#x27;").replace('"', "&quot;") in table and str(id) in table
    assert table.count("<tr>") == len(said["tokens"])


@pytest.mark.parametrize("text, pair", [("", ""), (" \n", ""), ("", "only that"), ("\x00", "")])
def test_texts_without_a_word_do_no_harm(app: AppTest, text: str, pair: str) -> None:
    typed(app, text, pair)
    assert "[CLS]" in shown(app)
    assert bool(app.info) == (not pair)


def test_text_too_long_is_cut_and_said_so(app: AppTest) -> None:
    typed(app, "unbelievable words, " * 3_000, "a second text " * 900)
    assert "3 of them for [CLS]" in app.warning[0].value
    assert "of text A" in app.warning[0].value and "of text B" in app.warning[0].value
    assert shown(app).rpartition("<tbody>")[2].count("<tr>") == 512
    assert "$(cat first.txt)" in code(app, "python")
    assert any("too long for a link" in caption.value for caption in app.caption)


def test_examples_open(app: AppTest) -> None:
    for name in app.selectbox(key="tokens_example").options:
        app.selectbox(key="tokens_example").select(name).run()
        assert "[SEP]" in shown(app), name
