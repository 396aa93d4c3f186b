"""What fixes an index, noted down when it is begun; and what it holds, noted when it is done."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bert_core.index.files import INFO, MANIFEST, write_file
from bert_core.index.plan import Span
from bert_core.outputs import IndexInfo

FORMAT = 1
"""Raised when files are laid out anew: older indexes are then not read."""


@dataclass(frozen=True)
class Manifest:
    """The work to do. Two runs with the same manifest make the same index."""

    corpus: str
    corpus_fingerprint: str
    model: str
    fingerprint: str
    precision: str
    """What the weights are held in while indexing."""
    layers: tuple[int, ...]
    width: int
    """Hidden size."""
    tagger: str | None
    """The spaCy model, if there is one."""
    limit: int | None
    """The most words, if not the whole corpus is taken."""
    shard_words: int
    exact_rows: int
    parts_of: int
    """Shards in one FAISS file."""
    shards: tuple[tuple[Span, ...], ...] = ()
    """The plan, made from all of the above but the layers."""
    words: int = 0
    """Words planned."""
    format: int = FORMAT


@dataclass(frozen=True)
class Finished:
    """A finished index: its description, and the files it consists of."""

    info: IndexInfo
    files: dict[str, int]
    """Size of every file in bytes: one that was cut off must not be mapped into memory."""
    parts: int
    """FAISS files of each layer."""
    left_out: int
    """Tokens beyond the model's positions."""


_SAID = {
    "corpus_fingerprint": "another text",
    "fingerprint": "another model",
    "format": "another version of this program",
}


def begin(folder: Path, wanted: Manifest) -> Manifest | None:
    """The manifest already in `folder`; None when nothing was begun there.

    Raises:
        ValueError: when it was begun with other settings than `wanted`, naming one.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None
    kept = _read_json(path)
    for name, value in asdict(wanted).items():
        if name in ("shards", "words", "model", "corpus"):
            continue  # a folder may be called by another name
        there, here = kept.get(name), list(value) if isinstance(value, tuple) else value
        if there != here:
            said = _SAID.get(name, f"{name.replace('_', ' ')} {there}, not {here}")
            raise ValueError(
                f"the index in {folder} was begun with {said}; name another folder, or delete "
                "that one"
            )
    shards = tuple(tuple(Span(*span) for span in shard) for shard in kept["shards"])
    fixed = {"layers": tuple(kept["layers"]), "shards": shards}
    return Manifest(**{**{name: kept[name] for name in asdict(wanted)}, **fixed})


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Note down what is to be done."""
    spans = [[(s.document, s.first, s.last) for s in shard] for shard in manifest.shards]
    text = json.dumps({**asdict(manifest), "shards": spans})
    write_file(folder / MANIFEST, lambda path: path.write_text(text, encoding="utf-8"))


def write_finished(folder: Path, finished: Finished) -> None:
    """Note down that the index is whole."""
    text = json.dumps({**asdict(finished), "format": FORMAT}, indent=2)
    write_file(folder / INFO, lambda path: path.write_text(text, encoding="utf-8"))


def read_finished(folder: Path) -> Finished:
    """What a finished index in `folder` consists of.

    Raises:
        ValueError: when there is none, it is not finished, or a file is missing or cut off;
            saying what to do.
    """
    if not (folder / INFO).is_file():
        if (folder / MANIFEST).is_file():
            raise ValueError(
                f"the index in {folder} is not finished; give the command that began it again"
            )
        raise ValueError(
            f"there is no index in {folder}; make one: python -m bert_core index "
            f"--corpus packaged --output {folder}"
        )
    values = _read_json(folder / INFO)
    try:
        if values["format"] != FORMAT:
            raise ValueError(f"its format is {values['format']}, this program reads {FORMAT}")
        layers = tuple(values["info"]["layers"])
        info = IndexInfo(**{**values["info"], "layers": layers})
        found = Finished(info, values["files"], values["parts"], values["left_out"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{folder / INFO} cannot be used ({error!r}); {_ANEW}") from error
    for name, size in found.files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            raise ValueError(f"{path} is missing or not of its size of {size:,} bytes; {_ANEW}")
    return found


_ANEW = "delete the index's folder and make it anew"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError("it is not a JSON object")
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read ({error}); {_ANEW}") from error
    return values
