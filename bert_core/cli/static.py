"""The verbs `word2vec`, `static` and `define`: one vector a word, and what a dictionary says."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from bert_core.cli.model import asked_model
from bert_core.cli.options import add_settings
from bert_core.cli.text import AddVerb, Result

if TYPE_CHECKING:
    from bert_core.outputs import StaticVector


def add(verb: AddVerb) -> None:
    """Add `word2vec`, `static` and `define` to the command line."""
    from bert_core.training.word2vec import Word2VecArguments

    training = verb("word2vec", word2vec, trained)
    training.add_argument("--corpus", default="packaged", help="packaged or a folder of .txt")
    training.add_argument("--output", type=Path, required=True, help="folder for the vectors")
    add_settings(training, Word2VecArguments())
    looking = verb("static", static, found)
    looking.add_argument("word", metavar="WORD")
    looking.add_argument("--vectors", type=Path, help="a Word2Vec or GloVe file; default: bundled")
    looking.add_argument("--neighbours", type=int, default=10, help="nearest words; default 10")
    defining = verb("define", define, defined)
    defining.add_argument("word", metavar="WORD")
    defining.add_argument(
        "--sentence", action="append", required=True, help="with the word in it; can be repeated"
    )
    defining.add_argument("--wordnet", type=Path, help="folder of WordNet's files")
    defining.add_argument("--layer", type=int, help="0 being the embeddings; default: the last")


def word2vec(options: argparse.Namespace) -> Result:
    """Learn one vector a word from a corpus (skip-gram Word2Vec)."""
    from bert_core.training.word2vec import Word2VecArguments, train_and_save

    names = [field.name for field in fields(Word2VecArguments)]
    arguments = Word2VecArguments(**{name: getattr(options, name) for name in names})

    def report(epoch: int, seconds: float) -> None:
        said = f"epoch {epoch} of {arguments.epochs}, {seconds:.0f} s"
        print(said, file=sys.stderr, flush=True)

    vectors = train_and_save(options.corpus, options.output, arguments, report)
    return {
        "output": str(options.output),
        "words": len(vectors.words),
        "learned": vectors.learned,
        "tokens": vectors.tokens,
        "arguments": asdict(arguments),
    }


def trained(result: Result) -> str:
    """Where the vectors are, and how many."""
    return (
        f"{result['words']:,} words of {result['learned']:,} learned from {result['tokens']:,} "
        f"words of text, saved to {result['output']}"
    )


def static(options: argparse.Namespace) -> Result:
    """Look up a word's one vector in Word2Vec and in the model, with the nearest words."""
    from bert_core.analysis.carry_over import carry_over
    from bert_core.analysis.static_vectors import input_embedding_static, load_static

    vectors = load_static(options.vectors)
    looked_up = vectors.lookup(options.word, options.neighbours)
    checkpoint = asked_model(options)
    own = input_embedding_static(checkpoint, options.word, options.neighbours)
    over = carry_over(vectors, checkpoint)
    measured = ("words", "held_out", "fit", "hits", "chance")
    return {
        "word": options.word,
        "vectors": [_vector(looked_up), _vector(own)],
        "carry_over": None if over is None else {name: getattr(over, name) for name in measured},
    }


def _vector(static: StaticVector) -> Result:
    return {
        "source": static.source,
        "word": static.word,
        "vocabulary": static.vocabulary,
        "reason": static.reason,
        "neighbours": [{"word": word, "cosine": cosine} for word, cosine in static.neighbours],
        "vector": None if static.vector is None else static.vector.tolist(),
    }


def found(result: Result) -> str:
    """The nearest words of each source, then how far the one fits the other."""
    lines = []
    for vector in result["vectors"]:
        lines.append(f"{vector['source']}, {vector['vocabulary']:,} words: {vector['word']}")
        if vector["reason"] is not None:
            lines.append(f"  no vector: {vector['reason']}")
        lines += [f"  {near['cosine']:6.3f}  {near['word']}" for near in vector["neighbours"]]
    if over := result["carry_over"]:
        lines.append(
            f"carried into the model's space: of {over['held_out']:,} words not fitted on, "
            f"{over['hits']:.0%} land among the 10 nearest (chance {over['chance']:.2%}); "
            f"median cosine {over['fit']:.2f}"
        )
    return "\n".join(lines)


def define(options: argparse.Namespace) -> Result:
    """Find the sense in WordNet that a word in a sentence is nearest to."""
    from bert_core.analysis.contexts import contexts
    from bert_core.analysis.definitions import match_senses
    from bert_core.data.wordnet_senses import find_wordnet, word_senses
    from bert_core.outputs import LabelledSentence

    folder = find_wordnet(options.wordnet)
    if folder is None:
        raise ValueError(
            "WordNet is not on this machine; install the Debian package wordnet-base, or give its "
            "folder with --wordnet"
        )
    senses = word_senses(folder, options.word)
    if not senses:
        raise ValueError(f"{options.word!r} is not in WordNet ({folder}); try its base form")
    checkpoint = asked_model(options)
    sentences = [LabelledSentence(text) for text in options.sentence]
    where = contexts(checkpoint, sentences, options.word, inflected=True)
    layer = where.layers if options.layer is None else options.layer
    matches = match_senses(checkpoint, where, senses, layer)
    return {
        "word": options.word,
        "wordnet": str(folder),
        "layer": layer,
        "senses": [asdict(sense) for sense in senses],
        "occurrences": [
            {**asdict(where.occurrences[match.occurrence]), "text": options.sentence[
                where.occurrences[match.occurrence].sentence
            ], "best": senses[match.best].key, "scores": match.scores}
            for match in matches
        ],
    }  # fmt: skip


def defined(result: Result, shown: int = 3) -> str:
    """The nearest senses of every occurrence, best first."""
    lines = []
    for one in result["occurrences"]:
        lines.append(one["text"])
        order = sorted(range(len(one["scores"])), key=lambda i: -one["scores"][i])
        for number in order[:shown]:
            sense = result["senses"][number]
            kind = sense["part_of_speech"]
            lines.append(f"  {one['scores'][number]:6.3f}  {kind}: {sense['definition']}")
    return "\n".join(lines)
