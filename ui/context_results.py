"""What is worked out for the page "Words in context", each thing once for all visitors."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from bert_core.analysis import similarity
from bert_core.analysis.clusters import clusters as find_clusters
from bert_core.analysis.contexts import contexts as find_contexts
from bert_core.analysis.definitions import match_senses
from bert_core.analysis.placing import place_among
from bert_core.analysis.projection import ProjectionCancelled, project
from bert_core.analysis.projection_process import Job
from bert_core.analysis.senses import sense_scores
from bert_core.data.wordnet_senses import find_wordnet, word_senses
from bert_core.outputs import (
    Clusters,
    Contexts,
    FloatArray,
    PairComparison,
    Projection,
    ProjectionSettings,
    SenseMatch,
    SenseScores,
    WordSense,
)
from bert_core.viz.map_traces import hover_lines
from ui import contexts as cx
from ui import models
from ui.background import SOON, Work
from ui.contexts import Question
from ui.projector import projector
from ui.static_words import Star

MOST_MAPPED_ON_ALL_LAYERS = 2_000
"""With more occurrences only the layer that is shown is mapped: all of them would take minutes."""
MOST_PAIRED = 3_000
"""Occurrences whose similarity matrix is kept in memory."""
MOST_JOBS, MOST_KNOWN = 24, 8
"""Maps that are kept; questions whose vectors are."""


@dataclass(frozen=True)
class Found(Contexts):
    """Occurrences with a name for what was asked."""

    name: str = ""


_LOCK = threading.Lock()


class Reading(Work[Contexts]):
    """Sentences being read in the background."""

    def __init__(self, question: Question) -> None:
        self._done = (0, 0)
        super().__init__(
            find_contexts, list(question.sentences), question.word, question.inflected, self._tell
        )

    def _tell(self, at: int, of: int) -> None:
        self._done = at, of

    @property
    def progress(self) -> tuple[int, int]:
        """Occurrences that are read, and all of them; (0, 0) before they are counted."""
        return self._done


def contexts(question: Question) -> Found | Reading:
    """The word's occurrences and their vectors; what is at them, where that takes long.

    Nothing waits for it here: a press is answered only when the run before it has ended.

    Raises:
        ValueError: when the word does not occur, or the input is too large.
    """
    name, known = f"{models.current_name()}:{question.name}", _known()
    if name in known:
        return known[name]
    if cx.stopped(question):
        raise ValueError("reading was stopped; press “Read them” to begin again")
    with _LOCK:
        new = name not in _readings()
        if new:
            _readings()[name] = Reading(question)
        reading = _readings()[name]
    if new:
        wait([reading.future], SOON)
    if not reading.future.done():
        return reading
    _readings().pop(name, None)
    known[name] = Found(**vars(reading.future.result()), name=name)
    while len(known) > MOST_KNOWN:
        known.pop(next(iter(known)))
    return known[name]


def stop_reading(question: Question, reading: Reading) -> None:
    """Stop it, and forget it."""
    reading.stop()
    _readings().pop(f"{models.current_name()}:{question.name}", None)


def scores(found: Found) -> SenseScores | None:
    """How well the sense labels can be read off the vectors; None without two labels."""
    try:
        return _scores(found.name, found)
    except ValueError:
        return None


def groups(found: Found, layer: int) -> Clusters:
    """Automatic clusters of the occurrences at one layer, found now if they are not yet."""
    asked = _asked_groups(found)
    if layer not in asked or asked[layer].cancel():
        asked[layer] = Future()
        asked[layer].set_result(find_clusters(found.vectors[:, layer], layer))
    return asked[layer].result()


def known_groups(found: Found, begin: bool = True) -> tuple[dict[int, Clusters], bool]:
    """Automatic clusters at the layers where they are known, and whether more are to come.

    With `begin` the rest is worked out in the background, so that another layer does not have to
    wait for it.
    """
    asked = _asked_groups(found)
    if begin and len(found.occurrences) <= MOST_MAPPED_ON_ALL_LAYERS:
        for layer in reversed(range(found.layers + 1)):
            if layer not in asked:
                vectors = found.vectors[:, layer]
                asked[layer] = _background().submit(find_clusters, vectors, layer)
    known = {layer: one.result() for layer, one in asked.items() if one.done()}
    return known, len(known) < len(asked)


def _asked_groups(found: Found) -> dict[int, Future[Clusters]]:
    asked = _clusters().setdefault(found.name, {})
    while len(_clusters()) > MOST_KNOWN:
        _clusters().pop(next(iter(_clusters())))
    return asked


def matrix(found: Found, layer: int) -> FloatArray:
    """Cosine of every pair at one layer, (N, N)."""
    return _matrix(found.name, layer, found)


def pair(found: Found, first: int, second: int, layer: int) -> PairComparison:
    """Two occurrences beside each other, with what their context words do."""
    return _pair(models.current_name(), found.name, first, second, layer, found)


def definitions(
    found: Found, layer: int
) -> tuple[tuple[WordSense, ...], tuple[SenseMatch, ...]] | None:
    """WordNet's senses of the word and how near each is; None where WordNet is not there."""
    folder = find_wordnet()
    if folder is None:
        return None
    senses = word_senses(folder, found.word)
    return senses, _matches(models.current_name(), found.name, layer, found, senses)


