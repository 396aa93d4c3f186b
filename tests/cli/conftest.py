"""A tiny checkpoint, and files to read, for the command line."""

from pathlib import Path

import pytest

from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from tests.model.tiny import saved_tiny
from tests.training.toy import SENTENCES


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    return saved_tiny(tmp_path_factory.mktemp("cli") / "tiny", max_position_embeddings=128)


@pytest.fixture(scope="session")
def bert(tiny: str) -> Checkpoint:
    return load_checkpoint(tiny)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text(
        '{"words": ["the", "river"], "index": 1}\n\n{"sentence": "a boat", "start": 2, "end": 6}\n'
        '{"words": ["fishing", "boats", "."], "index": 0}\n'
    )
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for at in range(200):
        text = ". ".join(f"{one[:-2].capitalize()} {at}" for one in SENTENCES) + "."
        (folder / f"{at}.txt").write_text(text)
    return str(folder)
