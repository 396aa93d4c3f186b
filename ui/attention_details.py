"""What waits in the closed expanders of the page "Attention", and what can be taken away."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable

import streamlit as st

from bert_core.outputs import AttentionMaps, EncoderResult
from bert_core.viz import bertviz_html
from bert_core.viz import head_figure as viz
from bert_core.viz.importance import records_html
from ui import attention as at
from ui import attention_results as results
from ui import export, fields, models
from ui.fields import dark
from ui.figures import plot

VIEWS: dict[str, Callable[..., str]] = {
    "Head view": bertviz_html.head_view_html,
    "Model view": bertviz_html.model_view_html,
    "Neuron view": bertviz_html.neuron_view_html,
}
FRAME_HEIGHT = 620
SCATTER = f"{at.PAGE}_scatter"


def across_layers(state: at.State) -> None:
    """Rollout, flow and value-weighted attention as heatmaps."""
    st.selectbox("Followed how", list(results.FLOWS), format_func=results.FLOWS.get, key=at.FLOW)
    kind = st.session_state[at.FLOW]
    looked_at = results.looked_at(state)
    try:
        maps = results.across(state, kind)
    except ValueError as error:
        st.info(fields.plain(str(error)))
        return
    heads, layer = maps.attention.shape[1], looked_at["layer"] + 1
    head = looked_at["head"] + 1 if heads > 1 else 1
    name = f"layer {layer}, head {head}" if heads > 1 else f"up to layer {layer}"
    plot(
        viz.head_figure(maps, layer, head, dark()), f"{results.FLOWS[kind]}, {name}",
        key=f"{at.PAGE}_across", name=kind,
    )
    st.caption(f"{name[:1].upper()}{name[1:]}, the one chosen above. {CAPTIONS[kind]}")


CAPTIONS = {
    "rollout": "A row shows from which input tokens a token may have gathered: the mean of a "
    "layer's heads, half of it staying where it is, multiplied over the layers (Abnar and Zuidema "
    "2020). It follows weights, not what is done with them.",
    "flow": "Each layer's mean attention taken as pipes: the largest flow that can get from an "
    "input token to the row's token (Abnar and Zuidema 2020), each row scaled to 100%.",
    "values": "Each weight times the length of the vector it brings (Kobayashi et al. 2020), each "
    "row scaled to 100%: a head that looks at [CLS] or [SEP] often brings almost nothing from "
    "there.",
}


def bertviz(state: at.State) -> None:
    """BertViz's own views of the same forward pass, without a network."""
    st.segmented_control("View", list(VIEWS), key=at.BERTVIZ, required=True)
    view = st.session_state[at.BERTVIZ]
    try:
        html = _bertviz(models.current_name(), state.text, state.pair, view, dark(), state)
    except ValueError as error:
        st.info(fields.plain(str(error)))
        return
    st.iframe(html, height=FRAME_HEIGHT, alt=f"BertViz, {view.lower()}")
    st.caption(
        "Drawn by BertViz (Vig 2019) from this model's attention, queries and keys; nothing is "
        "fetched. The file opens by itself, without this app."
    )
    st.download_button(
        "Save as HTML", html, f"{view.lower().replace(' ', '-')}.html", "text/html",
        on_click="ignore", key=f"{at.PAGE}_save_bertviz",
    )


@st.cache_resource(max_entries=3, show_spinner="Drawing …")
def _bertviz(model: str, text: str, pair: str, view: str, dark: bool, _state: at.State) -> str:
    result: EncoderResult = results.read(_state)
    return VIEWS[view](result, dark=dark)


