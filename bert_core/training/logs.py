"""Where the lines of a training's log go: JSON lines, and TensorBoard where it is installed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from bert_core.training.loop import Progress


def log_to(path: Path) -> Callable[[Progress], None]:
    """A callback that adds one JSON document a line to `path`."""

    def write(progress: Progress) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(progress)) + "\n")

    return write


def tensorboard_to(folder: Path) -> Callable[[Progress], None]:
    """A callback that adds every number of a line to the event file in `folder`, by step.

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
    writer = SummaryWriter(str(folder))

    def write(progress: Progress) -> None:
        for name, value in asdict(progress).items():
            if name != "step":
                writer.add_scalar(name, value, progress.step)
        writer.flush()

    return write
