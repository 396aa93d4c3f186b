"""What is worked out for the page "Task heads", each thing once."""

from __future__ import annotations

from collections.abc import Hashable
from hashlib import sha256

from bert_core.analysis.task_head import classify, head_words
from bert_core.cancel import Asked
from bert_core.checkpoint.head_file import LoadedHead
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs.task_heads import HeadAnswer, HeadWords
from ui import background, models
from ui.background import Work


def answer(head: LoadedHead, text: str) -> HeadAnswer:
    """How likely each class is.

    Raises:
        ValueError: when the text is empty.
    """
    return models.ask(_classify, head, text[: models.LONGEST_TEXT])


def words(head: LoadedHead, text: str, label: int) -> HeadWords | Work[HeadWords]:
    """Each word taken out; or what is at it."""
    return background.answer(_key(head, text, label), _words, head, text, label)


def stop(head: LoadedHead, text: str, label: int) -> None:
    """Nobody waits for it any more."""
    background.stop(_key(head, text, label))


def _key(head: LoadedHead, text: str, label: int) -> Hashable:
    weights = head.model.task.dense.weight.detach().float().cpu().numpy()
    return "head words", models.current_name(), sha256(weights.tobytes()).digest(), text, label


def _classify(checkpoint: Checkpoint, head: LoadedHead, text: str) -> HeadAnswer:
    return classify(head, text)


def _words(
    checkpoint: Checkpoint, head: LoadedHead, text: str, label: int, cancelled: Asked
) -> HeadWords:
    return head_words(head, text[: models.LONGEST_TEXT], label, cancelled)