def compare(state: at.State) -> None:
    """The same head on another sentence."""
    st.text_input(
        "Another sentence", key=at.COMPARED,
        placeholder="the same with one word changed, for a difference",
    )
    if state.pair.strip() or st.session_state[at.COMPARED_PAIR].strip():
        st.text_input("And the one after it", key=at.COMPARED_PAIR)
    text = st.session_state[at.COMPARED].strip()
    if not text:
        st.caption("Its heatmap will stand beside that of your sentence, for the head above.")
        return
    words, special = st.session_state[at.WORDS], st.session_state[at.SPECIAL]
    first = results.maps(state, words, special)
    second = results.maps(at.State(text, st.session_state[at.COMPARED_PAIR]), words, special)
    looked_at = results.looked_at(state)
    layer, head = looked_at["layer"] + 1, looked_at["head"] + 1
    left, right = st.columns(2)
    for column, name, maps in ((left, "Your sentence", first), (right, "The other", second)):
        with column:
            st.markdown(f"**{name}**, layer {layer}, head {head}")
            plot(
                viz.head_figure(maps, layer, head, dark()), f"Attention: {name}",
                key=f"{at.PAGE}_{name}", name="attention",
            )
    if len(first.units) != len(second.units):
        st.caption(
            f"One has {len(first.units)} rows, the other {len(second.units)}: a difference is "
            "drawn when the numbers are the same."
        )
        return
    plot(
        viz.difference_figure(first, second, layer, head, dark()), "The difference of the two",
        key=f"{at.PAGE}_difference", name="difference",
    )
    st.caption("The other less yours: orange where the other has more, blue where it has less.")


def table_of_heads(state: at.State) -> None:
    """Every head in figures, sorted, and as dots."""
    summaries = results.summaries(state)
    measures = list(viz.MEASURES)
    across, up, sort = st.columns(3)
    x = across.selectbox("Across", measures, 1, format_func=viz.MEASURES.get, key=f"{at.PAGE}_x")
    y = up.selectbox("Up", measures, 0, format_func=viz.MEASURES.get, key=f"{at.PAGE}_y")
    sort.selectbox(
        "Table sorted by", ["layer and head", *measures], key=at.SORT,
        format_func=lambda name: viz.MEASURES.get(name, name),
    )
    looked_at = results.looked_at(state)
    selected = looked_at["layer"], looked_at["head"]
    plot(
        viz.heads_figure(summaries, x, y, selected, dark()), "Every head by two measures",
        key=SCATTER, name="heads", on_pick=lambda: at.head_pressed(SCATTER),
    )
    st.caption("One dot a head; press one to open it above. Means over the text's own tokens.")
    st.html(records_html("Heads", viz.summary_rows(summaries, st.session_state[at.SORT])))


def exports(state: at.State) -> dict[str, tuple[str, str]]:
    """File name -> (content, kind)."""
    maps, summaries = _shown(state), results.summaries(state)
    looked_at = results.looked_at(state)
    layer, head = looked_at["layer"] + 1, looked_at["head"] + 1
    rows, heads = viz.weight_rows(maps, layer, head), viz.summary_rows(summaries)
    document = {
        "model": models.current_name(), "text": state.text, "pair": state.pair or None,
        "units": [unit.label for unit in maps.units], "words": maps.words,
        "special_tokens": maps.special, "layer": layer, "head": head,
        "attention": maps.attention[layer - 1, head - 1].round(6).tolist(), "heads": heads,
    }  # fmt: skip
    return {
        "attention.csv": (export.as_csv(rows), "text/csv"),
        "heads.csv": (export.as_csv(heads), "text/csv"),
        "attention.json": (json.dumps(document, ensure_ascii=False), "text/json"),
    }


def _shown(state: at.State) -> AttentionMaps:
    return results.maps(state, st.session_state[at.WORDS], st.session_state[at.SPECIAL])


def command(state: at.State) -> str:
    """The command that gives the same numbers."""
    words = ["python", "-m", "bert_core", "attention", state.text]
    if state.pair.strip():
        words += ["--pair", state.pair]
    words += ["--words"] * st.session_state[at.WORDS]
    words += ["--no-special"] * (not st.session_state[at.SPECIAL])
    if models.current_name() != models.BUNDLED:
        words += ["--model", models.current_name()]
    return shlex.join([*words, "--summary", "--json"])
