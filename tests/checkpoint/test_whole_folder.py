"""A folder is written as a whole: killed anywhere, all of it is of before or all of it is new."""

import os
import signal
import stat
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from bert_core.checkpoint import whole_folder as module
from bert_core.checkpoint.whole_folder import whole_folder

NAMES = ("config.json", "model.safetensors", "vocab.txt")
OLD, NEW = ({name: f"{age} {name}" for name in NAMES} for age in ("old", "new"))
OTHERS = {"README.md": "a card", "runs/1/events": "of before"}
"""What nobody writes anew."""


def fill(folder: Path, contents: dict[str, str]) -> None:
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def save(folder: Path, contents: dict[str, str] = NEW) -> None:
    with whole_folder(folder) as temporary:
        fill(temporary, contents)


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


def killed_at(event: int, work: Callable[[], None]) -> bool:
    """Whether a copy of this process was killed at that touch of the disk, before its work's end.

    The interpreter tells of every touch but `renameat2`, and of that it looks the function up.
    """
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        assert status in (0, signal.SIGKILL), status
        return status != 0
    seen = count()

    def hook(name: str, _: object) -> None:
        touches = name.startswith(("os.", "shutil.", "ctypes.")) or name == "open"
        if touches and next(seen) == event:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        sys.addaudithook(hook)
        work()
        os._exit(0)
    finally:
        os._exit(1)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "all" / "tiny+1"  # a name that would be another as a pattern
    fill(folder, OLD | OTHERS)
    return folder


def alone(folder: Path) -> bool:
    """Whether nothing lies beside it."""
    return list(folder.parent.iterdir()) == [folder]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("exchange", [True, False])
def test_killed_anywhere_all_is_old_or_all_is_new(
    exchange: bool, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where two folders cannot change names in one step, the next save brings the old one back."""
    if not exchange:
        monkeypatch.setattr(module, "_exchange", lambda *_: False)
    found = []
    for event in count():
        was_killed = killed_at(event, lambda: save(target))
        if not exchange and not target.exists():
            with pytest.raises(OSError, match="another reason"), whole_folder(target):
                raise OSError("another reason")
        there = contents(target)
        there = {name: text for name, text in there.items() if ".saving" not in name}
        assert there in (OLD | OTHERS, NEW | OTHERS), event
        found.append(there == NEW | OTHERS)
        if not was_killed:
            break
        save(target, OLD)
        assert contents(target) == OLD | OTHERS and alone(target)
    assert alone(target) and found == sorted(found) and found.count(False) > 20
    assert found.count(True) > (3 if exchange else 1), "killed while the old folder is removed, too"


def test_what_raises_leaves_all_as_it_was(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(module, "flush", refuse)
    with pytest.raises(OSError, match=r"tiny\+1' could not be written \(disk full\); what lay"):
        save(target)
    assert contents(target) == OLD | OTHERS and alone(target)
    with pytest.raises(ZeroDivisionError), whole_folder(target) as temporary:
        fill(temporary, NEW)
        raise ZeroDivisionError
    assert contents(target) == OLD | OTHERS and alone(target)


def test_a_new_folder_of_old_looks(target: Path) -> None:
    target.chmod(0o750)
    before = target.stat()
    (target / "link").symlink_to("README.md")
    (target / "runs" / "up").symlink_to("..")
    save(target)
    after = target.stat()
    assert after.st_ino != before.st_ino, "it is another folder, not the files one by one"
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode, before.st_uid, before.st_gid,
    )  # fmt: skip
    assert os.readlink(target / "link") == "README.md" and (target / "runs" / "up").is_symlink()
    (target / "link").unlink()
    (target / "runs" / "up").unlink()
    assert contents(target) == NEW | OTHERS and alone(target)


def test_files_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with whole_folder(tmp_path / "new") as temporary:
            fill(temporary, NEW)
            (temporary / NAMES[0]).chmod(0o600)
            (temporary / NAMES[1]).chmod(0o700)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / "new" / name).stat().st_mode) for name in NAMES]
    assert modes == [0o640, 0o740, 0o640]


def test_a_link_to_a_folder_stays_one(target: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(target)
    save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert contents(target) == NEW | OTHERS and alone(target)


def one_by_one(target: Path, place: Path | None = None) -> None:
    """Save, and see that the folder itself is the one of before."""
    before = target.stat().st_ino
    save(place or target)
    assert target.stat().st_ino == before
    assert contents(target) == NEW | OTHERS and alone(target)


def test_the_folder_one_works_in_stays_it(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(target / "runs")
    one_by_one(target, Path(".."))
    assert Path.cwd() == target / "runs"


@pytest.mark.parametrize("what", ["beside", "away", "in", "link", "chown"])
def test_where_folders_cannot_be_exchanged_files_are(
    what: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a mount point no folder can be moved out, and it cannot be renamed; nor all may link."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("not here")

    if what in ("link", "chown"):
        monkeypatch.setattr(os, what, refuse)
    else:
        rename = Path.rename

        def some(self: Path, place: Path) -> Path:
            refused = {"beside": self.parent, "away": self, "in": place}[what] == target
            if refused and not self.name.endswith("-old"):  # it may be brought back
                refuse()
            return rename(self, place)

        monkeypatch.setattr(Path, "rename", some)
        monkeypatch.setattr(module, "_exchange", lambda *_: False)
    one_by_one(target)


def test_leftovers_of_others_stay(target: Path) -> None:
    own = [f".saving-tiny+1-{'0' * 8}", f".saving-tiny+1-{'1' * 8}-old"]
    others = [f".saving-tiny+1-2-{'0' * 8}", f".saving-tinyy1-{'0' * 8}", ".saving-tiny+1"]
    for name in own + others:
        fill(target.parent / name, OLD)
    fill(target / own[0], OLD)
    save(target)
    assert contents(target) == NEW | OTHERS
    assert {path.name for path in target.parent.iterdir()} == {*others, target.name}


def test_many_may_save_to_it_at_once(target: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: save(target), range(40)))
    assert contents(target) == NEW | OTHERS and alone(target)
