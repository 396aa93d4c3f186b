"""Which run goes on where, what it may change, and what is not replaced by mistake."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bert_core.cli.parser import main
from bert_core.cli.stopping import stop_between_steps
from bert_core.data.sentence_pairs import TokenisedDocument
from bert_core.training.alone import alone_in
from bert_core.training.loop import Placed, Stopped, Trainer
from bert_core.training.start import from_scratch
from bert_core.training.state import saved_run
from tests.model.tiny import tiny_config, tiny_tokenizer
from tests.training.forks import Fork
from tests.training.test_nothing_lost import command, source, until_step  # noqa: F401
from tests.training.toy import toy_arguments, toy_documents


def toy_run(folder: Path, notes: list[str] | None = None, **changes: float) -> Trainer:
    given = None if notes is None else notes.append
    return Trainer(
        from_scratch(tiny_config(), 1), tiny_tokenizer(), toy_documents(), toy_arguments(**changes),
        folder, on_note=given,
    )  # fmt: skip


def test_what_a_run_goes_on_with_may_be_changed_and_is_told(tmp_path: Path) -> None:
    toy_run(tmp_path, tokens=1_500, body_rate=1e-3).run()
    notes: list[str] = []
    toy_run(tmp_path, notes, tokens=2_500, body_rate=1e-4).run(resume=True)
    assert notes == [
        "tokens was 1500, and is 2500 from here on",
        "body_rate was 0.001, and is 0.0001 from here on",
    ]
    saved = saved_run(tmp_path)
    assert saved is not None and saved[0].tokens >= 2_500 and saved[1]["body_rate"] == 1e-4


def test_where_no_state_is_it_is_said(tmp_path: Path) -> None:
    notes: list[str] = []
    toy_run(tmp_path, notes, tokens=500).run(resume=True)
    assert notes == [f"there is no state in '{tmp_path}': the run begins anew"]


def test_fewer_tokens_than_were_read_are_refused(tmp_path: Path) -> None:
    toy_run(tmp_path, tokens=1_500).run()
    with pytest.raises(ValueError, match=r"1,\d\d\d tokens were read already; give more"):
        toy_run(tmp_path, tokens=1_000).run(resume=True)


def test_rows_of_other_kinds_are_refused(tmp_path: Path) -> None:
    toy_run(tmp_path, tokens=1_500, short=0.5).run()
    with pytest.raises(ValueError, match="is the state of a run whose short was 0.5; now it is"):
        toy_run(tmp_path, tokens=1_500).run(resume=True)


def test_another_text_of_the_same_size_is_refused(tmp_path: Path) -> None:
    toy_run(tmp_path, tokens=1_500).run()
    other = toy_run(tmp_path, tokens=1_500)
    first, *more = other.documents
    sentence, *rest = first.sentences
    changed = (sentence[0] + 1, *sentence[1:])
    other.documents = [TokenisedDocument("toy", (changed, *rest)), *more]
    with pytest.raises(ValueError, match="is the state of a run whose text was 12 documents"):
        other.run(resume=True)


def test_passes_that_were_read_are_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what comes then is what would have come."""
    made, read = Trainer._one_pass, list[tuple[int, int]]()

    def watched(trainer: Trainer, epoch: int) -> Iterator[Placed]:
        for placed in made(trainer, epoch):
            read.append(placed[:2])
            yield placed

    monkeypatch.setattr(Trainer, "_one_pass", watched)
    toy_run(tmp_path / "whole", tokens=5_000).run()
    whole, at = read.copy(), len(read) * 2 // 3
    read.clear()
    stopped = toy_run(tmp_path / "parts", tokens=5_000)
    stopped.stop = lambda: stopped.step == at
    with pytest.raises(Stopped):
        stopped.run()
    assert read == whole[:at] and read[-1][0] > 0, "more than a pass"
    read.clear()
    toy_run(tmp_path / "parts", tokens=5_000).run(resume=True)
    assert read == whole[at:]


def test_a_forgotten_resume_replaces_nothing(
    source: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = command(source, tmp_path / "out")
    process = Fork(arguments)
    until_step(process, tmp_path / "out-training", 5)
    assert main(command(source, tmp_path / "out")[3:]) == 2, "another at the same time"
    assert "another training writes to" in capsys.readouterr().err
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = saved_run(tmp_path / "out-training")
    assert main(arguments[3:]) == 2
    said = capsys.readouterr().err
    assert before is not None and f"stopped at step {before[0].step}; --resume goes on" in said
    assert saved_run(tmp_path / "out-training") == before
    short = [*arguments[3:], "--tokens", "600"]
    assert main([*short, "--anew"]) == 0
    assert "6 documents to learn from, 0 held out; removed before: " in capsys.readouterr().err
    assert main(short) == 0, "the state is that of a run that ended"
    lines = (tmp_path / "out-training" / "metrics.jsonl").read_text("utf-8").splitlines()
    assert len(lines) < 5, "of this run alone"


def test_the_folder_is_free_again_when_its_process_has_ended(tmp_path: Path) -> None:
    with alone_in(tmp_path):
        child = os.fork()
        if child == 0:  # another process
            try:
                with alone_in(tmp_path):
                    os._exit(1)
            except ValueError:
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with alone_in(tmp_path):
        pass


def test_a_file_is_no_folder_for_a_checkpoint(
    source: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "out").write_text("mine")
    assert main(command(source, tmp_path / "out")[3:]) == 2
    assert "is a file; give a folder" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_preparations_end_at_once_and_steps_are_finished(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt, match="before the first step"):
        with stop_between_steps():
            os.kill(os.getpid(), number)
    with stop_between_steps() as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()


def test_a_process_that_outlives_its_terminal_still_does() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_between_steps() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop()
    finally:
        signal.signal(signal.SIGHUP, before)
