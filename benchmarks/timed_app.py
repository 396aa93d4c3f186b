"""The app, with a clock on the model: `python -m benchmarks.timed_app --server.port 8501`.

Appends a line to the file named by BERT_EXPLORER_TIMES for each answer: milliseconds of the encoder
alone, and of the whole answer (encoder, head over the vocabulary, softmax, ranks).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from streamlit.web.cli import main as streamlit

from bert_core.analysis import predictions
from bert_core.model.bert import Bert

Function = Callable[..., Any]


def timed(function: Function, done: Callable[[float], None]) -> Function:
    """`function`, reporting how many milliseconds each call took."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            done((time.perf_counter() - started) * 1e3)

    return run


def main() -> None:
    """Put the clocks on, then run the app as `streamlit run app.py` does."""
    encoder: list[float] = []

    def write(answer: float) -> None:
        with open(os.environ["BERT_EXPLORER_TIMES"], "a", encoding="utf-8") as file:
            file.write(f"{encoder[-1] if encoder else 0.0} {answer}\n")

    Bert.forward = timed(Bert.forward, encoder.append)  # type: ignore[method-assign]
    predictions.masked_words = timed(predictions.masked_words, write)
    sys.argv = ["streamlit", "run", "app.py", *sys.argv[1:]]
    streamlit()


if __name__ == "__main__":
    main()
