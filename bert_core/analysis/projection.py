"""Maps of vectors in two or three dimensions, layer by layer, aligned so that points travel.

    vectors of a layer -> prepare -> lay out, starting from the layer above -> turn onto it

The layers are laid out from the last one down. The picture of the last layer, which people look at
most, is then an ordinary fit of its own; each layer below starts from the layout of the layer above
and is improved in few steps (UMAP, t-SNE), so that a point moves only as far as its neighbours have
changed. AlignedUMAP, which fits all layers jointly, keeps points as still but takes many times as
long (`benchmarks/projection.py`). The first layout starts from PCA, not from the spectral layout
that UMAP would take: it is always defined, also where the graph falls apart, it never depends on a
seed, and a PCA map shown first turns into it without a jump (Kobak and Linderman 2021,
"Initialization is critical for preserving global data structure in both t-SNE and UMAP").

Every layout is then centred and turned or mirrored onto the one it started from (orthogonal
Procrustes; Schönemann 1966), which changes no distance within a map. Layouts of UMAP and t-SNE are
also brought to one size, that of the last layer's: their size only tells how many steps they were
given. Those of PCA keep theirs: how near occurrences lie to each other at a layer is a finding.

L = layers of the map, N = points, H = hidden size, D = dimensions of the map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bert_core.analysis.projection_input import Array, prepared, principal_components
from bert_core.analysis.projection_layouts import lay_out, one_thread
from bert_core.cancel import Cancelled
from bert_core.outputs import PROJECTION_METHODS, FloatArray, Projection, ProjectionSettings

FEW_POINTS = 20
"""Below so many, groups on a map say little."""
FEWEST_FOR_NEIGHBOURS = 4
"""UMAP and t-SNE need that many points; fewer are shown by PCA."""
LARGEST_SEED = 2**32 - 1

OnProgress = Callable[[str, float], None]
OnPart = Callable[[Projection], None]


class ProjectionCancelled(Cancelled):
    """The map is no longer wanted."""


def project(
    vectors: FloatArray,
    settings: ProjectionSettings,
    layers: tuple[int, ...],
    on_progress: OnProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_part: OnPart | None = None,
) -> Projection:
    """A map of the same points at every layer given.

    The same vectors, settings and machine give the same map, bit for bit.

    Args:
        vectors: (L, N, H), a block a layer, from the lowest up.
        settings: method, dimensions, seed and the rest.
        layers: the number of each block's layer, for the result and for messages.
        on_progress: told what is being done and which share of everything is done.
        cancelled: asked between layers, and between epochs of UMAP.
        on_part: given the map of the layers that are done, the last one first, after each but the
            lowest; it is the same as in the map of all.

    Returns:
        points (L, N, D), each layer centred on 0; the settings as they were used.

    Raises:
        ValueError: for settings out of range, a wrong shape, or a number that is not finite.
        ProjectionCancelled: when `cancelled` said so.
    """
    _check_settings(settings)
    _check_vectors(vectors, layers)
    used, notes = _bounded(settings, vectors.shape[1])
    start: Array | None = None
    points = np.zeros((*vectors.shape[:2], used.dimensions), dtype=np.float32)
    found: list[_Layer] = []
    with one_thread(used.method):
        for done, at in enumerate(reversed(range(len(layers)))):
            report = _reporter(used, layers, at, done, on_progress, cancelled)
            report(0.0)
            found.append(layer := _Layer(vectors[at], used))
            if layer.has_spread:
                start = layer.laid_out(used, start, report)
                points[at] = start
            known = layers[at:]
            part = Projection(
                used, points[at:], known, (*notes, *_notes_of_layers(used, found[::-1], known))
            )
            if on_part and at:
                on_part(part)
    if on_progress:
        on_progress("done", 1.0)
    return part


class _Layer:
    """One layer's vectors, ready to be laid out."""

    def __init__(self, vectors: FloatArray, settings: ProjectionSettings) -> None:
        self.points, self.reduced_to = prepared(vectors, settings.metric)
        self.has_spread = bool(self.points.any())
        self.share_of_axes: float | None = None

    def laid_out(
        self, settings: ProjectionSettings, start: Array | None, report: Callable[[float], None]
    ) -> Array:
        """(N, D), centred and turned onto where it started."""
        axes, self.share_of_axes = principal_components(self.points, settings.dimensions)
        layout = axes
        if settings.method != "pca":
            layout = lay_out(self.points, settings, start, axes, report)
        layout = _turned(layout - layout.mean(axis=0), axes if start is None else start)
        if settings.method != "pca" and start is not None:
            layout *= np.linalg.norm(start) / np.linalg.norm(layout)
        return layout


def _turned(layout: Array, reference: Array) -> Array:
    """`layout` rotated or mirrored so that its points are nearest to those of `reference`."""
    left, _, right = np.linalg.svd(layout.T @ reference)
    turned: Array = layout @ (left @ right)
    return turned


