"""The verbs `index` and `nearest`: a corpus's word vectors, and what is nearest in them."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from bert_core.cli.model import asked_model
from bert_core.cli.text import AddVerb, Result

if TYPE_CHECKING:
    from bert_core.index.search import CorpusIndex


def add(verb: AddVerb) -> None:
    """Add `index` and `nearest` to the command line."""
    building = verb("index", index, indexed)
    building.add_argument("--corpus", default="packaged", help="packaged or a folder of .txt")
    building.add_argument("--output", type=Path, help="folder of the index; default: in the cache")
    building.add_argument("--layers", type=_layers, help="as 3,6; default: the middle and the last")
    building.add_argument(
        "--limit-tokens", type=int, help="stop at so many words, from all parts of the corpus"
    )
    building.add_argument("--workers", choices=["ray"], help="make shards in parallel with Ray")
    building.add_argument("--worker-count", type=int, default=2, help="Ray processes; default 2")
    asking = verb("nearest", nearest, shown)
    asking.add_argument("--index", type=Path, help="folder of the index; default: in the cache")
    asking.add_argument("--sentence", help="a sentence with the word to look up")
    asking.add_argument("--word", help="the word; its first place in the sentence counts")
    asking.add_argument("--start", type=int, help="or: its first character")
    asking.add_argument("--end", type=int, help="and the one behind its last")
    asking.add_argument("--senses", metavar="WORD", help="group this word's places in the corpus")
    asking.add_argument("--layer", type=int, help="default: the last one indexed")
    asking.add_argument("--count", type=int, default=20, help="how many; default 20")
    asking.add_argument("--document", help="only documents with this in their name")
    asking.add_argument("--only-word", action="store_true", help="only places of the same word")
    asking.add_argument("--seed", type=int, default=42, help="of --senses; default 42")


def _layers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}; give numbers such as 3,6") from error


def index(options: argparse.Namespace) -> Result:
    """Embed every word of a corpus and index the vectors; goes on where a stopped run was."""
    from bert_core.index.build import build_index
    from bert_core.index.corpus import open_corpus
    from bert_core.index.files import default_index_folder
    from bert_core.index.job import Settings, Workers
    from bert_core.index.pos import installed_tagger
    from bert_core.index.ray_job import ray_workers

    workers = ray_workers(options.worker_count) if options.workers == "ray" else Workers()
    checkpoint = asked_model(options)
    folder = options.output or default_index_folder(options.model)
    started = time.perf_counter()
    finished = build_index(
        checkpoint,
        open_corpus(options.corpus),
        folder,
        Settings(options.layers, options.limit_tokens),
        installed_tagger(),
        lambda progress: _say(progress.line()),
        _say,
        workers,
    )
    return {
        "output": str(folder),
        **asdict(finished.info),
        "left_out": finished.left_out,
        "seconds": time.perf_counter() - started,
    }


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def indexed(result: Result) -> str:
    """What is in the index."""
    layers = ", ".join(map(str, result["layers"]))
    lines = [
        f"{result['output']}: {result['tokens']:,} words of {result['sentences']:,} sentences in "
        f"{result['documents']:,} documents, layers {layers}, {result['kind']}"
    ]
    if result["left_out"]:
        lines.append(f"{result['left_out']:,} tokens beyond the model's positions were left out")
    if not result["parts_of_speech"]:
        lines.append("without parts of speech: no spaCy model that tags is installed")
    return "\n".join(lines)


def nearest(options: argparse.Namespace) -> Result:
    """List the places of the corpus nearest to a word in a sentence, or the senses of a word."""
    from bert_core.index.files import default_index_folder
    from bert_core.index.search import open_index

    folder = options.index or default_index_folder(options.model)
    if (options.senses is None) == (options.sentence is None):
        raise ValueError("give either --sentence with --word (or --start and --end), or --senses")
    if options.senses is not None:
        opened = open_index(folder)
        return asdict(opened.senses(options.senses, _layer(options, opened), seed=options.seed))
    start, end = _place(options)
    return _nearest(options, folder, start, end)


def _nearest(options: argparse.Namespace, folder: Path, start: int, end: int) -> Result:
    from bert_core.analysis.vectors import Target, embed
    from bert_core.checkpoint.fingerprint import fingerprint
    from bert_core.index.search import open_index

    checkpoint = asked_model(options)
    opened = open_index(folder, fingerprint(checkpoint))
    layer = _layer(options, opened)
    vector = embed(checkpoint, [Target(options.sentence, start, end)], layer)[0]
    word = options.sentence[start:end] if options.only_word else None
    return asdict(opened.nearest(vector, layer, options.count, word, options.document))


def _layer(options: argparse.Namespace, opened: CorpusIndex) -> int:
    layer: int = opened.info.layers[-1] if options.layer is None else options.layer
    return layer


def _place(options: argparse.Namespace) -> tuple[int, int]:
    """Characters of the word asked about."""
    sentence, start, end = options.sentence, options.start, options.end
    if options.word is not None:
        found = re.search(rf"(?<!\w){re.escape(options.word)}(?!\w)", sentence, re.IGNORECASE)
        if found is None or not options.word.strip():
            raise ValueError(f"{options.word!r} is no word of the sentence {sentence!r}")
        return found.span()
    if start is None or end is None or not 0 <= start < end <= len(sentence):
        raise ValueError(
            f"{start} to {end} is no part of a sentence of {len(sentence)} characters; give "
            "--word, or --start and --end"
        )
    return start, end


def shown(result: Result) -> str:
    """A context a line, then the words most often matched; or a few lines for each sense."""
    if "senses" in result:
        return "\n".join(_senses(result))
    lines = [_line(context) for context in result["contexts"]]
    lines.append(f"words: {_counts(result['words'][:10])}")
    lines.append(f"beside them: {_counts(result['neighbours'][:10])}")
    return "\n".join(lines)


def _senses(result: Result) -> list[str]:
    lines = [
        f"{result['word']}: {result['occurrences']:,} of {result['found']:,} occurrences, layer "
        f"{result['layer']}, silhouette {result['silhouette']:.2f}"
    ]
    for sense in result["senses"]:
        lines.append(f"{sense['size']:,} with {_counts(sense['neighbours'])}")
        lines += [f"  {_line(context)}" for context in sense["examples"]]
    return lines


def _line(context: Result) -> str:
    start, end, text = context["start"], context["end"], context["sentence"]
    before, behind = text[max(0, start - 40) : start], text[end : end + 40]
    tag = f" ({context['part_of_speech']})" if context["part_of_speech"] else ""
    place = f"{before}[{text[start:end]}]{behind}{tag}"
    return f"{context['cosine']:.3f}  {place}  {context['document']}"


def _counts(pairs: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{word} {count}" for word, count in pairs)
