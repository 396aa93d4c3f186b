"""Writing a folder as a whole: whoever reads it finds all files of before, or all new ones.

The files are written to a new folder beside it, which then takes its place in one step. A folder
that cannot be exchanged (a mount point, the one a process works in, one beside which nothing may
be written) gets its files one by one, each of them whole.
"""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from safetensors import SafetensorError

_OLD = "-old"
"""Ends the name of the old folder, where it has to be renamed before the new one is."""
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
"""From the headers fcntl.h and linux/fs.h."""


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder to write to; `folder` then has all its files, or is left as it was.

    Other files and folders in it stay. Files may be read by whom the umask lets read them,
    whatever the library says that wrote them.

    Raises:
        OSError: when they cannot be written, also for a SafetensorError, naming the folder.
    """
    try:
        folder = folder.resolve()
        folder.parent.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(folder.parent):
            _clear(folder)
            folder.mkdir(exist_ok=True)
            temporary = _new_folder(folder)
            try:
                yield temporary
                _replace(folder, temporary)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    except (OSError, SafetensorError) as error:
        raise OSError(
            f"'{folder}' could not be written ({error}); what lay there before is kept"
        ) from error


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[bool]:
    """Wait until no other process or thread is in this block for `folder`, which has to be there.

    It yields False, and nobody waits, where the system has no such locks.
    """
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except ImportError:  # Windows
        yield False
        return
    locked = False
    try:
        with suppress(OSError):  # some network file systems have none
            fcntl.flock(handle, fcntl.LOCK_EX)
            locked = True
        yield locked
    finally:
        if locked:  # closing alone would leave it to processes that were forked meanwhile
            fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


def _clear(folder: Path) -> None:
    """Undo what processes left behind that were killed while they wrote `folder`."""
    ours = re.compile(rf"\.saving-{re.escape(folder.name)}-[0-9a-f]{{8}}({_OLD})?")
    for place in (folder.parent, folder):
        for path in list(place.iterdir()) if place.is_dir() else ():
            if not (match := ours.fullmatch(path.name)):
                continue
            if match[1] and not folder.exists():
                path.rename(folder)
            else:
                shutil.rmtree(path, ignore_errors=True)


def _new_folder(folder: Path) -> Path:
    """An empty folder like `folder` beside it; within it where the two cannot be exchanged."""
    inside = folder / f".saving-{folder.name}-{secrets.token_hex(4)}"
    inside.mkdir()
    with suppress(OSError):  # another file system, no right to write there, or no current folder
        if os.name != "nt" and not Path.cwd().is_relative_to(folder):
            return inside.rename(folder.parent / inside.name)
    return inside


def _replace(folder: Path, temporary: Path) -> None:
    """Put the files in `temporary` on the disk, and then into `folder`."""
    written = sorted(temporary.iterdir())
    allowed = temporary.stat().st_mode & 0o666  # of the umask
    for path in written:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode | allowed != mode:
            path.chmod(mode | allowed)
        flush(path)
    if temporary.parent != folder and _exchanged(folder, temporary):
        flush(folder.parent)
        return
    for path in written:
        path.replace(folder / path.name)
    flush(folder)


def _exchanged(folder: Path, temporary: Path) -> bool:
    """Put `temporary`, with what else lies in `folder`, in its place; False where it can't be."""
    try:
        _keep_others(folder, temporary)
        if not _exchange(folder, temporary):
            _take_turns(folder, temporary)
    except OSError:
        return False
    return True


def _keep_others(folder: Path, temporary: Path) -> None:
    """Link to the other files of `folder`; it then looks like it."""
    for path in folder.iterdir():
        kept = temporary / path.name
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, kept, symlinks=True, copy_function=os.link)
        elif not os.path.lexists(kept):
            os.link(path, kept, follow_symlinks=False)
    like = folder.stat()
    shutil.copystat(folder, temporary)
    os.chown(temporary, like.st_uid, like.st_gid)
    for place, _, _ in os.walk(temporary):
        flush(Path(place))


def _exchange(one: Path, other: Path) -> bool:
    """Two folders change their names in one step; False where the system cannot do that."""
    try:
        rename = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):  # not Linux, or of before 2018
        return False
    places = _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other)
    return int(rename(*places, _RENAME_EXCHANGE)) == 0


def _take_turns(folder: Path, temporary: Path) -> None:
    """Rename the old folder away and the new one in; killed in between, `_clear` sets it right."""
    old = temporary.with_name(temporary.name + _OLD)
    folder.rename(old)
    try:
        temporary.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def flush(path: Path) -> None:
    """Have a file's bytes, or a folder's names, on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