def _reporter(
    settings: ProjectionSettings,
    layers: tuple[int, ...],
    at: int,
    done: int,
    on_progress: OnProgress | None,
    cancelled: Callable[[], bool] | None,
) -> Callable[[float], None]:
    """Takes which share of this layer is done; tells it, and stops when nobody wants the map."""
    text = f"{PROJECTION_METHODS[settings.method]}, layer {layers[at]}"
    if len(layers) > 1:
        text += f" (map {done + 1} of {len(layers)})"

    def report(share: float) -> None:
        if cancelled and cancelled():
            raise ProjectionCancelled("the map was cancelled")
        if on_progress:
            on_progress(text, (done + share) / len(layers))

    return report


def _bounded(
    settings: ProjectionSettings, points: int
) -> tuple[ProjectionSettings, tuple[str, ...]]:
    """The settings that this many points allow, and what to say about it."""
    notes, name, wanted = [], PROJECTION_METHODS[settings.method], settings.neighbours
    if settings.method != "pca" and points < FEWEST_FOR_NEIGHBOURS:
        settings = replace(settings, method="pca")
        notes.append(f"{_count(points)}: too few for {name}, so this is PCA")
    elif settings.method == "umap" and wanted > points - 1:
        settings = replace(settings, neighbours=points - 1)
        notes.append(f"neighbours lowered from {wanted} to {points - 1}: there are {points} points")
    elif settings.method == "tsne" and wanted > (most := max(2, (points - 1) // 3)):
        settings = replace(settings, neighbours=most)
        notes.append(
            f"perplexity lowered from {wanted} to {most}: t-SNE looks at three times as many "
            f"neighbours, and there are {points} points"
        )
    if points == 1:
        notes.append("1 point: it lies in the middle, with nothing to compare it to")
    elif points < FEW_POINTS:
        notes.append(f"{points} points: what looks like structure may be chance")
    return settings, tuple(notes)


def _notes_of_layers(
    settings: ProjectionSettings, found: list[_Layer], layers: tuple[int, ...]
) -> list[str]:
    """What was reduced, and where there was nothing to lay out."""
    notes, points = [], len(found[0].points)
    if settings.method == "pca" and settings.metric == "cosine":
        notes.append("PCA of the vectors at length 1: what cosine compares")
    shares = [layer.share_of_axes for layer in found if layer.share_of_axes is not None]
    if settings.method == "pca" and shares:
        notes.append(f"the {settings.dimensions} axes hold {_range(shares)} of the variance")
    kept = [layer.reduced_to for layer in found if layer.reduced_to is not None]
    if settings.method != "pca" and kept:
        notes.append(
            f"{points:,} points: reduced to {kept[0][0]} dimensions by PCA first, which hold "
            f"{_range([share for _, share in kept])} of the variance"
        )
    flat = [str(number) for number, one in zip(layers, found, strict=True) if not one.has_spread]
    if flat and points > 1:
        named = f"layer {flat[0]}" if len(flat) == 1 else f"layers {', '.join(flat)}"
        notes.append(f"{named}: all vectors are equal, so all points lie on one dot")
    return notes


def _range(shares: list[float]) -> str:
    low, high = f"{min(shares):.0%}", f"{max(shares):.0%}"
    return low if low == high else f"{low} to {high}, by layer,"


def _count(points: int) -> str:
    return "1 point" if points == 1 else f"{points} points"


def _check_settings(settings: ProjectionSettings) -> None:
    for name, value, allowed in (
        ("method", settings.method, tuple(PROJECTION_METHODS)),
        ("dimensions", settings.dimensions, (2, 3)),
        ("metric", settings.metric, ("cosine", "euclidean")),
    ):
        if value not in allowed:
            listed = ", ".join(map(str, allowed))
            raise ValueError(f"{name} is {value!r}; it must be one of {listed}")
    if settings.neighbours < 2:
        raise ValueError(f"neighbours is {settings.neighbours}; it must be 2 or more")
    if not 0 <= settings.min_dist <= 1:
        raise ValueError(f"min_dist is {settings.min_dist}; it must be from 0 to 1")
    if not 0 <= settings.seed <= LARGEST_SEED:
        raise ValueError(f"seed is {settings.seed}; it must be from 0 to {LARGEST_SEED}")


def _check_vectors(vectors: FloatArray, layers: tuple[int, ...]) -> None:
    if vectors.ndim != 3 or 0 in vectors.shape:
        raise ValueError(
            f"the vectors have shape {vectors.shape}; it must be (layers, points, hidden), "
            "with at least one of each"
        )
    if len(layers) != len(vectors):
        raise ValueError(f"there are {len(vectors)} blocks of vectors for {len(layers)} layers")
    for number, block in zip(layers, vectors, strict=True):
        finite = np.isfinite(block).all(axis=1)
        if not finite.all():
            point = int(finite.argmin())
            raise ValueError(
                f"the vector of point {point} at layer {number} holds a number that is not finite"
            )
