"""Results on the terminal: a small table, or with --json one JSON document."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Sequence
from typing import Any

Result = dict[str, Any]


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser that knows --json."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def machine() -> Result:
    """What the numbers were taken on, and how busy it was."""
    import torch

    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load_before": load,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def report(result: Result, rows: Sequence[Sequence[Any]], as_json: bool) -> None:
    """Print the result one way or the other."""
    print(json.dumps(result, indent=2) if as_json else text_table(rows))


def text_table(rows: Sequence[Sequence[Any]]) -> str:
    """Rows as lines: the first column to the left, numbers to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for first, *others in cells:
        numbers = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        lines.append("  ".join([first.ljust(widths[0]), *numbers]).rstrip())
    return "\n".join(lines)
