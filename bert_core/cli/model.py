"""The model that a verb was given, and what it could not read of a text."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bert_core.checkpoint.load import Checkpoint
    from bert_core.outputs import Encoding


def asked_model(options: argparse.Namespace) -> Checkpoint:
    """The checkpoint that --model, --device and --precision name.

    Raises:
        ValueError: as `load_checkpoint`.
    """
    from bert_core.checkpoint.load import load_checkpoint

    return load_checkpoint(options.model, options.device, options.precision)


def say_what_was_cut(encoding: Encoding) -> None:
    """A note on standard error where a text did not fit into the model."""
    if encoding.truncation is not None:
        print(
            "note: the text is too long for the model; its last "
            f"{encoding.truncation.tokens_dropped:,} tokens were left out",
            file=sys.stderr,
        )
