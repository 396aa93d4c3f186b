"""The parts of the page "Words in context", each drawn from what was worked out."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from bert_core.analysis.projection_process import Job
from bert_core.data.sentence_sets import builtin_words
from bert_core.outputs import Clusters
from bert_core.viz import contexts_html as html
from bert_core.viz.context_map import map_alt, map_caption, map_figure
from bert_core.viz.layer_curves import accuracy_caption, accuracy_figure, pair_figure
from bert_core.viz.numbers import counted
from bert_core.viz.palette import group_looks
from bert_core.viz.sentences import sentence_rows
from bert_core.viz.similarity_figure import matrix_figure, matrix_note
from ui import components
from ui import context_results as results
from ui import contexts as cx
from ui.fields import plain
from ui.static_words import Star, stars

STYLE = Path(__file__).resolve().parents[1] / "assets" / "contexts.css"
STEP_SECONDS = 1.3
"""How long each layer is shown while the layers are played."""
POLL_SECONDS = 0.4
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
    if st.session_state[cx.SOURCE] == cx.EXAMPLES and found.word not in builtin_words():
        said.append("found in the example sentences of other words; type your own for more")
    if len(said) > 1 or st.session_state[cx.SOURCE] == cx.OWN:
        st.caption("; ".join(said) + ".")


def layer_controls(found: results.Found) -> None:
    """The layer, play, and what the colours mean."""
    slider, play, colour = st.columns([4, 1, 3], vertical_alignment="bottom")
    slider.slider(
        "Layer (0: word and position, nothing read yet)", 0, found.layers, key=cx.LAYER
    )
    play.button("Stop" if cx.playing() else "Play", on_click=cx.play, width="stretch")
    labelled = any(label is not None for label in found.labels)
    if not labelled:
        st.session_state[cx.COLOUR] = cx.CLUSTER
    colour.segmented_control(
        "Colour by", list(cx.COLOURS), format_func=cx.COLOURS.get, key=cx.COLOUR,
        required=True, disabled=not labelled,
    )
    if cx.playing():
        st.fragment(_tick, run_every=STEP_SECONDS)()


def _tick() -> None:
    """One layer further, except on the run that drew it."""
    if st.session_state.pop(f"{cx.PAGE}_ticked", None) is None:
        st.session_state[f"{cx.PAGE}_ticked"] = True
        return
    cx.next_layer()
    st.rerun()


def groups(found: results.Found) -> list[str]:
    """The group of every occurrence: its label, or its cluster at this layer."""
    if st.session_state[cx.COLOUR] == cx.SENSE:
        return [label or NO_LABEL for label in found.labels]
    return [f"cluster {number + 1}" for number in clusters(found).members]


def clusters(found: results.Found) -> Clusters:
    """Automatic clusters at this layer."""
    return results.groups(found, cx.layer())


def map_of(found: results.Found) -> None:
    """The map, PCA's until the one asked for is done."""
    static, layer = stars(found.word), cx.layer()
    projection, job = results.maps(found, cx.settings(), layer)
    first, second = cx.picked(len(found.occurrences))
    figure = map_figure(
        found, projection, layer, groups(found), results.starred(found, static, projection, layer),
        first, None if second is None else (first, second), st.session_state[cx.PATHS], dark(),
    )
    alt = map_alt(found, layer, groups(found))
    components.plot(
        figure, alt, key=cx.MAP, name="map", on_pick=cx.map_pressed
    )
    st.caption(map_caption(projection) + _what_stars_are(static))
    if job is not None:
        st.fragment(lambda: _waiting(job), run_every=POLL_SECONDS)()


def _waiting(job: Job) -> None:
    """Says what the map is waiting for; draws the page anew when it is done."""
    if job.done():
        st.rerun()
    said, share = job.progress
    st.progress(min(1.0, max(0.0, share)), f"PCA is shown while {said} …")
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
    components.plot(
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
    components.plot(
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
        components.plot(
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


def dark() -> bool:
    """Whether the visitor's theme is the dark one."""
    return st.context.theme.type == "dark"
