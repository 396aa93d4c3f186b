"""Options of more than one verb."""

from __future__ import annotations

import argparse
import ast
import inspect
import textwrap
from dataclasses import fields
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def add_corpus(parser: argparse.ArgumentParser) -> None:
    """The options that name a text."""
    parser.add_argument(
        "--corpus", default="packaged",
        help="packaged, a folder of .txt, a .txt, .jsonl, .csv or .tsv file, or datasets:NAME",
    )  # fmt: skip
    parser.add_argument("--column", default="text", help="of a CSV, or field of JSON lines")


def add_settings(
    parser: argparse.ArgumentParser, settings: DataclassInstance, before: str = ""
) -> None:
    """An option for every field of a dataclass; its help is the text below it in the source.

    Args:
        parser: gets the options.
        settings: its values are the defaults.
        before: what comes before a default; with it, an option that is not given is None.
    """
    said = _texts_below(type(settings))
    for field in fields(settings):
        value, about = getattr(settings, field.name), said.get(field.name, "")
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=type(value),
            default=None if before else value,
            help=f"{about} Default: {before}{value}.".strip().replace("%", "%%"),
        )


def _texts_below(kind: type[DataclassInstance]) -> dict[str, str]:
    """What stands below the fields of a class in its source, without marks of code; nothing where
    there is no source."""
    try:
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    except (OSError, TypeError):
        return {}
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(below.value.value).replace("\n", " ").replace("`", "")
        for field, below in pairwise(body.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }  # fmt: skip
