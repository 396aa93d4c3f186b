"""Where the lines of a training's log go: JSON lines, and TensorBoard where it is installed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from bert_core.training.progress import Progress


def log_to(path: Path, step: int | None = None) -> Callable[[Progress], None]:
    """A callback that adds one JSON document a line to `path`.

    Args:
        path: goes on where it is.
        step: where the run goes on; lines of later steps, which it takes again, are cut.

    Raises:
        OSError: here or there, when it cannot be written.
    """
    if step is not None and path.is_file():
        lines = path.read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= step]
        shorter = path.with_name(f"{path.name}.part")
        with _said_of(path):
            shorter.write_text("".join(kept), encoding="utf-8")
            shorter.replace(path)

    def write(progress: Progress) -> None:
        with _said_of(path), path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(progress)) + "\n")

    return write


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
    writer = SummaryWriter(str(folder), purge_step=None if step is None else step + 1)

    def write(progress: Progress) -> None:
        for name, value in asdict(progress).items():
            if name != "step":
                writer.add_scalar(name, value, progress.step)
        writer.flush()

    return write
