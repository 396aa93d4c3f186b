"""A toy language to learn in seconds: after each word of a sentence only one can come."""

from __future__ import annotations

import math
from collections import Counter

from bert_core.data.sentence_pairs import TokenisedDocument
from bert_core.training.arguments import TrainingArguments
from tests.model.tiny import tiny_tokenizer

SENTENCES = (
    "the river flows to the sea .",
    "a boat runs by the town .",
    "the old town has fish in very long water .",
    "fishing boats by a river .",
)


def toy_documents(number: int = 12) -> list[TokenisedDocument]:
    """Documents that say the same four sentences in turns; each begins with another."""
    ids = [tuple(sentence) for sentence in tiny_tokenizer().encode_ids(list(SENTENCES))]
    return [
        TokenisedDocument("toy", tuple(ids[(at + i) % len(ids)] for i in range(10)))
        for at in range(number)
    ]


def unigram_entropy() -> float:
    """Nats a token, for a model that knows how often each occurs and nothing else."""
    counts = Counter(
        token
        for document in toy_documents(4)
        for sentence in document.sentences
        for token in sentence
    )
    total = sum(counts.values())
    return -sum(count / total * math.log(count / total) for count in counts.values())


def toy_arguments(**changes: float) -> TrainingArguments:
    """A short run on small batches, with the changes asked for."""
    settings: dict[str, float] = {
        "tokens": 4_000, "batch_tokens": 256, "length": 32, "log_every": 1, "save_every": 3,
    }  # fmt: skip
    return TrainingArguments(**{**settings, **changes})  # type: ignore[arg-type]
