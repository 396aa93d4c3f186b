"""Next-sentence prediction: does B follow A?"""

from __future__ import annotations

import torch

from bert_core.analysis.encoding import as_batch, tokenise
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import NextSentence


def next_sentence(checkpoint: Checkpoint, first: str, second: str) -> NextSentence:
    """The next-sentence head's answer for A = `first` and B = `second`.

    Raises:
        ValueError: when the model has no next-sentence head, or a sentence is empty.
    """
    model = checkpoint.model
    if model.nsp is None:
        raise ValueError(
            f"{checkpoint.name} has no next-sentence head; choose a checkpoint trained on "
            "sentence pairs, such as 'bundled'"
        )
    for name, sentence in (("A", first), ("B", second)):
        if not checkpoint.tokenizer.pieces(sentence):
            raise ValueError(f"sentence {name} is empty; type one")
    encoding = tokenise(checkpoint, first, second)
    batch = as_batch(checkpoint, [encoding.ids], [encoding.segment_ids])
    with torch.inference_mode():
        logits = model.nsp(model(*batch).pooled)[0].float()  # (2,)
    follows, random = logits.tolist()
    return NextSentence(encoding, (follows, random), float(logits.softmax(-1)[0]))
