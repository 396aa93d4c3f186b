"""Where a checkpoint is: bundled with the project, in a folder, or on a model hub."""

from __future__ import annotations

import re
from pathlib import Path

from bert_core.checkpoint.errors import CheckpointError

BUNDLED = Path(__file__).resolve().parents[2] / "assets" / "model"
"""The checkpoint that comes with the project."""

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


def find_folder(source: str) -> Path:
    """The folder that holds the checkpoint called `source`.

    Args:
        source: 'bundled', a folder, or a hub id such as 'bert-base-uncased'.

    Raises:
        CheckpointError: when there is none, saying what would be right.
    """
    source = source.strip()
    if source == "bundled":
        return BUNDLED
    if not source:
        raise CheckpointError("no checkpoint named; give 'bundled', a folder or a hub id")
    try:
        folder = Path(source).expanduser()
        if folder.is_dir():
            return folder.resolve()
        if folder.is_file():
            raise CheckpointError(f"{source} is a file; give the folder that holds it")
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{source!r} cannot be a folder: {error}") from error
    if not _HUB_ID.fullmatch(source):
        raise CheckpointError(
            f"there is no folder {source!r}; give an existing folder, or a hub id such as "
            "'bert-base-uncased'"
        )
    from bert_core.checkpoint.hub import download

    return download(source)
