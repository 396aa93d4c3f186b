"""The verbs of the command line: what was asked for -> a JSON document.

Everything heavy is imported by the verb that needs it, so that --help and mistakes answer at once.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from bert_core.cli.files import whole_file
from bert_core.cli.model import asked_model, say_what_was_cut
from bert_core.cli.text import Result

if TYPE_CHECKING:
    from bert_core.checkpoint.load import Checkpoint
    from bert_core.outputs import MaskPrediction, WordInContextScores


def tokenize(options: argparse.Namespace) -> Result:
    """Split a text into tokens."""
    from bert_core.checkpoint.load import load_tokenizer

    encoding = load_tokenizer(options.model).encode(options.text, options.pair, sys.maxsize)
    names = ("tokens", "ids", "offsets", "word_ids", "segment_ids")
    return {name: getattr(encoding, name) for name in names}


def fill_mask(options: argparse.Namespace) -> Result:
    """Guess the words hidden as [MASK]."""
    from bert_core.analysis.encoding import tokenise
    from bert_core.analysis.predictions import masked_words

    checkpoint = asked_model(options)
    encoding = tokenise(checkpoint, options.text)
    words = [word.strip() for word in options.words.split(",") if word.strip()]
    answer = masked_words(checkpoint, encoding, {}, options.top_k, words)
    say_what_was_cut(encoding)
    return {"masks": [_mask(place) for place in answer.predictions]}


def _mask(place: MaskPrediction) -> Result:
    names = ("token", "id", "logit", "probability")
    return {
        "position": place.position,
        "predictions": [{name: getattr(guess, name) for name in names} for guess in place.guesses],
        "words": [asdict(word) for word in place.words],
    }


def embed(options: argparse.Namespace) -> Result:
    """Write the vectors of words in sentences to a .npy file."""
    import numpy as np

    from bert_core.analysis import vectors

    targets = vectors.read_targets(options.input)
    checkpoint = asked_model(options)
    shape = vectors.result_shape(checkpoint, len(targets), options.layer)
    started = time.perf_counter()
    with whole_file(options.output) as temporary:
        file = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float32, shape=shape)
        vectors.embed(checkpoint, targets, options.layer, file)
        file.flush()
    seconds = time.perf_counter() - started
    return {
        "shape": shape,
        "seconds": seconds,
        "sentences_per_second": len(targets) / seconds,
        "output": str(options.output),
    }


def evaluate(options: argparse.Namespace) -> Result:
    """Measure a model on documents it was not trained on."""
    from bert_core.training import evaluate as evaluation
    from bert_core.training.recipe import corpus_split

    checkpoint, split = asked_model(options), corpus_split(options.corpus, options.column)
    documents = [*split.train, *split.heldout] if options.all else split.heldout
    known = () if options.all else split.train
    scores = evaluation.evaluate(
        checkpoint, documents, options.seed, options.mask_rate, options.more_rates, known
    )
    result = {"split": split.counts() | {"in_words": split.line()}, **asdict(scores)}
    if options.corpus == "packaged":
        result["word_in_context"] = asdict(_word_in_context(checkpoint, options.seed))
    return result


def _word_in_context(checkpoint: Checkpoint, seed: int) -> WordInContextScores:
    """On WordNet's examples of words that the contrast of senses leaves out."""
    from bert_core.analysis.word_in_context import word_in_context
    from bert_core.data.packages import WORDNET, fetch
    from bert_core.data.sense_uses import ambiguous_words, example_pairs, is_held_out

    words = ambiguous_words(fetch(WORDNET))
    unseen = {word: senses for word, senses in words.items() if is_held_out(word)}
    return word_in_context(checkpoint, example_pairs(unseen, seed))
