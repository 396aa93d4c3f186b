"""In a notebook a result is shown as its figure or table, once the extension is loaded."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from bert_core.outputs import AttentionFlow, Encoding
from bert_core.viz import notebook
from bert_core.viz.head_figure import flow_figure, heads_grid_figure
from tests.viz import attentions


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell as a notebook has it, which takes what Plotly draws without a network."""
    import plotly.io as pio

    monkeypatch.setattr(pio.renderers, "default", "plotly_mimetype")
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "bert_core.viz.notebook")
    yield shell
    InteractiveShell.clear_instance()


def shown(shell: InteractiveShell, result: object) -> dict[str, Any]:
    """What a cell that ends with `result` hands to the notebook."""
    assert shell.display_formatter is not None
    bundle: dict[str, Any] = shell.display_formatter.format(result)[0]
    return bundle


def test_results_draw_themselves(shell: InteractiveShell) -> None:
    figure = shown(shell, attentions.head_importance())["application/vnd.plotly.v1+json"]
    (cells,) = figure["data"]
    assert cells["type"] == "heatmap"
    assert figure["layout"]["shapes"][-1]["x0"] == 1.5, "the head that matters most is framed"
    tokens = shown(shell, attentions.token_importance())["application/vnd.plotly.v1+json"]
    assert "<b>taken out</b>" in tokens["layout"]["yaxis"]["ticktext"]
    grid = shown(shell, attentions.maps())["application/vnd.plotly.v1+json"]
    assert grid["layout"]["xaxis"]["title"]["text"] == "layer"


def test_tables_come_as_html_and_escaped(shell: InteractiveShell) -> None:
    html = shown(shell, attentions.question().encoding)["text/html"]
    assert "<table" in html and "&lt;b&gt;" in html


def test_unloaded_they_are_numbers_again(shell: InteractiveShell) -> None:
    shell.run_line_magic("unload_ext", "bert_core.viz.notebook")
    assert list(shown(shell, attentions.question().encoding)) == ["text/plain"]


def test_every_kind_can_be_drawn() -> None:
    assert Encoding in notebook.DRAWN and AttentionFlow in notebook.DRAWN


def test_the_grid_has_every_head_in_its_place() -> None:
    maps = attentions.maps()
    layers, heads, count, _ = maps.attention.shape
    (cells,) = heads_grid_figure(maps)["data"]
    drawn = np.array(cells["z"], dtype=float)
    step = drawn.shape[0] // heads
    for layer, head in np.ndindex(layers, heads):
        own = drawn[head * step : head * step + count, layer * step : layer * step + count]
        assert own == pytest.approx(np.sqrt(maps.attention[layer, head]), abs=1e-3)
    assert np.isnan(drawn[count]).all(), "a gap between heads"


def test_a_long_text_is_cut_to_what_can_be_drawn() -> None:
    maps = attentions.maps(count=600)
    (cells,) = heads_grid_figure(maps)["data"]
    assert 250_000 < np.array(cells["z"], dtype=float).size < 400_000


def test_flow_is_drawn_with_its_tokens() -> None:
    encoding = attentions.question().encoding
    count = len(encoding)
    weights = np.full((2, count, count), 1 / count, np.float32)
    figure = flow_figure(AttentionFlow("rollout", encoding, weights), 2)
    assert figure["layout"]["xaxis"]["ticktext"][0] == "[CLS]"
    with pytest.raises(ValueError, match="layer is 3; it must be from 1 to 2"):
        flow_figure(AttentionFlow("rollout", encoding, weights), 3)
