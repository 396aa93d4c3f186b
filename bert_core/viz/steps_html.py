"""Pieces of HTML: the steps from logits to word with their real numbers, a filled-in sentence.

Whatever was typed, or stands in a vocabulary, is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bert_core.outputs import MaskedWords, MaskPrediction
from bert_core.viz.numbers import percent


def steps_html(result: MaskedWords, prediction: MaskPrediction) -> str:
    """An ordered list: vector, logits, softmax, argmax, id, word."""
    best = prediction.guesses[0]
    tokens, hidden = len(result.encoding), len(prediction.hidden)
    numbers = ", ".join(f"{value:.2f}" for value in prediction.hidden[:6])
    bottom = prediction.log_normaliser
    steps = (
        (
            "Vector",
            f"The encoder gives one vector a token: (tokens {tokens} × hidden {hidden}). "
            f"The one at position {prediction.position}, where the word is hidden:",
            f"({numbers}, …)",
        ),
        (
            "Logits",
            f"A feed-forward head scores every entry of the vocabulary: (hidden {hidden}) → "
            f"(vocabulary {prediction.vocabulary:,}). The highest:",
            _logits(prediction),
        ),
        (
            "Softmax",
            "e to the power of each logit, divided by the sum over all of them, "
            f"here e^{bottom:.2f}. The shares add up to 1:",
            f"“{escape(best.token)}”: e^{best.logit:.2f} / e^{bottom:.2f} "
            f"= e^{best.logit - bottom:.2f} = {best.probability:.4f} = {percent(best.probability)}",
        ),
        ("Argmax", "The place of the largest share is the answer’s token id:", f"{best.id:,}"),
        (
            "Word",
            f"Entry {best.id:,} of the vocabulary, read back by the tokenizer:",
            f"“{escape(best.token)}”",
        ),
    )
    items = "".join(
        f"<li><strong>{name}.</strong> {text}<br><code>{code}</code></li>"
        for name, text, code in steps
    )
    return f'<ol class="steps">{items}</ol>'


def _logits(prediction: MaskPrediction) -> str:
    shown = [f"{escape(guess.token)} {guess.logit:.2f}" for guess in prediction.guesses[:5]]
    return ", ".join(shown) + ", …"


def sentence_html(runs: Sequence[tuple[str, bool]]) -> str:
    """A sentence whose filled-in runs are marked."""
    parts = (f"<mark>{escape(run)}</mark>" if filled else escape(run) for run, filled in runs)
    return f'<p class="sentence" dir="auto">{"".join(parts)}</p>'
