"""A task head's answer for one text, and which words carry it.

C = classes, T = tokens, H = hidden size.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bert_core.analysis.gradients import gradient
from bert_core.analysis.importance import rank_correlation
from bert_core.cancel import Asked, stop_if
from bert_core.checkpoint.head_file import LoadedHead
from bert_core.model.task_head import class_logits
from bert_core.outputs import Encoding
from bert_core.outputs.task_heads import HeadAnswer, HeadWord, HeadWords


def classify(head: LoadedHead, text: str) -> HeadAnswer:
    """How likely each class is for a text, of which the head reads its first tokens.

    Raises:
        ValueError: when there is nothing but spaces.
    """
    encoding = encode(head, text)
    (logits,) = class_logits(head.model, [encoding.ids], head.checkpoint.tokenizer.pad_id).tolist()
    chances = torch.tensor(logits, dtype=torch.float64).softmax(-1).tolist()
    return HeadAnswer(encoding, head.facts.labels, tuple(logits), tuple(chances))


def encode(head: LoadedHead, text: str) -> Encoding:
    """The text as tokens, cut to those that the head reads.

    Raises:
        ValueError: when there is nothing but spaces.
    """
    limit = min(head.facts.length, head.model.config.max_position_embeddings)
    encoding = head.checkpoint.tokenizer.encode(text, None, limit)
    if not any(word is not None for word in encoding.word_ids):
        raise ValueError("the text is empty; type a sentence")
    return encoding


def head_words(
    head: LoadedHead, text: str, label: int | None = None, cancelled: Asked = None
) -> HeadWords:
    """The answer with each word taken out, all its pieces together, beside what gradients say.

    Occlusion (Li, Monroe and Jurafsky 2016): what stands behind the word moves up. And gradient x
    input (Shrikumar et al. 2016), at what goes into the first layer. Both of the log-odds, which
    move where the probability is all but 0 or 1, too.

    Args:
        head: a head with its encoder.
        text: the text.
        label: the class that is watched; the likeliest when left out.
        cancelled: asked before every batch.

    Raises:
        ValueError: when the text is empty.
        Cancelled: when `cancelled` said so.
    """
    answer = classify(head, text)
    watched = answer.best if label is None else label
    encoding = answer.encoding
    groups = encoding.words
    if len(groups) < 2:
        return HeadWords(answer, watched, (), None)
    rows = [[id for at, id in enumerate(encoding.ids) if at not in places] for places in groups]

    def go_on() -> None:
        stop_if(cancelled, "taking words out was stopped")

    logits = torch.from_numpy(
        class_logits(head.model, rows, head.checkpoint.tokenizer.pad_id, go_on)
    )
    logits = logits.double()
    without = logits.softmax(-1)[:, watched].tolist()
    odds = log_odds(logits, watched).tolist()
    go_on()
    slopes = _gradient_times_input(head, encoding, watched)
    before = float(log_odds(torch.tensor(answer.logits, dtype=torch.float64), watched))
    words = tuple(
        HeadWord(
            encoding.typed(places[0], places[-1]),
            places, chance, before - after,
            sum(slopes[at] for at in places),
        )
        for places, chance, after in zip(groups, without, odds, strict=True)
    )  # fmt: skip
    order = rank_correlation([one.gradient for one in words], [one.lost for one in words])
    return HeadWords(answer, watched, words, order)


def log_odds(logits: Tensor, label: int) -> Tensor:
    """(..): log p / (1 - p) of a class, in nats, from logits (.., C)."""
    others = torch.cat([logits[..., :label], logits[..., label + 1 :]], dim=-1)
    return logits[..., label] - others.logsumexp(-1)


def _gradient_times_input(head: LoadedHead, encoding: Encoding, label: int) -> list[float]:
    """(T,): for each token, the gradient of the class's log-odds times its input."""
    model = head.model
    ids = torch.tensor([encoding.ids], device=model.device)
    with torch.no_grad():
        embedded = model.embeddings(ids, torch.zeros_like(ids))  # (1, T, H)

    def asked(point: Tensor) -> Tensor:
        states, _ = model.encoder(point, None, False)
        return log_odds(model.task(states[-1]).float(), label)

    slope = gradient(asked, embedded)
    values: list[float] = (slope * embedded)[0].float().sum(-1).cpu().tolist()
    return values
