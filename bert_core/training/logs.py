"""Where the lines of a training's log go: JSON lines, and TensorBoard where it is installed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path

from bert_core.training.progress import Progress


def log_to(path: Path, step: int | None = None) -> Callable[[Progress], None]:
    """A callback that adds one JSON document a line to `path`.

    Args:
        path: goes on where it is.
        step: where the run goes on; lines of later steps, which it takes again, are cut when the
            first line is added: a run that fails before has lost none.

    The callback raises:
        OSError: when it cannot be written.
    """

    def write(progress: Progress) -> None:
        nonlocal step
        with _said_of(path):
            if step is not None and path.is_file():
                _cut(path, step)
            step = None
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(progress)) + "\n")

    return write


def _cut(path: Path, step: int) -> None:
    """Leave the lines up to that step, in one go; a line that a killed run began goes too."""
    shorter = path.with_name(f"{path.name}.part")
    try:
        with path.open(encoding="utf-8") as old, shorter.open("w", encoding="utf-8") as new:
            new.writelines(
                line for line in old if line.endswith("\n") and json.loads(line)["step"] <= step
            )
        shorter.replace(path)
    finally:
        shorter.unlink(missing_ok=True)


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OSError(f"the log could not be written to '{path}': {error.strerror}") from error


def tensorboard_to(folder: Path, step: int | None = None) -> Callable[[Progress], None]:
    """A callback that adds every number of a line to the event file in `folder`, by step.

    Args:
        folder: made if it is not there.
        step: where the run goes on; what is there of later steps is not shown.

    Raises:
        ValueError: when TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ValueError(
            "TensorBoard is not installed; pip install -r requirements-optional.txt, or leave out "
            "--tensorboard"
        ) from error

    @cache
    def writer() -> SummaryWriter:  # with the first line, as in `log_to`
        return SummaryWriter(str(folder), purge_step=None if step is None else step + 1)

    def write(progress: Progress) -> None:
        for name, value in asdict(progress).items():
            if name != "step":
                writer().add_scalar(name, value, progress.step)
        writer().flush()

    return write
