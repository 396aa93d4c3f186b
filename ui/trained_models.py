"""Checkpoints that were trained here: used on all pages, downloaded, removed."""

from __future__ import annotations

import shutil
from pathlib import Path

import streamlit as st

from bert_core.training.run_folder import TrainedModel, runs_folder, trained_here
from ui import export, fields, models
from ui import training as tr


def known() -> list[TrainedModel]:
    """What can be used, the latest run first; not of the run that goes on."""
    return trained_here(tr.queue().busy)


def title(model: TrainedModel) -> str:
    """'State of the Union, 2 × 128 from scratch, step 1,234'."""
    return f"{model.title}, step {model.step:,}"


def use(folder: Path) -> None:
    """Use this checkpoint on all pages from now on (a callback)."""
    models.choose(str(folder))


def packed(folder: Path) -> bytes:
    """The checkpoint's folder as a zip file, which unpacked opens in `transformers`."""
    return export.zipped(folder, folder.name)


def remove(model: TrainedModel) -> None:
    """Delete a checkpoint, and the files of its run with the last one (a callback)."""
    run = model.folder.parent
    if run.parent != runs_folder() or models.current_name() == str(model.folder):
        return
    shutil.rmtree(model.folder, ignore_errors=True)
    if not any(run.glob("step-*")):
        shutil.rmtree(run, ignore_errors=True)


def table() -> None:
    """All of them, each with what can be done with it."""
    found = known()
    if not found:
        st.write("Nothing was trained here yet.")
        return
    for at, model in enumerate(found[:30]):
        name, take, save, drop = st.columns([5, 2, 2, 2], vertical_alignment="center")
        name.markdown(fields.plain(title(model)))
        used = models.current_name() == str(model.folder)
        take.button(
            "In use" if used else "Use on all pages", key=f"trained_use_{model.folder}",
            on_click=use, args=(model.folder,), disabled=used,
        )  # fmt: skip
        save.download_button(
            "Download", lambda folder=model.folder: packed(folder), key=f"trained_get_{at}",
            file_name=f"bert-step-{model.step}.zip", mime="application/zip", on_click="ignore",
        )  # fmt: skip
        drop.button(
            "Delete", key=f"trained_drop_{model.folder}", on_click=remove, args=(model,),
            disabled=used, help="The model in use cannot be deleted." if used else None,
        )  # fmt: skip
