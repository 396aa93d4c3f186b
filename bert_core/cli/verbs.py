"""The verbs of the command line: what was asked for -> a JSON document.

Everything heavy is imported by the verb that needs it, so that --help and mistakes answer at once.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from bert_core.cli.text import Result

if TYPE_CHECKING:
    from bert_core.checkpoint.load import Checkpoint
    from bert_core.outputs import Encoding, MaskPrediction
    from bert_core.training.loop import Progress


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

    checkpoint = _load(options)
    encoding = tokenise(checkpoint, options.text)
    words = [word.strip() for word in options.words.split(",") if word.strip()]
    answer = masked_words(checkpoint, encoding, {}, options.top_k, words)
    _say_what_was_cut(encoding)
    return {"masks": [_mask(place) for place in answer.predictions]}


def _mask(place: MaskPrediction) -> Result:
    names = ("token", "id", "logit", "probability")
    return {
        "position": place.position,
        "predictions": [{name: getattr(guess, name) for name in names} for guess in place.guesses],
        "words": [asdict(word) for word in place.words],
    }


def next_sentence(options: argparse.Namespace) -> Result:
    """Say whether B follows A."""
    from bert_core.analysis import sentence_pairs

    answer = sentence_pairs.next_sentence(_load(options), options.first, options.second)
    _say_what_was_cut(answer.encoding)
    return {"is_next_probability": answer.is_next_probability, "logits": answer.logits}


def attention(options: argparse.Namespace) -> Result:
    """Print what every token looks at, in every head of every layer."""
    from bert_core.analysis.encoding import encode

    result = encode(_load(options), options.text, attention=True)
    assert result.attention is not None
    _say_what_was_cut(result.encoding)
    return {"tokens": result.encoding.tokens, "attention": result.attention.tolist()}


def embed(options: argparse.Namespace) -> Result:
    """Write the vectors of words in sentences to a .npy file."""
    import numpy as np

    from bert_core.analysis import vectors

    targets = vectors.read_targets(options.input)
    checkpoint = _load(options)
    shape = vectors.result_shape(checkpoint, len(targets), options.layer)
    started = time.perf_counter()
    temporary = options.output.with_name(options.output.name + ".part")
    try:
        file = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float32, shape=shape)
        vectors.embed(checkpoint, targets, options.layer, file)
        file.flush()
        temporary.replace(options.output)
    finally:
        temporary.unlink(missing_ok=True)
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

    checkpoint, split = _load(options), corpus_split(options.corpus)
    documents = [*split.train, *split.heldout] if options.all else split.heldout
    return asdict(evaluation.evaluate(checkpoint, documents, options.seed, options.mask_rate))


def train(options: argparse.Namespace) -> Result:
    """Train on masked words and next sentences together."""
    from bert_core.training.memory import keep_freed_memory

    keep_freed_memory()
    from bert_core.training import recipe
    from bert_core.training.arguments import TrainingArguments
    from bert_core.training.loop import log_to

    settings = {field.name: getattr(options, field.name) for field in fields(TrainingArguments)}
    arguments = TrainingArguments(**settings)
    work = options.work or options.output.with_name(options.output.name + "-training")
    work.mkdir(parents=True, exist_ok=True)
    log = log_to(work / "metrics.jsonl")

    def report(progress: Progress) -> None:
        print(progress.line(), file=sys.stderr, flush=True)
        log(progress)

    saved = recipe.train(
        options.corpus, options.start, options.output, arguments, work, options.resume, report
    )
    return {"output": str(saved)}


def _load(options: argparse.Namespace) -> Checkpoint:
    from bert_core.checkpoint.load import load_checkpoint

    return load_checkpoint(options.model, options.device, options.precision)


def _say_what_was_cut(encoding: Encoding) -> None:
    if encoding.truncation is not None:
        print(
            "note: the text is too long for the model; its last "
            f"{encoding.truncation.tokens_dropped:,} tokens were left out",
            file=sys.stderr,
        )
