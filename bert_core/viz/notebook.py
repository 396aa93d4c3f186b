"""Results draw themselves in a notebook, after `%load_ext bert_core.viz.notebook`.

What a cell ends with is then shown as its figure or table, not as a long line of numbers: what the
pages draw, of the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bert_core.outputs import (
    AgainstRandom,
    AttentionFlow,
    AttentionMaps,
    EncoderResult,
    Encoding,
    HeadAblation,
    HeadImportance,
    Lens,
    MaskedWords,
    PairChanges,
    PairComparison,
    PairWords,
    SenseScores,
    TokenImportance,
    WordPieceTrace,
)
from bert_core.viz.bars_svg import bars_svg
from bert_core.viz.bertviz_html import head_view_html
from bert_core.viz.figure import Figure
from bert_core.viz.head_figure import flow_figure, heads_grid_figure
from bert_core.viz.importance import ablation_figure, importance_figure
from bert_core.viz.layer_curves import accuracy_figure, pair_figure
from bert_core.viz.lens import lens_html
from bert_core.viz.sentence_pairs import answer_html, random_figure, words_figure
from bert_core.viz.tokens_html import encoding_html, trace_html

Bundle = dict[str, Any]
"""Kind of content -> content, as IPython takes it."""

FRAME = '<iframe srcdoc="{}" style="width:100%;height:620px;border:0" title="BertViz"></iframe>'


def load_ipython_extension(shell: Any) -> None:
    """Called by `%load_ext`: from now on `shell` draws every result that can be drawn."""
    formatter = shell.display_formatter.mimebundle_formatter
    for kind, draw in DRAWN.items():
        formatter.for_type(kind, partial(_bundle, draw))


def unload_ipython_extension(shell: Any) -> None:
    """Called by `%unload_ext`: results are numbers again."""
    formatter = shell.display_formatter.mimebundle_formatter
    for kind in DRAWN:
        formatter.pop(kind, None)


def _bundle(
    draw: Callable[[Any], Figure | str], result: object, include: Any = None, exclude: Any = None
) -> Bundle:
    drawn = draw(result)
    if isinstance(drawn, str):
        return {"text/html": drawn}
    from plotly.graph_objects import Figure as PlotlyFigure

    bundle: Bundle = PlotlyFigure(drawn)._repr_mimebundle_(include, exclude)
    return bundle


def _encoder_result(result: EncoderResult) -> str:
    """BertViz's head view where attention was recorded; else the tokens."""
    if result.attention is None:
        return encoding_html(result.encoding)
    from html import escape

    return FRAME.format(escape(head_view_html(result)))


def _last_layer(flow: AttentionFlow) -> Figure:
    return flow_figure(flow, len(flow.weights))


def _strongest(ablation: HeadAblation) -> Figure:
    """All heads, the one that matters most framed."""
    heads = ablation.change.shape[1]
    layer, head = divmod(int(abs(ablation.change).argmax()), heads)
    return ablation_figure(ablation, (layer, head))


DRAWN: dict[type, Callable[[Any], Figure | str]] = {
    Encoding: encoding_html,
    WordPieceTrace: trace_html,
    EncoderResult: _encoder_result,
    MaskedWords: bars_svg,
    AttentionMaps: heads_grid_figure,
    AttentionFlow: _last_layer,
    HeadAblation: _strongest,
    HeadImportance: lambda found: _strongest(found.ablation),
    TokenImportance: importance_figure,
    Lens: lens_html,
    SenseScores: lambda scores: accuracy_figure(scores, scores.best_layer),
    PairComparison: pair_figure,
    PairChanges: answer_html,
    AgainstRandom: random_figure,
    PairWords: words_figure,
}
"""Kind of result -> what draws it."""
