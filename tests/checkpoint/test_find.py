"""Where a checkpoint is looked for, and that without a network the answer comes at once."""

import socket
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import huggingface_hub
import pytest
from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError, RepositoryNotFoundError

from bert_core.checkpoint.errors import CheckpointError
from bert_core.checkpoint.find import BUNDLED, find_folder
from bert_core.checkpoint.load import load_checkpoint

HUB_ID = "somebody/a-bert-of-theirs"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty cache, and no way out of this machine."""

    def refuse(*args: Any, **named: Any) -> NoReturn:
        raise AssertionError(f"the network was asked for {args}")

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def answer(monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[str]:
    """Let the hub's client, when asked for a model, raise this; returns what it was asked."""
    asked = []

    def model_info(self: object, repo_id: str, *, timeout: float) -> NoReturn:
        assert 0 < timeout <= 10
        asked.append(repo_id)
        raise error

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", model_info)
    return asked


def test_bundled_is_in_the_project_and_a_folder_is_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert find_folder("bundled") == BUNDLED
    assert find_folder(f" {tmp_path} ") == tmp_path.resolve()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_folder("~") == tmp_path.resolve()
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_folder("mine") == (tmp_path / "mine").resolve(), "a folder comes before a hub id"


@pytest.mark.parametrize(
    "error", [TimeoutError("timed out"), OSError("no route"), RuntimeError("odd")]
)
def test_without_a_network_a_hub_id_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    asked = answer(monkeypatch, error)
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(HUB_ID)
    assert asked == [HUB_ID]
    for part in (HUB_ID, "cannot be reached", "give its folder", "'bundled'"):
        assert part in str(caught.value)


def test_offline_nothing_is_tried_and_the_answer_comes_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    begun = time.monotonic()
    with pytest.raises(CheckpointError, match="cannot be reached from here"):
        find_folder(HUB_ID)
    assert time.monotonic() - begun < 5


def test_a_model_the_hub_does_not_have_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    response = SimpleNamespace(headers={}, request=None)
    answer(monkeypatch, RepositoryNotFoundError("not there", response=response))  # type: ignore
    with pytest.raises(CheckpointError, match=f"no open model called '{HUB_ID}'; check the name"):
        find_folder(HUB_ID)


def test_a_model_in_the_cache_needs_no_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = answer(monkeypatch, AssertionError("asked"))

    def cached(repo_id: str, *, local_files_only: bool = False, **_: Any) -> str:
        if not local_files_only:
            raise LocalEntryNotFoundError("no network")
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", cached)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match="cannot be reached"):
        find_folder(HUB_ID)
    assert asked == [HUB_ID], "half a model in the cache is not enough"
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert find_folder(HUB_ID) == tmp_path
    assert asked == [HUB_ID]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "no checkpoint named"),
        ("   ", "no checkpoint named"),
        ("/no/such/folder", "there is no folder '/no/such/folder'"),
        ("a/b/c", "there is no folder 'a/b/c'"),
        ("https://example.org/model", "there is no folder"),
        ("bad\0name", "there is no folder"),
        ("a" * 5_000, "cannot be a folder"),
        ("a..b", "can have that name"),
        ("a--b/c", "can have that name"),
    ],
)
def test_what_can_be_no_checkpoint_is_named(source: str, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        find_folder(source)


def test_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"")
    with pytest.raises(CheckpointError, match="is a file; give the folder that holds it"):
        find_folder(str(file))
