"""UMAP and t-SNE of one layer, from scratch or from the layout of another layer.

N = points, H = hidden size, D = dimensions of the map.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from bert_core.analysis.projection_input import Array, nearest_neighbours
from bert_core.outputs import ProjectionSettings

MANY_POINTS = 5_000
"""Above so many, fewer steps are taken: each moves enough points to settle."""
UMAP_EPOCHS, UMAP_EPOCHS_MANY, UMAP_EPOCHS_NEXT = 500, 200, 100
"""From scratch, with many points, and from another layer's layout."""
UMAP_RATE, UMAP_RATE_NEXT = 1.0, 0.25
"""Learning rates. From another layer's layout the full rate would scatter points first: a quarter
of it left them a third less to travel on 300 occurrences of 6 words, at equal trustworthiness."""
TSNE_STEPS, TSNE_STEPS_MANY, TSNE_STEPS_NEXT = 1_000, 500, 250
UMAP_WIDTH = 10.0
"""UMAP's layouts start within this distance of the middle."""
TSNE_WIDTH = 1e-4
"""Standard deviation that t-SNE starts with along the first axis."""

Report = Callable[[float], None]

_ONE_MAP = threading.Lock()


@contextlib.contextmanager
def one_thread(method: str) -> Iterator[None]:
    """Load what `method` needs, and let it compute on one thread meanwhile, one map at a time.

    With more, the order in which threads finish changes the last bits of sums, and then the map;
    and where other work holds the other cores, waiting for each other took 50 times as long. The
    limit belongs to the whole process, and numba's threads must not be entered from two, so a
    second map in this process waits for the first.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    # before the limit, which binds only libraries that are loaded
    if method == "umap":
        load_umap()
    elif method == "tsne":
        import_module("sklearn.manifold")
    with _ONE_MAP, threadpool_limits(1):
        yield


def lay_out(
    points: Array,
    settings: ProjectionSettings,
    start: Array | None,
    axes: Array,
    report: Report,
) -> Array:
    """The map of one layer.

    Args:
        points: (N, H), from `projection_input.prepared`, at least 4 and not all equal.
        settings: 'umap' or 'tsne', with neighbours that N allows.
        start: (N, D), another layer's layout to start from; None to start from `axes`.
        axes: (N, D), the first principal components.
        report: told the share that is done; what it raises stops UMAP.

    Returns:
        (N, D)
    """
    method = _umap if settings.method == "umap" else _tsne
    return np.asarray(method(points, settings, start, axes, report), dtype=np.float64)


def _umap(
    points: Array, settings: ProjectionSettings, start: Array | None, axes: Array, report: Report
) -> Array:
    """UMAP (McInnes, Healy and Melville 2018) on exact neighbours."""
    indices, squares = nearest_neighbours(points, settings.neighbours)
    distances = squares / 2 if settings.metric == "cosine" else np.sqrt(squares)
    epochs = UMAP_EPOCHS if len(points) <= MANY_POINTS else UMAP_EPOCHS_MANY
    rate = UMAP_RATE
    if start is None:
        start = axes * (UMAP_WIDTH / np.abs(axes).max())
    else:
        epochs, rate = UMAP_EPOCHS_NEXT, UMAP_RATE_NEXT
    fit = load_umap().UMAP(
        n_components=settings.dimensions,
        n_neighbors=settings.neighbours,
        min_dist=settings.min_dist,
        init=np.ascontiguousarray(start, dtype=np.float32),
        n_epochs=epochs,
        learning_rate=rate,
        precomputed_knn=(indices, distances.astype(np.float32)),
        random_state=settings.seed,
        n_jobs=1,
        tqdm_kwds=_telling(epochs, report),
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="umap")  # new points can't be added: none are
        layout: Array = fit.fit_transform(points.astype(np.float32))
    return layout


class _EpochsDone:
    """The file that UMAP's progress bar writes to."""

    def __init__(self, epochs: int, report: Report) -> None:
        self._epochs, self._report = epochs, report

    def write(self, text: str) -> None:
        """Pass on the number of the epoch, which is all the bar is made to say."""
        if text.strip().isdigit():
            self._report(int(text) / self._epochs)

    def flush(self) -> None:
        """Nothing is held back."""


def _telling(epochs: int, report: Report) -> dict[str, Any]:
    """Settings of UMAP's progress bar by which it tells `report`."""
    file = _EpochsDone(epochs, report)
    return {"disable": False, "file": file, "bar_format": "{n_fmt}", "mininterval": 0.25}


def load_umap() -> ModuleType:
    """Import umap, and keep what it compiles on disk for the next start.

    umap keeps only part of its compiled code. The functions that cost most are told to keep theirs
    too: a start then takes 3 s where it took 8 (idle machine). Where numba finds no folder to write
    to, or umap has other functions, they are compiled each time.
    """
    import umap
    from umap import layouts, umap_

    for module, name in (
        (umap_, "smooth_knn_dist"),
        (umap_, "compute_membership_strengths"),
        (layouts, "_nb_optimize_layout_euclidean_single_epoch"),
    ):
        function = getattr(module, name, None)
        if function is not None and not function.signatures:
            with contextlib.suppress(AttributeError, RuntimeError, OSError):
                function.enable_caching()
    loaded: ModuleType = umap
    return loaded


def warm_umap() -> None:
    """Import and compile what UMAP needs, by a tiny fit."""
    points = np.random.default_rng(0).normal(size=(12, 3))
    settings = ProjectionSettings(neighbours=5)
    _umap(points, settings, None, points[:, :2], lambda share: None)


def _tsne(
    points: Array, settings: ProjectionSettings, start: Array | None, axes: Array, report: Report
) -> Array:
    """t-SNE (van der Maaten and Hinton 2008), by Barnes and Hut's approximation."""
    from sklearn.manifold import TSNE

    steps = TSNE_STEPS if len(points) <= MANY_POINTS else TSNE_STEPS_MANY
    exaggeration = 12.0
    if start is None:
        start = axes * (TSNE_WIDTH / axes[:, 0].std())
    else:
        steps, exaggeration = TSNE_STEPS_NEXT, 1.0  # exaggeration would pull the layout together
    fit = TSNE(
        n_components=settings.dimensions,
        perplexity=settings.neighbours,
        init=start.astype(np.float32),
        early_exaggeration=exaggeration,
        learning_rate=max(len(points) / 48, 50),
        max_iter=steps,
        random_state=settings.seed,
    )
    layout: Array = fit.fit_transform(points.astype(np.float32))
    return layout
