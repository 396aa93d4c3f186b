"""The files of a run that somebody started: its text, what it began with, and what it learned.

NAME/text.jsonl   a document a line, its sentences as a list
NAME/start/       the untrained checkpoint, of a run from scratch
NAME/state/       what a paused run needs to go on
NAME/step-1234/   the checkpoint after that many steps
NAME/facts.json   what the run is called, and what it began with
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bert_core.checkpoint.save import save_checkpoint
from bert_core.data.documents import Document
from bert_core.data.packages import default_cache
from bert_core.model.bert import Bert
from bert_core.tokenizer import Tokenizer
from bert_core.training.arguments import TrainingArguments
from bert_core.training.state import saved_run

FEWEST_WORDS, FEWEST_SENTENCES = 200, 8
"""Below, there is nothing to learn but the text itself by heart."""
FEWEST_DOCUMENTS = 8
"""Fewer are cut into parts: what does not follow is taken from another document."""
SHORTEST_PART = 4
"""Sentences."""
FACTS = "facts.json"
_STEP = re.compile(r"step-(\d+)")


def runs_folder() -> Path:
    """Where all runs lie, in the cache."""
    return default_cache() / "runs"


@dataclass(frozen=True)
class TrainedModel:
    """One checkpoint that was trained here."""

    folder: Path
    title: str
    step: int


class RunFolder:
    """The files of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def text(self) -> Path:
        """The text, as `own_documents` reads it."""
        return self.folder / "text.jsonl"

    @property
    def start(self) -> Path:
        """The checkpoint that a run from scratch begins with."""
        return self.folder / "start"

    @property
    def state(self) -> Path:
        """What the run needs to go on."""
        return self.folder / "state"

    def write_text(self, documents: Sequence[Document]) -> None:
        """Write the documents, which then appear as a whole.

        Raises:
            OSError: when the disk is full.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.text.with_suffix(".part")
        try:
            with partial.open("w", encoding="utf-8", errors="replace") as file:
                for document in documents:
                    line = {"text": document.sentences}
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
            partial.replace(self.text)
        finally:
            partial.unlink(missing_ok=True)

    def write_facts(self, title: str, start: str) -> None:
        """Note down what the run is called, and what it begins with."""
        self.folder.mkdir(parents=True, exist_ok=True)
        facts = json.dumps({"title": title, "start": start})
        (self.folder / FACTS).write_text(facts, encoding="utf-8")

    def facts(self) -> dict[str, str]:
        """What was noted down; nothing where that cannot be read."""
        try:
            found = json.loads((self.folder / FACTS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = None
        return found if isinstance(found, dict) else {}

    def save(self, step: int, model: Bert, tokenizer: Tokenizer, instead: int | None) -> Path:
        """Save the checkpoint of a step, then remove that of the step `instead`.

        Raises:
            OSError: when it cannot be written; the one of before is still there.
        """
        folder = self.folder / f"step-{step}"
        try:
            save_checkpoint(folder, model, tokenizer)
        except BaseException:
            if not (folder / "config.json").is_file():
                shutil.rmtree(folder, ignore_errors=True)
            raise
        if instead is not None and instead != step:
            shutil.rmtree(self.folder / f"step-{instead}", ignore_errors=True)
        return folder

    def forget(self, everything: bool) -> None:
        """The run is over: it needs no state; without a checkpoint no file at all."""
        shutil.rmtree(self.folder if everything else self.state, ignore_errors=True)

    def checkpoints(self) -> list[TrainedModel]:
        """What it has learned, the latest first."""
        title = self.facts().get("title")
        if title is None:
            return []
        found = [
            TrainedModel(path, title, int(match[1]))
            for path in self.folder.iterdir()
            if (match := _STEP.fullmatch(path.name)) and (path / "model.safetensors").is_file()
        ]
        return sorted(found, key=lambda one: -one.step)


@dataclass(frozen=True)
class LeftBehind:
    """A run that was paused, or going on, when the app ended."""

    files: RunFolder
    start: str
    """What it began with, as in `Plan`."""
    step: int
    """Of the state that it can go on from."""
    arguments: TrainingArguments


def left_behind(name: str) -> LeftBehind | None:
    """What is left of the run of that name; None where it cannot go on."""
    root = runs_folder()
    if not root.is_dir() or name not in (path.name for path in root.iterdir()):
        return None
    files = RunFolder(root / name)
    saved, start = saved_run(files.state), files.facts().get("start")
    if saved is None or start is None:
        return None
    reached, run = saved
    known = {field.name for field in fields(TrainingArguments)}
    given: dict[str, Any] = {key: value for key, value in run.items() if key in known}
    return LeftBehind(files, start, reached.step, TrainingArguments(**given))


def trained_here(busy: Collection[Path] = ()) -> list[TrainedModel]:
    """All checkpoints that were trained here, the latest run first.

    Args:
        busy: folders of runs that are going on, whose checkpoints are replaced all the time.
    """
    root = runs_folder()
    if not root.is_dir():
        return []
    folders = [path for path in root.iterdir() if path.is_dir() and path not in busy]
    folders.sort(key=lambda path: -path.stat().st_mtime)
    return [one for folder in folders for one in RunFolder(folder).checkpoints()]


def check_text(documents: Sequence[Document]) -> None:
    """Raise ValueError when there is too little to learn from, saying how much is needed."""
    sentences = [sentence for document in documents for sentence in document.sentences]
    words = sum(len(sentence.split()) for sentence in sentences)
    if words < FEWEST_WORDS or len(sentences) < FEWEST_SENTENCES:
        raise ValueError(
            f"the text has {words:,} words in {len(sentences):,} sentences; at least "
            f"{FEWEST_WORDS} words in {FEWEST_SENTENCES} sentences are needed to learn from, and "
            "100,000 words or more to learn much (a novel has as many)"
        )


def in_parts(documents: Sequence[Document]) -> list[Document]:
    """The documents; fewer than FEWEST_DOCUMENTS are cut into parts of even length.

    With one document alone there would be no sentence that does not follow.
    """
    if not 0 < len(documents) < FEWEST_DOCUMENTS:
        return list(documents)
    total = sum(len(document.sentences) for document in documents)
    size = max(SHORTEST_PART, min(40, total // FEWEST_DOCUMENTS))
    return [
        Document(f"{document.id}/{at}", document.source, document.sentences[at : at + size])
        for document in documents
        for at in range(0, len(document.sentences), size)
    ]
