"""What is worked out for the page "Words in context", each thing once for all visitors."""

from __future__ import annotations

import threading
import time
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
from ui import contexts as cx
from ui import models
from ui.contexts import Question
from ui.projector import projector
from ui.static_words import Star

MOST_MAPPED_ON_ALL_LAYERS = 2_000
"""With more occurrences only the layer that is shown is mapped: all of them would take minutes."""
MOST_PAIRED = 3_000
"""Occurrences whose similarity matrix is kept in memory."""
QUICK = 50
"""Occurrences that are embedded without showing progress."""
MOST_JOBS, MOST_KNOWN = 24, 8
"""Maps that are kept; questions whose vectors are."""


@dataclass(frozen=True)
class Found(Contexts):
    """Occurrences with a name for what was asked."""

    name: str = ""


def contexts(question: Question) -> Found:
    """The word's occurrences and their vectors; shows progress where it takes long.

    Raises:
        ValueError: when the word does not occur, or the input is too large.
    """
    name, known = f"{models.current_name()}:{question.name}", _known()
    if name not in known:
        if cx.stopped(question):
            raise ValueError("reading was stopped; press “Read them” to begin again")
        known[name] = Found(**vars(_embedded(question)), name=name)
        while len(known) > MOST_KNOWN:
            known.pop(next(iter(known)))
    return known[name]


def _embedded(question: Question) -> Contexts:
    stop, done = threading.Event(), [0, 0]

    def progress(at: int, of: int) -> None:
        done[:] = at, of

    future = models.submit(
        find_contexts, list(question.sentences), question.word, question.inflected,
        progress, stop.is_set,
    )  # fmt: skip
    if len(question.sentences) <= QUICK:
        return future.result()
    shown = st.empty()
    with shown.container():
        bar = st.progress(0.0, "Reading the sentences …")
        st.button("Cancel", key=f"{cx.PAGE}_stop", on_click=cx.stop, args=(question,))
    try:
        while not future.done():
            at, of = done
            if of:
                bar.progress(at / of, f"{at:,} of {of:,} occurrences read")
            time.sleep(0.1)
        shown.empty()
        return future.result()
    finally:  # another press ends this run: the work is then not wanted any more
        stop.set()


def scores(found: Found) -> SenseScores | None:
    """How well the sense labels can be read off the vectors; None without two labels."""
    try:
        return _scores(found.name, found)
    except ValueError:
        return None


def groups(found: Found, layer: int) -> Clusters:
    """Automatic clusters of the occurrences at one layer."""
    return _clusters(found.name, layer, found)


def matrix(found: Found, layer: int) -> FloatArray:
    """Cosine of every pair at one layer, (N, N)."""
    return _matrix(found.name, layer, found)


def pair(found: Found, first: int, second: int, layer: int) -> PairComparison:
    """Two occurrences beside each other, with what their context words do."""
    return _pair(models.current_name(), found.name, first, second, layer, found)


def definitions(
    found: Found, layer: int
) -> tuple[tuple[WordSense, ...], tuple[SenseMatch, ...]]:
    """WordNet's senses of the word and how near each is; none where WordNet is not there."""
    folder = find_wordnet(None)
    if folder is None:
        return (), ()
    senses = word_senses(folder, found.word)
    return senses, _matches(models.current_name(), found.name, layer, found, senses)


# ------------------------------------------------------------------------------------- maps


def maps(
    found: Found, settings: ProjectionSettings, layer: int
) -> tuple[Projection, Job | None]:
    """The map of all layers (of one, when there are many points).

    Returns:
        The map asked for; or, until it is done, PCA's, and the job that is at it.

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
    return _pca(key, replace(settings, method="pca"), found, layers), job


def starred(
    found: Found, static: tuple[Star, ...], projection: Projection, layer: int
) -> list[tuple[str, FloatArray]]:
    """Name and place of each static dot on the map of one layer."""
    if not static:
        return []
    at = projection.layers.index(layer)
    vectors = np.stack([star.vector for star in static])
    placed = place_among(vectors, found.vectors[None, :, layer], projection.points[at : at + 1])
    return [(star.name, place) for star, place in zip(static, placed[0], strict=True)]


_LOCK = threading.Lock()


def _layers(found: Found, layers: tuple[int, ...]) -> FloatArray:
    """(layers, N, hidden)"""
    return np.ascontiguousarray(found.vectors[:, list(layers)].transpose(1, 0, 2))


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[object, Job]:
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


@st.cache_resource(max_entries=64, show_spinner=False)
def _clusters(key: str, layer: int, _found: Found) -> Clusters:
    return find_clusters(_found.vectors[:, layer], layer)


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
    return models.ask(match_senses, _found, _senses, layer) if _senses else ()
