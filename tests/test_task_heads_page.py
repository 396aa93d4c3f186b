"""The page "Task heads", driven without a browser: what it says, trains, keeps and hands out."""

import io
import json
import time
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bert_core.checkpoint.head_file import bundled_heads
from bert_core.cli import main
from bert_core.viz.numbers import percent
from ui import head_store, head_training
from ui import task_heads as th

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 180
TEXT = "A warm and funny film."


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> AppTest:
    """The app on the page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BERT_EXPLORER_HEADS", str(tmp_path_factory.mktemp("heads")))
        app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=SECONDS).run()
        yield app.switch_page("../pages/task_heads.py").run()


def opened(app: AppTest, **address: str) -> AppTest:
    app.query_params.clear()
    app.query_params.update({"text": TEXT, "head": "sentiment"} | address)
    app.run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    """All that is written on the page."""
    kinds = (app.caption, app.info, app.error, app.warning, app.success, app.markdown)
    return "\n".join(block.value for kind in kinds for block in kind) + "\n".join(
        block.proto.body for block in app.get("html")
    )


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception
    return app


def trained(app: AppTest, examples: str) -> AppTest:
    """The page once a head has been trained on these lines."""
    app.text_area(key=th.TYPED).set_value(examples).run()
    press(app, "Train")
    began = time.monotonic()
    while head_training.JOB in app.session_state and time.monotonic() - began < SECONDS:
        time.sleep(0.2)
        app.run()
    assert not app.exception and head_training.JOB not in app.session_state
    return app


def test_the_three_heads_can_be_chosen(app: AppTest) -> None:
    opened(app)
    assert set(bundled_heads()) == {"factual", "sentiment", "spam"}
    assert len(app.selectbox(key=th.HEAD).options) >= 3


def test_the_page_and_the_command_line_agree(
    app: AppTest, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = said(opened(app))
    assert main(["head", "apply", "--head", "sentiment", TEXT, "--words", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert f"<b>{percent(found['probabilities'][found['label']])}</b>" in shown
    assert head_store.loaded("sentiment").facts.training["scores"]["accuracy"] > 0.5


def test_a_link_opens_the_same_text_head_and_class(app: AppTest) -> None:
    opened(app, text="A robin is a kind of bird.", head="factual", label="false")
    assert app.text_area(key=th.TEXT).value == "A robin is a kind of bird."
    assert app.selectbox(key=th.HEAD).value == "factual"
    assert app.selectbox(key=th.LABEL).value == "false"
    values = {name: app.query_params[name] for name in ("text", "head", "label")}
    assert [one if isinstance(one, str) else one[0] for one in values.values()] == [
        "A robin is a kind of bird.", "factual", "false",
    ]  # fmt: skip


def test_an_address_that_makes_no_sense_does_no_harm(app: AppTest) -> None:
    opened(app, head="no such head", label="nothing")
    assert app.selectbox(key=th.HEAD).value in bundled_heads()


def test_an_empty_text_is_asked_for(app: AppTest) -> None:
    assert "text is empty" in said(opened(app, text="  "))


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("a: one\na: two\na: three\na: four", "all examples have the label"),
        ("a: one\na: two\nb: three\nfour", "1 of 4 examples have no label"),
        ("a: one\na: two\nb: three", "at least 4"),
        ("one\ntwo\nthree\nfour", "no example has a label"),
    ],
)
def test_examples_that_cannot_be_learned_from_are_named_and_kept(
    app: AppTest, typed: str, problem: str
) -> None:
    opened(app)
    app.text_area(key=th.TYPED).set_value(typed).run()
    assert problem in app.error[0].value.replace("\\", "").lower()
    press(app, "Train")
    assert head_training.JOB not in app.session_state
    assert app.text_area(key=th.TYPED).value == typed


def test_a_head_is_trained_asked_saved_and_chosen_again(app: AppTest) -> None:
    opened(app)
    trained(app, th.TO_BEGIN["Travel or food"])
    assert app.selectbox(key=th.HEAD).value == head_store.TRAINED
    app.text_area(key=th.TEXT).set_value("The bus was late.").run()
    answer = said(app)
    assert "travel" in answer and "Learned from 10 texts" in answer
    head = app.session_state["task_heads_trained"].head
    name = head_store.save(head, "my trips")
    half = head_store.folder() / ".saving-other-0a1b2c3d"  # as a process leaves it that is killed
    half.mkdir()
    (half / "head.json").write_text("{}")
    assert half.name not in head_store.names() and name in head_store.names()
    app.run()
    assert name in app.selectbox(key=th.HEAD).options
    with pytest.raises(ValueError, match="already"):
        head_store.save(head, "my trips")
    with pytest.raises(ValueError, match="cannot be the name"):
        head_store.save(head, "../out")
    app.selectbox(key=th.HEAD).select(name).run()
    assert "travel" in said(app)


def test_the_head_is_packed_in_our_layout_and_for_transformers(app: AppTest) -> None:
    head = app.session_state["task_heads_trained"].head
    for transformers, weights in ((False, "head.safetensors"), (True, "model.safetensors")):
        packed = zipfile.ZipFile(io.BytesIO(head_store.packed(head, transformers)))
        assert {f"head/{weights}", "head/head.json"} <= set(packed.namelist())


def test_a_full_disk_is_said_and_nothing_saved_is_lost(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(head_store.folder().rglob("*"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(head_store, "save_head", full)
    head = app.session_state["task_heads_trained"].head
    with pytest.raises(ValueError, match="No space left on device.*still there"):
        head_store.save(head, "another")
    assert sorted(head_store.folder().rglob("*")) == before
