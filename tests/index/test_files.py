"""Files appear whole or not at all, and one process builds at a time."""

import os
from pathlib import Path

import pytest

from bert_core.index import files


def break_off(path: Path) -> None:
    target = path / "one" if path.is_dir() else path
    target.write_text("half")
    raise OSError("cut off")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(OSError, match="cut off"):
        files.write_file(path, break_off)
    assert not list(tmp_path.iterdir())
    files.write_file(path, lambda temporary: temporary.write_text("old"))
    with pytest.raises(OSError, match="cut off"):
        files.write_file(path, break_off)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "shards" / "00000"
    with pytest.raises(OSError, match="cut off"):
        files.write_folder(path, break_off)
    assert not list(path.parent.iterdir())
    for text in ("first", "second"):
        files.write_folder(path, lambda new, text=text: (new / "one").write_text(text))
    assert (path / "one").read_text() == "first", "what another worker made stays"
    assert list(path.parent.iterdir()) == [path]


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "shards" / f"00001.7{files.PARTIAL}").mkdir(parents=True)
    (tmp_path / "shards" / f"00001.7{files.PARTIAL}" / "words.parquet").touch()
    (tmp_path / "shards" / "00000").mkdir()
    (tmp_path / f"words.sqlite.7{files.PARTIAL}").touch()
    files.remove_partial(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["shards"]
    assert [path.name for path in (tmp_path / "shards").iterdir()] == ["00000"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no flock")
def test_two_builders_at_once_are_refused(tmp_path: Path) -> None:
    with files.locked(tmp_path):
        with pytest.raises(ValueError, match="another process is building"):
            with files.locked(tmp_path):
                raise AssertionError("the lock was given twice")
    with files.locked(tmp_path):
        pass


def test_the_default_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BERT_EXPLORER_INDEX", raising=False)
    monkeypatch.setenv("BERT_EXPLORER_CACHE", str(tmp_path))
    assert files.default_index_folder() == tmp_path / "index" / "bundled"
    assert files.default_index_folder("/a/my bert/") == tmp_path / "index" / "a-my-bert"
    assert files.default_index_folder("../..") == tmp_path / "index" / "model"
    monkeypatch.setenv("BERT_EXPLORER_INDEX", str(tmp_path / "mine"))
    assert files.default_index_folder("other") == tmp_path / "mine"
