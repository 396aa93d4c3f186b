"""The verb `project`: vectors as `embed` writes them -> points on a map."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bert_core.cli.files import whole_file
from bert_core.cli.text import AddVerb, Result
from bert_core.outputs.contexts import ProjectionSettings

if TYPE_CHECKING:
    from bert_core.outputs import FloatArray

FORMATS = (".csv", ".npy")
SHAPES = "(points, hidden) or (points, layers, hidden)"


def add(verb: AddVerb) -> None:
    """Add `project` to the command line."""
    added = verb("project", project, show)
    added.epilog = "Without --output the points are printed, as CSV or with --json in the document."
    usual = ProjectionSettings()
    added.add_argument("--input", type=Path, required=True, help="a .npy file written by embed")
    added.add_argument("--output", type=Path, help="a .csv or .npy file for the points")
    added.add_argument("--layer", type=int, help="one layer of the file; else all, aligned")
    added.add_argument("--method", default=usual.method, help="umap, tsne or pca")
    added.add_argument("--dimensions", type=int, default=usual.dimensions, help="2 or 3")
    added.add_argument(
        "--neighbours", type=int, default=usual.neighbours,
        help=f"of UMAP; perplexity of t-SNE; default {usual.neighbours}",
    )  # fmt: skip
    added.add_argument(
        "--min-dist", type=float, default=usual.min_dist,
        help=f"UMAP: how close points may lie, 0 to 1; default {usual.min_dist}",
    )  # fmt: skip
    added.add_argument("--metric", default=usual.metric, help="cosine or euclidean")
    added.add_argument("--seed", type=int, default=usual.seed, help=f"default {usual.seed}")


def project(options: argparse.Namespace) -> Result:
    """Lay vectors out on a map of two or three dimensions."""
    from bert_core.analysis import projection

    if options.output is not None:
        _check_output(options.output)
    vectors, layers = _read(options.input, options.layer)
    names = ("method", "dimensions", "neighbours", "min_dist", "metric", "seed")
    settings = ProjectionSettings(**{name: getattr(options, name) for name in names})
    started = time.perf_counter()
    found = projection.project(vectors, settings, layers or (0,), _progress())
    seconds = time.perf_counter() - started
    result = {
        "settings": asdict(found.settings),
        "layers": layers,
        "notes": found.notes,
        "points": (found.points if layers and options.layer is None else found.points[0]).tolist(),
        "seconds": seconds,
        "output": None if options.output is None else str(options.output),
    }
    if options.output is not None:
        _write(options.output, result)
    return result


def _read(path: Path, layer: int | None) -> tuple[FloatArray, tuple[int, ...] | None]:
    """The vectors (layers, points, hidden) and the numbers of the layers; None: not known."""
    import numpy as np

    try:
        array: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(
            f"{path} cannot be read: {error}; give a .npy file of numbers, as embed writes it"
        ) from error
    if not isinstance(array, np.ndarray) or not np.issubdtype(array.dtype, np.floating):
        kind = array.dtype if isinstance(array, np.ndarray) else "several arrays"
        raise ValueError(f"{path} holds {kind}; it must be one array of floats")
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise ValueError(f"{path} has shape {array.shape}; it must be {SHAPES}, none of them 0")
    if array.ndim == 2:
        if layer is not None:
            raise ValueError(f"layer is {layer}, but {path} has one layer only: {array.shape}")
        return np.asarray(array, dtype=np.float32)[None], None
    layers = tuple(range(array.shape[1]))
    if layer is not None:
        if layer not in layers:
            raise ValueError(f"layer is {layer}; it must be from 0 to {layers[-1]}")
        layers = (layer,)
    return np.asarray(array[:, list(layers)], dtype=np.float32).swapaxes(0, 1), layers


def _check_output(path: Path) -> None:
    """Before anything is computed."""
    if path.suffix not in FORMATS:
        raise ValueError(f"output is {path}; its name must end in {' or '.join(FORMATS)}")
    if not path.absolute().parent.is_dir():
        raise ValueError(f"output is {path}; there is no folder {path.parent}")


def _write(path: Path, result: Result) -> None:
    """Write the points, whole or not at all."""
    import numpy as np

    with whole_file(path) as temporary:
        if path.suffix == ".npy":
            with temporary.open("wb") as file:
                np.save(file, np.array(result["points"], dtype=np.float32))
        else:
            temporary.write_text("\n".join(_csv(result)) + "\n", encoding="ascii")


def _csv(result: Result) -> Iterator[str]:
    """The points, one a line: layer (if the file has several), number, coordinates."""
    layers, points = result["layers"], result["points"]
    several = layers is not None
    yield ",".join([*(["layer"] if several else []), "point", *"xyz"[: _dimensions(result)]])
    blocks = points if isinstance(points[0][0], list) else [points]
    for layer, block in zip(layers or (None,), blocks, strict=True):
        for number, point in enumerate(block):
            yield ",".join(map(str, [*([layer] if several else []), number, *point]))


def _dimensions(result: Result) -> int:
    dimensions: int = result["settings"]["dimensions"]
    return dimensions


def show(result: Result) -> str:
    """The points as CSV, or, when they are in a file, where and how they were made."""
    if result["output"] is None:
        return "\n".join(_csv(result))
    used = result["settings"]
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in used.items())
    return "\n".join([f"{result['output']}: {result['seconds']:.1f} s, {said}", *result["notes"]])


def _progress() -> Any:
    """Tells how far it is, on a terminal only."""
    if not sys.stderr.isatty():
        return None

    def tell(text: str, share: float) -> None:
        end = "\n" if share == 1 else ""
        print(f"\r{share:4.0%}  {text:60}", end=end, file=sys.stderr, flush=True)

    return tell
