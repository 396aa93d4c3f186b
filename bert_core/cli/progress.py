"""How far a training is: a bar on a terminal, lines in a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bert_core.training.loop import Progress


@contextmanager
def shown_progress(tokens: int) -> Iterator[Callable[[Progress], None]]:
    """Yields what shows one line of the log, of a run of so many tokens, on standard error."""
    if not sys.stderr.isatty():
        yield lambda progress: print(progress.line(), file=sys.stderr, flush=True)
        return
    from tqdm import tqdm

    with tqdm(total=tokens, unit=" tokens", unit_scale=True, dynamic_ncols=True) as bar:

        def show(progress: Progress) -> None:
            bar.set_postfix_str(
                f"masked words {progress.mlm_loss:.3f}, next sentence {progress.nsp_loss:.3f}"
            )
            bar.update(progress.tokens - bar.n)

        yield show
