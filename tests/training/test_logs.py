"""The lines of a log as JSON and in TensorBoard; a bar on a terminal, lines elsewhere."""

import json
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from bert_core.cli.progress import shown_progress
from bert_core.training.logs import log_to, tensorboard_to
from bert_core.training.progress import Progress

LINES = [
    Progress(20, 4_000, 7.5, 0.69, 0.0, 0.5, 7_000.0, 60.0),
    Progress(40, 8_000, 6.25, 0.5, 0.0, 1.0, 7_100.0, 30.0),
]


def test_a_json_document_a_line(tmp_path: Path) -> None:
    write = log_to(tmp_path / "metrics.jsonl")
    for line in LINES:
        write(line)
    text = (tmp_path / "metrics.jsonl").read_text("utf-8")
    assert [json.loads(line) for line in text.splitlines()] == [asdict(line) for line in LINES]


def test_a_run_that_goes_on_has_each_step_once(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    for line in LINES:
        log_to(path)(line)
    with path.open("a") as file:
        file.write('{"step": 6')  # killed in the middle of a line
    again = Progress(40, 8_000, 6.0, 0.5, 0.0, 1.0, 7_100.0, 30.0)
    write, file_of_before = log_to(path, 20), path.stat().st_ino
    assert path.read_text("utf-8").count("\n") == 2, "nothing is lost before there is a new line"
    write(again)
    assert path.stat().st_ino != file_of_before, "another file in its place, not the same cut"
    steps = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert steps == [asdict(LINES[0]), asdict(again)]
    write(LINES[1])
    assert path.read_text("utf-8").count("\n") == 3, "it is cut once"
    log_to(path, 0)(LINES[0])
    assert json.loads(path.read_text("utf-8")) == asdict(LINES[0])


def test_a_log_that_cannot_be_cut_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    for line in LINES:
        log_to(path)(line)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))  # as if there were no more room
    try:
        with pytest.raises(OSError, match=r"the log could not be written to '.*metrics.jsonl': "):
            log_to(path, 20)(LINES[1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_log_that_cannot_be_written_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write = log_to(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))  # as if there were no more room
    try:
        with pytest.raises(OSError, match=r"the log could not be written to '.*metrics.jsonl': "):
            write(LINES[0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_tensorboard_forgets_steps_that_are_taken_again(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for start, lines in ((None, LINES), (20, LINES[1:])):
        tensorboard_to(tmp_path, 0)  # of a run that fails before its first line
        write = tensorboard_to(tmp_path, start)
        for line in lines:
            write(line)
        time.sleep(1.1)  # files are named by the second
    found = EventAccumulator(str(tmp_path)).Reload().Scalars("mlm_loss")
    assert [event.step for event in found] == [20, 40]


def test_tensorboard_has_every_number_by_step(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    write = tensorboard_to(tmp_path)
    for line in LINES:
        write(line)
    found = EventAccumulator(str(tmp_path)).Reload()
    assert set(found.Tags()["scalars"]) == set(asdict(LINES[0])) - {"step"}
    losses = [(event.step, event.value) for event in found.Scalars("mlm_loss")]
    assert losses == [(20, 7.5), (40, 6.25)]


def test_without_tensorboard_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ValueError, match="requirements-optional.txt, or leave out --tensorboard"):
        tensorboard_to(tmp_path)


def test_progress_is_lines_in_a_file_and_a_bar_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with shown_progress(8_000) as show:
        for line in LINES:
            show(line)
    assert capsys.readouterr().err.splitlines() == [line.line() for line in LINES]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with shown_progress(8_000) as show:
        for line in LINES:
            show(line)
    bar = capsys.readouterr().err
    assert "masked words 6.250, next sentence 0.500" in bar and "100%" in bar


def test_a_bar_that_goes_on_counts_what_this_run_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with shown_progress(8_000_000, 3_999_000) as show:
        show(Progress(20, 4_000_000, 7.5, 0.69, 0.25, 0.5, 7_000.0, 60.0))
        time.sleep(0.3)
        show(Progress(40, 4_001_000, 7.5, 0.69, 0.25, 0.5, 7_000.0, 60.0))
    bar = capsys.readouterr().err
    assert "k tokens/s" in bar and "M tokens/s" not in bar and "senses 0.250" in bar
