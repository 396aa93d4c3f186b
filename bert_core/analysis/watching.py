"""What a model that is being trained makes of a sentence, and of one word in many sentences."""

from __future__ import annotations

from dataclasses import replace

from bert_core.analysis.attention import as_units
from bert_core.analysis.contexts import contexts
from bert_core.analysis.encoding import encode, tokenise
from bert_core.analysis.predictions import masked_words, typed_masks
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import LabelledSentence, Snapshot

GUESSES = 8


class Watcher:
    """Looks at a model between two steps.

    Args:
        sentence: with a [MASK] in it.
        word: that the map shows.
        sentences: in which the word stands, with the label of its sense.
    """

    def __init__(self, sentence: str, word: str, sentences: list[LabelledSentence]) -> None:
        self.sentence, self.word, self.sentences = sentence, word, sentences

    def check(self, checkpoint: Checkpoint) -> None:
        """Raise ValueError unless the model can be asked about the sentence, saying why not."""
        if not typed_masks(checkpoint, tokenise(checkpoint, self.sentence)):
            raise ValueError(
                "your sentence hides nothing; write [MASK] where the model shall guess, as in "
                "'The cat sat on the [MASK].'"
            )

    def __call__(self, checkpoint: Checkpoint, step: int, tokens: int) -> Snapshot:
        """Answers, attention and vectors, the model being in evaluation mode.

        Raises:
            ValueError: as `check`.
        """
        self.check(checkpoint)
        seen = encode(checkpoint, self.sentence, attention=True)
        found = contexts(checkpoint, self.sentences, self.word, inflected=True)
        return Snapshot(
            step, tokens,
            masked_words(checkpoint, seen.encoding, {}, GUESSES),
            as_units(seen),
            replace(found, vectors=found.vectors[:, -1:]),
        )  # fmt: skip
