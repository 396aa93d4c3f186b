"""The model all pages use: loaded once, shared by all visitors, chosen in the sidebar."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from bert_core.checkpoint.config_file import read_config
from bert_core.checkpoint.find import find_folder
from bert_core.config import BertConfig
from bert_core.outputs import Encoding
from bert_core.tokenizer import Tokenizer
from ui.fields import plain

if TYPE_CHECKING:
    from bert_core.checkpoint.load import Checkpoint

Answer = TypeVar("Answer")

BUNDLED = "bundled"
LONGEST_TEXT = 200_000
"""Characters looked at; far more than the model can take, and little enough to be quick."""
HEAD_NAMES = {"mlm": "masked words", "nsp": "next sentence"}


def current_name() -> str:
    """The name of the model in use: from the address, the environment, or the bundled one."""
    if "model" not in st.session_state:
        fallback = os.environ.get("BERT_EXPLORER_MODEL", BUNDLED)
        choose(st.query_params.get("model", fallback) or BUNDLED)
    name: str = st.session_state.setdefault("model", BUNDLED)
    return name


def checkpoint() -> Checkpoint:
    """The model in use."""
    return _load(current_name())


def tokenizer() -> Tokenizer:
    """The tokenizer of the model in use, without waiting for the weights."""
    return _tokenizer(current_name())


def config() -> BertConfig:
    """The shape of the model in use, without waiting for the weights."""
    return _config(current_name())


def encode(text: str, pair: str | None = None) -> Encoding:
    """The text, or both, as tokens, cut to the model's positions."""
    second = None if pair is None else pair[:LONGEST_TEXT]
    limit = config().max_position_embeddings
    return tokenizer().encode(text[:LONGEST_TEXT], second, max_tokens=limit)


def ask(question: Callable[..., Answer], *arguments: Any) -> Answer:
    """The answer of `question(model in use, *arguments)`.

    All visitors' questions go through one thread that stays: PyTorch sets up its workers anew for
    every thread that uses it, and every rerun of a page is a new thread.

    Raises:
        Exception: whatever `question` raises.
    """
    return submit(question, *arguments).result()


def submit(question: Callable[..., Answer], *arguments: Any) -> Future[Answer]:
    """`ask` without waiting for the answer."""
    return _worker().submit(question, checkpoint(), *arguments)


def sidebar() -> None:
    """What is loaded, in one line, and a field to load another checkpoint."""
    name = current_name()
    st.subheader("Model")
    loaded = checkpoint()
    config = loaded.model.config
    heads = [title for head, title in HEAD_NAMES.items() if head in loaded.model.heads]
    st.markdown(
        f"**{plain(_title(name))}**  \n"
        f"{config.num_hidden_layers} layers × {config.hidden_size} wide, "
        f"{config.num_attention_heads} heads a layer  \n"
        f"{config.vocab_size:,} tokens  \n"
        f"Heads: {', '.join(heads) or 'none'}"
    )
    with st.expander("Use another checkpoint"):
        st.text_input(
            "Folder or hub id",
            key="model_field",
            placeholder="bert-base-uncased",
            on_change=_chosen,
            help="A folder with config.json, model.safetensors and vocab.txt; or, where there is "
            "a network, the id of a BERT on the Hugging Face hub.",
        )
        _trained_here()
        if name != BUNDLED:
            st.button("Back to the bundled model", on_click=_use, args=(BUNDLED,))
    if problem := st.session_state.get("model_problem"):
        st.error(plain(problem))


def _trained_here() -> None:
    """A menu of what the page "Training" has made, if there is anything."""
    from ui import trained_models  # which needs this module

    found = {str(model.folder): model for model in trained_models.known()}
    if found:
        st.selectbox(
            "Trained here", list(found), index=None, key="model_trained",
            placeholder="Choose a step of a training", on_change=_trained_chosen,
            format_func=lambda folder: trained_models.title(found[folder]),
        )  # fmt: skip


def _trained_chosen() -> None:
    if name := st.session_state["model_trained"]:
        choose(name)
    st.session_state["model_trained"] = None


def _title(name: str) -> str:
    if (at := re.fullmatch(r".*/runs/\w+/step-(\d+)", name)) is not None:
        return f"Trained here, step {int(at[1]):,}"
    return "Bundled model" if name == BUNDLED else name.rstrip("/").split("/")[-1]


def _chosen() -> None:
    if name := st.session_state["model_field"].strip():
        choose(name)


def choose(name: str) -> None:
    """Use the model `name` if it can be loaded; else say why, and stay with the current one."""
    try:
        _load(name)
    except (ValueError, OSError, RuntimeError) as error:
        kept = st.session_state.get("model", BUNDLED)
        st.session_state["model_problem"] = f"{error}. Still in use: {_title(kept).lower()}."
    else:
        _use(name)


def _use(name: str) -> None:
    st.session_state["model"] = name
    st.session_state.pop("model_problem", None)
    if name == BUNDLED:
        st.query_params.pop("model", None)
    else:
        st.query_params["model"] = name


def _load(name: str) -> Checkpoint:
    return _load_bundled() if name == BUNDLED else _load_other(name)


@st.cache_resource(show_spinner="Loading the bundled model …")
def _load_bundled() -> Checkpoint:
    from bert_core.checkpoint.load import load_checkpoint

    return load_checkpoint(BUNDLED)


@st.cache_resource(max_entries=1, show_spinner="Loading the model …")
def _load_other(name: str) -> Checkpoint:
    from bert_core.checkpoint.load import load_checkpoint

    return load_checkpoint(name)


@st.cache_resource(show_spinner=False)
def _worker() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")


@st.cache_resource(max_entries=2, show_spinner=False)
def _config(name: str) -> BertConfig:
    return read_config(find_folder(name))


@st.cache_resource(max_entries=2, show_spinner=False)
def _tokenizer(name: str) -> Tokenizer:
    return Tokenizer.from_folder(find_folder(name))
