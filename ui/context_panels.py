"""The parts of the page "Words in context", each drawn from what was worked out."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from bert_core.analysis.projection_process import Job
from bert_core.data.sentence_sets import builtin_words
from bert_core.outputs import Clusters, FloatArray, Projection
from bert_core.viz import contexts_html as html
from bert_core.viz.context_map import map_alt, map_caption, map_figure
from bert_core.viz.figure import Figure
from bert_core.viz.layer_curves import accuracy_caption, accuracy_figure, pair_figure
from bert_core.viz.numbers import counted
from bert_core.viz.palette import group_looks
from bert_core.viz.sentences import sentence_rows
from bert_core.viz.similarity_figure import matrix_figure, matrix_note
from ui import components
from ui import context_results as results
from ui import contexts as cx
from ui.fields import dark, plain
from ui.figures import layer_map, plot
from ui.static_words import Star, stars

STYLE = Path(__file__).resolve().parents[1] / "assets" / "contexts.css"
LOOK_AGAIN = 0.25
"""Seconds after which the page looks whether what it waits for is done."""
NO_LABEL = "no label"


def choose_word() -> None:
    """The word, and whose sentences."""
    words = list(dict.fromkeys([*builtin_words(), st.session_state[cx.WORD] or "bank"]))
    word, source, forms = st.columns([2, 2, 2], vertical_alignment="bottom")
    word.selectbox(
        "Word (choose, or type any other)", words, key=cx.WORD, accept_new_options=True,
        on_change=cx.word_changed,
    )
    source.segmented_control(
        "Sentences", list(cx.SOURCES), format_func=cx.SOURCES.get, key=cx.SOURCE, required=True,
        on_change=cx.own_sentences,
    )
    forms.toggle("Also inflected forms", key=cx.INFLECTED, help="banks, banked, banking …")
    if st.session_state[cx.SOURCE] == cx.OWN:
        own_sentences()


def own_sentences() -> None:
    """A field for sentences and a file."""
    field, file = st.columns([3, 2])
    field.text_area(
        "A sentence a line, or CSV with the columns sentence and label", key=cx.TYPED, height=140
    )
    file.file_uploader(
        "Or a file: plain lines or CSV", ["txt", "csv", "tsv"], key=cx.UPLOAD,
    )


def nothing_to_show(asked: cx.Question) -> None:
    """What is missing."""
    if not asked.word:
        st.info("Choose a word, or type one.")
    else:
        st.info("There are no sentences yet. Type some, one a line, or choose a file.")


def reading(asked: cx.Question, job: results.Reading) -> None:
    """How far the reading is, and a way to stop it."""
    at, of = job.progress
    said = f"{at:,} of {of:,} occurrences read" if of else "Reading the sentences …"
    st.progress(at / of if of else 0.0, said)
    st.button("Cancel", key=f"{cx.PAGE}_stop", on_click=_stop, args=(asked, job))
    components.look_again(f"{cx.PAGE}_reading", LOOK_AGAIN)


def _stop(asked: cx.Question, job: results.Reading) -> None:
    results.stop_reading(asked, job)
    cx.stop(asked)


def read_again() -> None:
    """A way back for who cancelled the reading."""
    if st.session_state.get(f"{cx.PAGE}_stopped"):
        st.button("Read them", on_click=cx.read_again)


def notes(found: results.Found, asked: cx.Question) -> None:
    """What one has to know about the occurrences."""
    said = [f"{counted(len(found.occurrences), 'occurrence')} of “{plain(found.word)}”"]
    if asked.duplicates:
        said.append(f"{counted(asked.duplicates, 'duplicate sentence')} left out")
    if found.left_out:
        said.append(
            f"{counted(found.left_out, 'occurrence')} beyond the model's positions left out"
        )
    if found.reduced:
        said.append("computed in bfloat16, since there are many")
    if st.session_state[cx.SOURCE] == cx.EXAMPLES and found.word not in builtin_words():
        said.append("found in the example sentences of other words; type your own for more")
    if len(said) > 1 or st.session_state[cx.SOURCE] == cx.OWN:
        st.caption("; ".join(said) + ".")


def groups(found: results.Found) -> list[str]:
    """The group of every occurrence: its label, or its cluster at this layer."""
    if st.session_state[cx.COLOUR] == cx.SENSE:
        return [label or NO_LABEL for label in found.labels]
    return _cluster_names(clusters(found))


def clusters(found: results.Found) -> Clusters:
    """Automatic clusters at this layer."""
    return results.groups(found, cx.layer())


def map_of(found: results.Found) -> None:
    """The map with its layers and colours; PCA's until the one asked for is done."""
    layer, static = cx.layer(), stars(found.word)
    projection, job = results.maps(found, cx.settings(), layer)
    starred = results.starred(found, static, projection)
    groupings, more = _groupings(found, begin=job is None)  # the map is what one waits for
    layer_map(
        {
            colour: {
                at: (
                    _map_figure(found, projection, at, shown, starred[at]),
                    map_alt(found, at, shown),
                )
                for at, shown in by_layer.items()
                if at in projection.layers
            }
            for colour, by_layer in groupings.items()
        },
        results.hovers(found.name, found),
        _layer_names(found.layers),
        [(colour, name, colour in groupings) for colour, name in cx.COLOURS.items()],
        (layer, st.session_state[cx.COLOUR]),
        key=cx.MAP,
        rev=f"{found.name} {cx.shown_revision()}",
        on_shown=cx.shown_changed,
        on_pick=cx.map_pressed,
    )
    st.caption(map_caption(projection) + _what_stars_are(static))
    if job is not None:
        _waiting(job)
    if job is not None or more:
        components.look_again(f"{cx.PAGE}_waiting", LOOK_AGAIN)


