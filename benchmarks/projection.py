"""Maps of a word's vectors: our layer-by-layer UMAP beside umap's AlignedUMAP, and 10,000 points.

`python -m benchmarks.projection [--no-aligned] [--json]`

The vectors are made up, with a seed: six groups that form layer by layer. Both run in this process
after a small fit that compiles what they need. CPU seconds are what the wall clock would show where
nothing else runs: ours keep to one thread. Travel is how far a point moves from one layer to the
next, on average, as a share of the map's own size (root mean square distance from the middle): less
is calmer. Trustworthiness (Venna and Kaski 2001) says how far the neighbours on the map are
neighbours in the full dimension, at 10 neighbours among the first 1,000 points, worst layer and
mean: 1 is best.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.table import Result, arguments, machine, report
from bert_core.analysis.projection import project
from bert_core.analysis.projection_layouts import warm_umap
from bert_core.outputs import ProjectionSettings

LAYERS, POINTS, MANY_POINTS, HIDDEN, GROUPS = 7, 300, 10_000, 384, 6
Array = npt.NDArray[Any]


def made_up(layers: int, points: int, seed: int = 0) -> Array:
    """(layers, points, HIDDEN): noise of each point's own, and groups that grow with the layer."""
    random = np.random.default_rng(seed)
    own = random.normal(size=(points, HIDDEN))
    groups = random.normal(size=(GROUPS, HIDDEN))[np.arange(points) % GROUPS]
    blocks = []
    for layer in range(layers):
        share = (layer + 1) / layers
        change = random.normal(size=own.shape)
        blocks.append(share * groups + own + 0.3 * change)
    return np.stack(blocks).astype(np.float32)


def ours(vectors: Array, method: str = "umap") -> Array:
    """Every layer starting from the one above."""
    layers = tuple(range(len(vectors)))
    return project(vectors, ProjectionSettings(method=method), layers).points


def each_by_itself(vectors: Array) -> Array:
    """Every layer by itself."""
    settings = ProjectionSettings()
    return np.concatenate(
        [project(block[None], settings, (at,)).points for at, block in enumerate(vectors)]
    )


def aligned(vectors: Array) -> Array:
    """All layers jointly, by AlignedUMAP with its own settings."""
    from umap import AlignedUMAP

    same = {at: at for at in range(vectors.shape[1])}
    fit = AlignedUMAP(metric="cosine", random_state=42)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit.fit(list(vectors), relations=[same] * (len(vectors) - 1))
    return np.stack([*fit.embeddings_])


def compare(name: str, make: Callable[[Array], Array], vectors: Array) -> Result:
    """Seconds, travel and trustworthiness of one way to make the maps."""
    from sklearn.manifold import trustworthiness

    started, cpu_started = time.perf_counter(), time.process_time()
    maps = make(vectors)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    maps = maps - maps.mean(axis=1, keepdims=True)
    size = np.sqrt(np.square(maps).sum(axis=2).mean())
    travel = np.linalg.norm(np.diff(maps, axis=0), axis=2)
    sample = slice(0, 1_000)  # it needs all distances
    trust = [
        trustworthiness(block[sample], layout[sample], n_neighbors=10, metric="cosine")
        for block, layout in zip(vectors, maps, strict=True)
    ]
    return {
        "name": f"{name}, {len(vectors)} x {vectors.shape[1]}",
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "travel": float(travel.mean() / size) if len(travel) else None,
        "trustworthiness_worst": float(min(trust)),
        "trustworthiness_mean": float(np.mean(trust)),
    }


def measure(with_aligned: bool = True) -> Result:
    """All ways on the small set, ours on the large one."""
    where = machine()
    started = time.perf_counter()
    warm_umap()
    warm_seconds = time.perf_counter() - started
    small, large = made_up(LAYERS, POINTS), made_up(1, MANY_POINTS)
    cases = [
        compare("PCA", lambda vectors: ours(vectors, "pca"), small),
        compare("UMAP, from layer to layer", ours, small),
        compare("UMAP, each by itself", each_by_itself, small),
        compare("t-SNE, from layer to layer", lambda vectors: ours(vectors, "tsne"), small),
    ]
    if with_aligned:
        aligned(made_up(2, 30))
        cases.append(compare("AlignedUMAP", aligned, small))
    cases.append(compare("UMAP", ours, large))
    cases.append(compare("t-SNE", lambda vectors: ours(vectors, "tsne"), large))
    return {"machine": where, "import_and_compile_seconds": warm_seconds, "cases": cases}


def rows(result: Result) -> list[tuple[str, ...]]:
    """The result as a table."""
    head = ("", "seconds", "CPU s", "travel", "trust, worst", "trust, mean")
    lines = [
        (
            case["name"],
            f"{case['seconds']:.2f}",
            f"{case['cpu_seconds']:.2f}",
            "" if case["travel"] is None else f"{case['travel']:.2f}",
            f"{case['trustworthiness_worst']:.3f}",
            f"{case['trustworthiness_mean']:.3f}",
        )
        for case in result["cases"]
    ]
    return [head, *lines, ("import, compile", f"{result['import_and_compile_seconds']:.2f}")]


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--no-aligned", action="store_true", help="leave AlignedUMAP out")
    options = parser.parse_args()
    result = measure(not options.no_aligned)
    report(result, rows(result), options.json)


if __name__ == "__main__":
    main()
