"""How far a training is: a bar on a terminal, lines in a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bert_core.training.progress import Progress


@contextmanager
def shown_progress(tokens: int, read: int = 0) -> Iterator[Callable[[Progress], None]]:
    """Yields what shows one line of the log on standard error.

    Args:
        tokens: of the whole run.
        read: of them before, where a run goes on.
    """
    if not sys.stderr.isatty():
        yield lambda progress: print(progress.line(), file=sys.stderr, flush=True)
        return
    from tqdm import tqdm

    with tqdm(
        total=tokens, initial=read, unit=" tokens", unit_scale=True, dynamic_ncols=True
    ) as bar:

        def show(progress: Progress) -> None:
            senses = f", senses {progress.sense_loss:.3f}" if progress.sense_loss else ""
            bar.set_postfix_str(
                f"masked words {progress.mlm_loss:.3f}, next sentence {progress.nsp_loss:.3f}"
                f"{senses}"
            )
            bar.update(progress.tokens - bar.n)

        yield show
