"""What waits in the closed expanders of the page "Words in context"."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict

import numpy as np
import streamlit as st

from bert_core.data.sentence_sets import builtin_words
from bert_core.outputs import PROJECTION_METHODS, FloatArray
from bert_core.viz import contexts_html as html
from ui import context_results as results
from ui import contexts as cx
from ui import export, models, static_words
from ui.context_panels import groups
from ui.fields import plain


def one_against_many(found: results.Found) -> None:
    """The table "one vector against many"."""
    few = len(found.occurrences) <= results.MOST_PAIRED
    within, between = (
        _means(results.matrix(found, cx.layer()), found.labels) if few else (None, None)
    )
    st.html(
        html.static_html(
            found.word, len(found.occurrences), cx.layer(), within, between,
            static_words.static_vectors(found.word),
        )
    )
    st.caption(
        "A static model has one vector for the word, whatever the sentence: its nearest words mix "
        "the senses or show the most frequent one. BERT makes a new one in every sentence. "
        + static_words.placing_note(found.word)
    )
    static_words.file_field()


def _means(
    matrix: FloatArray, labels: tuple[str | None, ...]
) -> tuple[float | None, float | None]:
    """Mean cosine of two occurrences of the same label, and of different ones."""
    known = [at for at, label in enumerate(labels) if label is not None]
    names = np.array([labels[at] for at in known])
    cosines = matrix[np.ix_(known, known)]
    same = names[:, None] == names[None]
    other = ~np.eye(len(known), dtype=bool)
    pairs = (cosines[same & other], cosines[~same])
    within, between = (float(values.mean()) if values.size else None for values in pairs)
    return within, between


def definitions(found: results.Found) -> None:
    """Each occurrence with WordNet's nearest definition."""
    answer = results.definitions(found, cx.layer())
    if answer is None:
        st.info(
            "WordNet is not on this machine. On Debian or Ubuntu, “apt install wordnet-base” "
            "brings it; the environment variable WNSEARCHDIR can name another folder with its "
            "files."
        )
        return
    senses, matches = answer
    if not senses:
        st.info(f"WordNet has no entry for “{plain(found.word)}”.")
        return
    first, _ = cx.picked(len(found.occurrences))
    st.markdown(f"**Every sense, beside sentence {first + 1}**")
    st.html(html.senses_html(senses, matches[first]))
    st.markdown("**All sentences**")
    st.html(html.definitions_html(found, senses, matches))
    st.caption(
        "Cosine of the word's vector in the sentence to its vector in the definition and the "
        "examples of each sense. The nearest definition is often, not always, the right one."
    )


def map_settings(found: results.Found) -> None:
    """How the map is drawn."""
    method, dimensions, metric, seed = st.columns(4)
    names = PROJECTION_METHODS
    method.selectbox("Method", list(names), format_func=names.get, key=cx.METHOD)
    dimensions.selectbox("Dimensions", [2, 3], key=cx.DIMENSIONS)
    metric.selectbox("Distance", ["cosine", "euclidean"], key=cx.METRIC)
    seed.number_input("Seed", 0, 10**6, key=cx.SEED)
    near, apart, paths, reset = st.columns(4, vertical_alignment="bottom")
    umap = st.session_state[cx.METHOD] == "umap"
    near.number_input(
        "Neighbours" if st.session_state[cx.METHOD] != "tsne" else "Perplexity", 2, 100,
        key=cx.NEIGHBOURS, disabled=st.session_state[cx.METHOD] == "pca",
    )
    apart.number_input(
        "Least distance", 0.0, 0.99, step=0.05, key=cx.MIN_DIST, disabled=not umap
    )
    paths.toggle("Paths through the layers", key=cx.PATHS)
    reset.button("Reset", on_click=cx.reset_map)
    st.caption(
        "Few neighbours show small groups, many the large picture. Each layer's map starts from "
        "the one beside it and is turned to fit it, so that dots travel instead of jumping. The "
        "same seed gives the same picture."
    )


def exports(found: results.Found, asked: cx.Question) -> dict[str, tuple[str, str]]:
    """File name -> (content, kind) of what the page shows."""
    layer = cx.layer()
    projection, _ = results.maps(found, cx.settings(), layer)
    points, shown = projection.points[projection.layers.index(layer)], groups(found)
    rows = [
        {
            "occurrence": at + 1,
            "sentence": found.sentences[one.sentence],
            "start": one.start,
            "end": one.end,
            "form": one.form,
            "label": one.label,
            "group": shown[at],
            "layer": layer,
            **{axis: round(float(x), 4) for axis, x in zip("xyz", points[at], strict=False)},
        }
        for at, one in enumerate(found.occurrences)
    ]
    scores = results.scores(found)
    document = {
        "model": models.current_name(),
        "word": found.word,
        "map": asdict(projection.settings) | {"notes": projection.notes},
        "occurrences": rows,
        "accuracy_by_layer": None
        if scores is None
        else {
            "nearest_neighbour": scores.nearest_neighbour.tolist(),
            "centroid": scores.centroid.tolist(),
            "silhouette": scores.silhouette.tolist(),
            "chance": scores.chance,
        },
    }
    name = "words-in-context"
    labelled = [
        {"sentence": sentence.text, "label": sentence.label} for sentence in asked.sentences
    ]
    return {
        "sentences.csv": (export.as_csv(labelled), "text/csv"),
        f"{name}.csv": (export.as_csv(rows), "text/csv"),
        f"{name}.json": (json.dumps(document, ensure_ascii=False, indent=2), "text/json"),
    }


def command(asked: cx.Question) -> str:
    """The command that gives the same numbers, from sentences.csv where they are not built in."""
    words = ["python", "-m", "bert_core", "senses", asked.word, "--layer", str(cx.layer())]
    if asked.inflected:
        words.append("--inflected")
    if st.session_state[cx.SOURCE] == cx.OWN or asked.word not in builtin_words():
        words += ["--input", "sentences.csv"]
    if models.current_name() != models.BUNDLED:
        words += ["--model", models.current_name()]
    return shlex.join([*words, "--json"])
