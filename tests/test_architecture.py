"""The import directions of the design, enforced from the syntax tree."""

from pathlib import Path, PurePosixPath

import pytest

from tests.architecture import LONGEST_FILE, SOURCE_FOLDERS, violations

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [Path("app.py")] + sorted(
    path.relative_to(ROOT) for folder in SOURCE_FOLDERS for path in (ROOT / folder).rglob("*.py")
)
OTHERS = sorted(
    path.relative_to(ROOT)
    for pattern in ("tests/**/*.py", "benchmarks/**/*.py", "ui/**/*.js", "ui/**/*.css")
    for path in ROOT.glob(pattern)
)


def test_there_is_something_to_check() -> None:
    tops = {path.parts[0] for path in SOURCES}
    assert tops == {"app.py", *SOURCE_FOLDERS}


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_a_source_file_keeps_the_rules(path: Path) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    found = violations(PurePosixPath(path.as_posix()), source)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("path", OTHERS, ids=str)
def test_no_file_is_too_long(path: Path) -> None:
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{path} has {lines} lines; the limit is {LONGEST_FILE}"


BAD = [
    ("bert_core/config.py", "import bert_core.outputs", "config may import nothing"),
    ("bert_core/tokenizer.py", "from bert_core.model.bert import Bert", "tokenizer may import"),
    ("bert_core/model/bert.py", "from ..checkpoint import load", "model may import"),
    ("bert_core/model/__init__.py", "from ..data.masking import mask", "model may import"),
    ("bert_core/model/bert.py", "from .. import analysis", "model may import"),
    ("bert_core/data/masking.py", "from bert_core import training", "data may import"),
    ("bert_core/checkpoint/load.py", "import bert_core.data.masking as m", "checkpoint may import"),
    ("bert_core/analysis/x.py", "from bert_core.viz import figures", "analysis may import"),
    ("bert_core/viz/figures.py", "from ..model.bert import Bert", "viz may import only outputs"),
    ("bert_core/viz/figures.py", "from bert_core.config import BertConfig", "viz may import only"),
    ("bert_core/viz/f.py", "def f():\n    from ..tokenizer import T", "viz may import only"),
    ("bert_core/training/loop.py", "from ..cli import main", "training may import"),
    ("bert_core/__init__.py", "from .model.bert import Bert", "bert_core/__init__.py may import"),
    ("bert_core/odd.py", "import math", "no rule for it"),
    ("pages/tokens.py", "from bert_core.tokenizer import Tokenizer", "pages may import"),
    ("pages/tokens.py", "from pages import attention", "nothing imports pages"),
    ("ui/main.py", "import app", "nothing imports app"),
    ("ui/main.py", "import pages.tokens", "nothing imports pages"),
    ("ui/models.py", "from bert_core.cli import main", "ui may import"),
    ("bert_core/viz/f.py", "from ui import state", "viz may import only"),
    ("app.py", "from bert_core.model.bert import Bert", "app may import"),
    ("bert_core/model/bert.py", "import streamlit as st", "never imports streamlit"),
    ("bert_core/x/y.py", "def f():\n    import streamlit.runtime", "never imports streamlit"),
    ("bert_core/model/bert.py", "def f():\n    import transformers", "only where a hub id"),
    ("ui/models.py", "def f():\n    from transformers import BertModel", "only where a hub id"),
    ("bert_core/checkpoint/load.py", "def f():\n    import transformers", "only where a hub id"),
    ("bert_core/checkpoint/hub.py", "import transformers", "lazily"),
    ("bert_core/checkpoint/hub.py", "import huggingface_hub", "lazily"),
    ("bert_core/viz/figures.py", "import plotly.graph_objects as go", "lazily"),
    ("bert_core/viz/figures.py", "try:\n    import plotly\nexcept E:\n    pass", "lazily"),
    ("bert_core/viz/figures.py", "class A:\n    from plotly import io", "lazily"),
    ("bert_core/analysis/p.py", "if True:\n    import umap", "lazily"),
    ("pages/attention.py", "from bertviz import head_view", "lazily"),
    ("ui/x.py", "import importlib\nimportlib.import_module('umap')", "lazily"),
    ("bert_core/data/x.py", "def f():\n    __import__('streamlit')", "never imports streamlit"),
    ("pages/a.py", "import streamlit as s\n@s.cache_data\ndef f(): 1", "st.cache_data is for ui"),
    ("pages/a.py", "import streamlit\nstreamlit.session_state['x'] = 1", "session_state is for ui"),
    ("pages/a.py", "import streamlit as st\nst.components.v2.component('x')", "components is for"),
    ("pages/a.py", "from streamlit import cache_resource", "cache_resource is for ui"),
    ("app.py", "import streamlit.components.v1 as c", "components is for ui"),
    ("pages/a.py", "x = 1\n" * 121, "121 lines; the limit is 120"),
    ("ui/a.py", "x = 1\n" * 301, "301 lines; the limit is 300"),
]

GOOD = [
    ("bert_core/model/bert.py", "from ..config import BertConfig\nfrom . import heads"),
    ("bert_core/model/__init__.py", "from .bert import Bert\nfrom ..outputs import Encoding"),
    ("bert_core/training/loop.py", "from bert_core.checkpoint import save\nfrom ..data import x"),
    ("bert_core/analysis/a.py", "from ..checkpoint.load import L\nfrom bert_core import model"),
    ("bert_core/viz/f.py", "from bert_core import outputs\ndef f():\n    import plotly.io"),
    (
        "bert_core/viz/f.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from plotly import io",
    ),
    ("bert_core/checkpoint/hub.py", "def f():\n    import transformers, huggingface_hub"),
    ("bert_core/cli/parser.py", "from ..training import loop\nfrom ..viz import figures"),
    ("bert_core/__main__.py", "from bert_core.cli import main"),
    ("ui/models.py", "import streamlit as s\nfrom bert_core.viz import f\ns.cache_data(f)"),
    ("pages/a.py", "from ui.models import m\nfrom bert_core import outputs, viz\n" + "x\n" * 118),
    ("app.py", "import streamlit as st\nfrom ui.security import S\napp = st.App('ui/main.py')"),
]


@pytest.mark.parametrize(("path", "source", "message"), BAD)
def test_a_bad_file_is_caught(path: str, source: str, message: str) -> None:
    found = violations(PurePosixPath(path), source)
    assert any(message in line and line.startswith(path) for line in found), found


@pytest.mark.parametrize(("path", "source"), GOOD)
def test_a_good_file_is_left_alone(path: str, source: str) -> None:
    assert violations(PurePosixPath(path), source) == []
