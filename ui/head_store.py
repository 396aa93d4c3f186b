"""The heads one can choose: those that come with the project, saved ones, the one just trained."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import streamlit as st

from bert_core.checkpoint.head_file import (
    FACTS_FILE,
    LoadedHead,
    bundled_heads,
    load_head,
    save_for_transformers,
    save_head,
)
from bert_core.checkpoint.load import Checkpoint
from bert_core.training.task_head import TrainedHead
from ui import export, models

TRAINED = "just trained"
"""The name of the head that this visitor trained last."""
ORDER = ("spam", "sentiment", "factual")
_NAME = re.compile(r"\w[\w .-]{0,59}")
_KEPT, _OPENED = "task_heads_trained", "task_heads_opened"


def folder() -> Path:
    """Where heads are saved: $BERT_EXPLORER_HEADS, or .local/share/bert-explorer/heads at home."""
    named = os.environ.get("BERT_EXPLORER_HEADS")
    if named:
        return Path(named).expanduser()
    return Path.home() / ".local" / "share" / "bert-explorer" / "heads"


def names() -> list[str]:
    """All heads one can choose, the bundled ones first."""
    bundled = sorted(bundled_heads(), key=lambda name: (ORDER + (name,)).index(name))
    saved = sorted(path.parent.name for path in folder().glob(f"[!.]*/{FACTS_FILE}"))
    own = [TRAINED] if trained() is not None else []
    opened = [str(path) for path in st.session_state.get(_OPENED, [])]
    return list(dict.fromkeys([*bundled, *own, *saved, *opened]))


def trained() -> TrainedHead | None:
    """What this visitor trained last."""
    found: TrainedHead | None = st.session_state.get(_KEPT)
    return found


def keep(head: TrainedHead) -> None:
    """Keep a head that was just trained, for as long as the visit lasts."""
    st.session_state[_KEPT] = head


def open_folder(path: str) -> str:
    """Make the head in a folder one that can be chosen; returns its name.

    Raises:
        ValueError: when it cannot be used, in plain words.
    """
    name = str(Path(path.strip()).expanduser())
    loaded(name)
    st.session_state[_OPENED] = list(
        dict.fromkeys([*st.session_state.get(_OPENED, []), name])
    )
    return name


def loaded(name: str) -> LoadedHead:
    """The head of that name, with the encoder in use or its own.

    Raises:
        ValueError: when it is broken, or does not fit the model in use.
    """
    if name == TRAINED:
        known = trained()
        assert known is not None
        return known.head
    place = folder() / name
    source = name if name in bundled_heads() or not place.is_dir() else str(place)
    changed = Path(source) / FACTS_FILE
    stamp = changed.stat().st_mtime if changed.is_file() else 0.0
    return _loaded(models.current_name(), source, stamp)


@st.cache_resource(max_entries=6, show_spinner="Loading the head …")
def _loaded(model: str, source: str, stamp: float) -> LoadedHead:
    return models.ask(_load, source)


def _load(checkpoint: Checkpoint, source: str) -> LoadedHead:
    return load_head(source, checkpoint)


def save(head: LoadedHead, name: str) -> str:
    """Save a head under a name, so that it can be chosen at any later visit; returns the name.

    Raises:
        ValueError: for a name that is no name of a folder, or is taken, or when the disk is full;
            what was saved before is still there.
    """
    name = " ".join(name.split())
    if not _NAME.fullmatch(name) or name == TRAINED or name in bundled_heads():
        raise ValueError(
            f"{name!r} cannot be the name; give letters, digits, spaces, up to 60, and none of "
            f"{', '.join((*bundled_heads(), TRAINED))}"
        )
    place = folder() / name
    if (place / FACTS_FILE).exists():
        raise ValueError(f"there is a head called {name!r} already; give another name")
    try:
        save_head(place, head)
    except OSError as error:
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
        raise ValueError(
            f"the head could not be saved to '{place}' ({error.strerror or error}); make room, or "
            "download it. What was saved before is still there"
        ) from error
    return name


def packed(head: LoadedHead, transformers: bool) -> bytes:
    """The head's folder as a zip file: in our layout, or one that `transformers` opens."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "head"
        if transformers:
            save_for_transformers(place, head)
        else:
            save_head(place, head)
        return export.zipped(place, "head")