# ------------------------------------------------------------------------------------- maps


def maps(
    found: Found, settings: ProjectionSettings, layer: int
) -> tuple[Projection, Job | None]:
    """The map of all layers (of one, when there are many points).

    Returns:
        The map asked for; or, until it is done, as much of it as holds the layer, else PCA's, and
        the job that is at it.

    Raises:
        ValueError: when it failed.
    """
    all_layers = len(found.occurrences) <= MOST_MAPPED_ON_ALL_LAYERS
    layers = tuple(range(found.layers + 1)) if all_layers else (layer,)
    key = (found.name, layers)
    if settings.method == "pca":
        return _pca(key, settings, found, layers), None
    with _LOCK:
        jobs = _jobs()
        job = jobs.get((key, settings))
        if job is None:
            job = projector().submit(_layers(found, layers), settings, layers)
            jobs[key, settings] = job
            while len(jobs) > MOST_JOBS:
                jobs.pop(next(iter(jobs))).cancel()
    if job.done():
        try:
            return job.result(), None
        except ProjectionCancelled:
            jobs.pop((key, settings), None)
            job = None
    if job is not None and (part := job.part) is not None and layer in part.layers:
        return part, job
    return _pca(key, replace(settings, method="pca"), found, layers), job


def starred(
    found: Found, static: tuple[Star, ...], projection: Projection
) -> dict[int, list[tuple[str, FloatArray]]]:
    """Layer of the map -> name and place of each static dot.

    First comes the one that is higher at the last layer: its name stands above it, the other's
    below. The order is that of all layers: dots travel while nothing but places differs.
    """
    if not static:
        return {layer: [] for layer in projection.layers}
    vectors = np.stack([star.vector for star in static])
    placed = {
        layer: place_among(vectors, found.vectors[:, layer], points)
        for layer, points in zip(projection.layers, projection.points, strict=True)
    }
    order = np.argsort(-placed[projection.layers[-1]][:, 1], kind="stable").tolist()
    return {
        layer: [(static[at].name, where[at]) for at in order] for layer, where in placed.items()
    }


def _layers(found: Found, layers: tuple[int, ...]) -> FloatArray:
    """(layers, N, hidden)"""
    return np.ascontiguousarray(found.vectors[:, list(layers)].transpose(1, 0, 2))


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[object, Job]:
    return {}


@st.cache_resource(show_spinner=False)
def _readings() -> dict[str, Reading]:
    return {}


@st.cache_resource(show_spinner=False)
def _known() -> dict[str, Found]:
    return {}


@st.cache_resource(max_entries=32, show_spinner=False)
def _pca(
    key: object, settings: ProjectionSettings, _found: Found, layers: tuple[int, ...]
) -> Projection:
    return project(_layers(_found, layers), settings, layers)


@st.cache_resource(max_entries=32, show_spinner=False)
def _scores(key: str, _found: Found) -> SenseScores:
    return sense_scores(_found.vectors, _found.labels)


@st.cache_resource(show_spinner=False)
def _clusters() -> dict[str, dict[int, Future[Clusters]]]:
    return {}


@st.cache_resource(show_spinner=False)
def _background() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "clusters")


@st.cache_resource(max_entries=32, show_spinner=False)
def hovers(key: str, _found: Found) -> list[str]:
    """What each occurrence says of itself on the map."""
    return hover_lines(_found)


@st.cache_resource(max_entries=32, show_spinner=False)
def _matrix(key: str, layer: int, _found: Found) -> FloatArray:
    return similarity.cosine_matrix(_found.vectors[:, layer])


@st.cache_resource(max_entries=64, show_spinner="Reading both sentences without each word …")
def _pair(
    model: str, key: str, first: int, second: int, layer: int, _found: Found
) -> PairComparison:
    return models.ask(similarity.compare_pair, _found, first, second, layer)


@st.cache_resource(max_entries=32, show_spinner="Reading the definitions …")
def _matches(
    model: str, key: str, layer: int, _found: Found, _senses: tuple[WordSense, ...]
) -> tuple[SenseMatch, ...]:
    return models.ask(match_senses, _found, _senses, layer)
