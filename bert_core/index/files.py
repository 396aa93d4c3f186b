"""Where an index lies, and writing files so that a crash leaves them whole or not there at all."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bert_core.checkpoint.whole_folder import flush
from bert_core.data.packages import default_cache

MANIFEST, INFO, DATABASE = "manifest.json", "index.json", "words.sqlite"
PARTIAL = ".part"


def default_index_folder(model: str = "bundled") -> Path:
    """The folder where the index of a model is looked for and made when none is named.

    ``$BERT_EXPLORER_INDEX`` when it is set, else ``index/MODEL`` in the cache folder
    (`packages.default_cache`). It need not be there yet.
    """
    if named := os.environ.get("BERT_EXPLORER_INDEX"):
        return Path(named).expanduser()
    return default_cache() / "index" / (re.sub(r"[^\w.-]+", "-", model).strip("-.") or "model")


def shard_folder(folder: Path, number: int) -> Path:
    """Folder of one finished shard."""
    return folder / "shards" / f"{number:05}"


def part_file(folder: Path, layer: int, number: int) -> Path:
    """FAISS file of one part of a layer."""
    return folder / f"layer-{layer}-{number:05}.faiss"


def trained_file(folder: Path, layer: int) -> Path:
    """FAISS file of a layer's index without vectors in it: what its parts begin as."""
    return folder / f"layer-{layer}-trained.faiss"


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, then put it at `path`, on the disk for sure."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}")
    try:
        write(temporary)
        flush(temporary)
        temporary.replace(path)
        flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_folder(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary folder, then put it at `path`, on the disk for sure.

    When the folder is there already (another worker made it), that one stays.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        write(temporary)
        for file in [*temporary.iterdir(), temporary]:
            flush(file)
        if not path.is_dir():
            temporary.rename(path)
            flush(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_partial(folder: Path) -> None:
    """Remove what a killed run left half-written."""
    for path in [*folder.glob(f"*{PARTIAL}"), *folder.glob(f"shards/*{PARTIAL}")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for one builder; the system lets go of it when the process ends.

    Raises:
        ValueError: when another process builds in it.
    """
    try:
        import fcntl
    except ImportError:  # Windows: two builders at once are the user's to avoid
        yield
        return
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(f"another process is building the index in {folder}") from error
        yield
