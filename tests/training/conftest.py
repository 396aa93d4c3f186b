"""What all tests of training share."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for every test, so that none writes to the user's."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("BERT_EXPLORER_CACHE", str(folder))
    return folder