def _map_figure(
    found: results.Found,
    projection: Projection,
    layer: int,
    shown: list[str],
    starred: list[tuple[str, FloatArray]],
) -> Figure:
    first, second = cx.picked(len(found.occurrences))
    return map_figure(
        found, projection, layer, shown, starred, first,
        None if second is None else (first, second), st.session_state[cx.PATHS], dark(),
        results.hovers(found.name, found),
    )  # fmt: skip


def _groupings(
    found: results.Found, begin: bool
) -> tuple[dict[str, dict[int, list[str]]], bool]:
    """Colour -> layer -> the group of every occurrence; and whether more is to come."""
    labelled = any(label is not None for label in found.labels)
    if not labelled:
        st.session_state[cx.COLOUR] = cx.CLUSTER
    if st.session_state[cx.COLOUR] == cx.CLUSTER:
        results.groups(found, cx.layer())  # before those of the other layers
    known, more = results.known_groups(found, begin)
    by_layer = {layer: _cluster_names(own) for layer, own in known.items()}
    if not labelled:
        return {cx.CLUSTER: by_layer}, more
    labels = [label or NO_LABEL for label in found.labels]
    same = dict.fromkeys(range(found.layers + 1), labels)
    return {cx.SENSE: same, cx.CLUSTER: by_layer}, more


def _cluster_names(found: Clusters) -> list[str]:
    return [f"cluster {number + 1}" for number in found.members]


def _layer_names(last: int) -> list[str]:
    """What each layer is called beside the slider."""
    middle = [f"{layer} of {last}" for layer in range(1, last + 1)]
    return ["0: word and position, nothing read yet", *middle]


def _waiting(job: Job) -> None:
    """What the map is waiting for, and a way not to."""
    said, share = job.progress
    part = job.part
    shown = part is not None and cx.layer() in part.layers
    begin = "The other layers follow:" if shown else "PCA is shown while"
    st.progress(min(1.0, max(0.0, share)), f"{begin} {said} …")
    st.button("Cancel", key=f"{cx.PAGE}_cancel", on_click=_cancel, args=(job,))


def _cancel(job: Job) -> None:
    job.cancel()
    st.session_state[cx.METHOD] = "pca"


def _what_stars_are(static: tuple[Star, ...]) -> str:
    if not static:
        return ""
    names = " and ".join(star.name for star in static)
    return (
        f" Stars: the one vector of {names}, the same in every sentence. They come from another "
        "space, and stand where the dots nearest to them are."
    )


def sentences(found: results.Found) -> None:
    """The sentences, the selected one in sight."""
    first, second = cx.picked(len(found.occurrences))
    shown = groups(found)
    looks = group_looks(shown, dark())
    rows = sentence_rows(found, shown, looks, (first, second))
    components.sentence_list(
        rows, len(found.occurrences), first, second, key=cx.LIST, rev=cx.revision(),
        on_pick=cx.listed_pressed, on_second=cx.compare_pressed,
    )


def accuracy(found: results.Found) -> None:
    """How well the senses can be told, with the shuffled band."""
    scores = results.scores(found)
    if scores is None:
        st.info(
            "Two sense labels with two sentences each are needed to measure this; give a CSV with "
            "the columns sentence and label."
        )
        return
    plot(
        accuracy_figure(scores, cx.layer(), dark()), "Accuracy by layer; the table below has the "
        "same numbers", key=cx.CURVES, name="accuracy", on_pick=cx.curve_pressed,
    )
    st.caption(accuracy_caption(scores))
    with st.expander("As a table"):
        st.html(html.scores_html(scores))


def similarity(found: results.Found) -> None:
    """The matrix, and the pair that is picked."""
    count, layer = len(found.occurrences), cx.layer()
    if count > results.MOST_PAIRED:
        st.info(f"Every pair is compared up to {results.MOST_PAIRED:,} occurrences.")
        return
    first, _ = cx.picked(count)
    names = [f"{at + 1}" for at in range(count)]
    figure = matrix_figure(
        results.matrix(found, layer), clusters(found).order, names, groups(found), first, dark()
    )
    plot(
        figure, "Cosine of every pair of occurrences", key=cx.MATRIX, name="similarity",
        on_pick=cx.cell_pressed,
    )
    st.caption(matrix_note(count) or "Press a cell to compare its two sentences.")


def pair(found: results.Found) -> None:
    """The two occurrences that are compared, if there are two."""
    first, second = cx.picked(len(found.occurrences))
    if second is None:
        return
    st.header(f"Sentences {first + 1} and {second + 1}", anchor=False)
    comparison = results.pair(found, first, second, cx.layer())
    curve, words = st.columns([2, 3])
    with curve:
        plot(
            pair_figure(comparison, dark()), "Cosine of the pair at every layer",
            key=f"{cx.PAGE}_pair", name="pair",
        )
        st.caption("How alike the word's two vectors are, layer by layer.")
    with words:
        st.html(html.removals_html(found, comparison))
        st.caption(
            "Each word near the word in question was taken out of its sentence and the sentence "
            "read again: the words that hold the two apart, or together, come first."
        )
