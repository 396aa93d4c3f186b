"""The command line: `python -m bert_core VERB ... --model bundled --json`.

With --json one JSON document goes to standard output and nothing else; without it, a few lines to
read. An error is one line on standard error, exit status 2.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from bert_core.checkpoint.load import Checkpoint
    from bert_core.training.loop import Progress

Result = dict[str, Any]


class _Parser(argparse.ArgumentParser):
    """Errors as one line."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}; --help lists what can be given", file=sys.stderr)
        sys.exit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; 0 when it worked, 2 when what was given cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        result = options.run(options)
    except (ValueError, RuntimeError, OSError) as error:
        print(f"bert_core {options.verb}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"bert_core {options.verb}: stopped", file=sys.stderr)
        return 130
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print(options.show(result))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m bert_core", description="See how BERT reads.")
    verbs = parser.add_subparsers(dest="verb", required=True, parser_class=_Parser)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON document")
    model = argparse.ArgumentParser(add_help=False, parents=[common])
    model.add_argument("--model", default="bundled", help="bundled, a folder or a hub id")
    model.add_argument("--device", default="auto", help="auto, cpu, cuda, ...")
    model.add_argument("--precision", default="float32", help="float32, bfloat16 or float16")

    def verb(
        name: str,
        run: Callable[[argparse.Namespace], Result],
        show: Callable[[Result], str],
        parent: argparse.ArgumentParser = model,
    ) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, parents=[parent], help=run.__doc__, description=run.__doc__)
        added.set_defaults(run=run, show=show)
        return added

    tokenize = verb("tokenize", _tokenize, _show_tokens)
    tokenize.add_argument("text")
    tokenize.add_argument("--pair", help="a second text")
    fill = verb("fill-mask", _fill_mask, _show_masks)
    fill.add_argument("text", help="text with [MASK] where a word is hidden")
    fill.add_argument("--top-k", type=int, default=10, help="guesses for each place")
    fill.add_argument("--words", default="", help="words to look up, with commas between")
    pair = verb("next-sentence", _next_sentence, _show_next)
    pair.add_argument("first", metavar="A")
    pair.add_argument("second", metavar="B")
    verb("attention", _attention, _show_attention).add_argument("text")
    embed = verb("embed", _embed, _show_embed)
    embed.add_argument("--input", type=Path, required=True, help="a JSONL file")
    embed.add_argument("--output", type=Path, required=True, help="a .npy file")
    embed.add_argument("--layer", type=int, help="one layer, 0 being the embeddings; else all")
    evaluate = verb("evaluate", _evaluate, _show_evaluation)
    evaluate.add_argument("--corpus", default="packaged", help="packaged or a folder of .txt")
    evaluate.add_argument("--mask-rate", type=float, default=0.15)
    evaluate.add_argument("--seed", type=int, default=42)
    evaluate.add_argument(
        "--all", action="store_true", help="score the whole corpus, not its held-out part"
    )
    _add_training(verb("train", _train, lambda result: f"saved to {result['output']}", common))
    return parser


def _add_training(train: argparse.ArgumentParser) -> None:
    from bert_core.training.arguments import TrainingArguments

    train.add_argument("--corpus", default="packaged", help="packaged or a folder of .txt")
    train.add_argument(
        "--start", default="minilm", help="minilm, a checkpoint folder, or scratch:tiny|base|..."
    )
    train.add_argument("--output", type=Path, required=True, help="folder for the checkpoint")
    train.add_argument("--work", type=Path, help="folder for the state to resume from")
    train.add_argument("--resume", action="store_true", help="go on from that state")
    defaults = TrainingArguments()
    for field in fields(TrainingArguments):
        value = getattr(defaults, field.name)
        train.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=type(value),
            default=value,
            help=f"default {value}",
        )


def _load(options: argparse.Namespace) -> Checkpoint:
    from bert_core.checkpoint.load import load_checkpoint

    return load_checkpoint(options.model, options.device, options.precision)


def _tokenize(options: argparse.Namespace) -> Result:
    """Split a text into tokens."""
    from bert_core.checkpoint.load import load_tokenizer

    encoding = load_tokenizer(options.model).encode(options.text, options.pair, sys.maxsize)
    names = ("tokens", "ids", "offsets", "word_ids", "segment_ids")
    return {name: getattr(encoding, name) for name in names}


def _fill_mask(options: argparse.Namespace) -> Result:
    """Guess the words hidden as [MASK]."""
    from bert_core.analysis.encoding import tokenise
    from bert_core.analysis.predictions import masked_words

    checkpoint = _load(options)
    encoding = tokenise(checkpoint, options.text)
    words = [word for word in options.words.split(",") if word.strip()]
    answer = masked_words(checkpoint, encoding, {}, options.top_k, words)
    if encoding.truncation is not None:
        print(_truncation(encoding.truncation.tokens_dropped), file=sys.stderr)
    return {
        "masks": [
            {
                "position": place.position,
                "predictions": [
                    {
                        "token": guess.token,
                        "id": guess.id,
                        "logit": guess.logit,
                        "probability": guess.probability,
                    }
                    for guess in place.guesses
                ],
                "words": [asdict(word) for word in place.words],
            }
            for place in answer.predictions
        ]
    }


def _truncation(dropped: int) -> str:
    return f"note: the text is too long for the model; its last {dropped:,} tokens were left out"


def _next_sentence(options: argparse.Namespace) -> Result:
    """Say whether B follows A."""
    from bert_core.analysis.sentence_pairs import next_sentence

    answer = next_sentence(_load(options), options.first, options.second)
    return {"is_next_probability": answer.is_next_probability, "logits": answer.logits}


def _attention(options: argparse.Namespace) -> Result:
    """Print what every token looks at, in every head of every layer."""
    from bert_core.analysis.encoding import encode

    result = encode(_load(options), options.text, attention=True)
    assert result.attention is not None
    return {"tokens": result.encoding.tokens, "attention": result.attention.tolist()}


def _embed(options: argparse.Namespace) -> Result:
    """Write the vectors of words in sentences to a .npy file."""
    import numpy as np

    from bert_core.analysis.vectors import embed, read_targets, result_shape

    checkpoint, targets = _load(options), read_targets(options.input)
    if options.layer is not None:
        embed(checkpoint, targets[:1], options.layer)  # a wrong layer leaves no file behind
    shape = result_shape(checkpoint, len(targets), options.layer)
    started = time.perf_counter()
    temporary = options.output.with_name(options.output.name + ".part")
    file = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float32, shape=shape)
    try:
        embed(checkpoint, targets, options.layer, file)
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


def _evaluate(options: argparse.Namespace) -> Result:
    """Measure a model on documents it was not trained on."""
    from bert_core.training.evaluate import evaluate
    from bert_core.training.recipe import corpus_split

    checkpoint, split = _load(options), corpus_split(options.corpus)
    documents = [*split.train, *split.heldout] if options.all else split.heldout
    return asdict(evaluate(checkpoint, documents, options.seed, options.mask_rate))


def _train(options: argparse.Namespace) -> Result:
    """Train on masked words and next sentences together."""
    from bert_core.training.arguments import TrainingArguments
    from bert_core.training.loop import log_to
    from bert_core.training.recipe import train

    settings = {field.name: getattr(options, field.name) for field in fields(TrainingArguments)}
    work = options.work or options.output.with_name(options.output.name + "-training")
    work.mkdir(parents=True, exist_ok=True)
    log = log_to(work / "metrics.jsonl")

    def report(progress: Progress) -> None:
        print(progress.line(), file=sys.stderr, flush=True)
        log(progress)

    arguments = TrainingArguments(**settings)
    saved = train(
        options.corpus, options.start, options.output, arguments, work, options.resume, report
    )
    return {"output": str(saved)}


def _show_tokens(result: Result) -> str:
    rows = zip(result["tokens"], result["ids"], result["offsets"], strict=True)
    return "\n".join(f"{token:20} {id:6}  {start}-{end}" for token, id, (start, end) in rows)


def _show_masks(result: Result) -> str:
    lines = []
    for mask in result["masks"]:
        lines.append(f"position {mask['position']}")
        for guess in mask["predictions"]:
            lines.append(f"  {guess['probability']:7.2%}  {guess['token']}")
        for word in mask["words"]:
            rank = "" if word["rank"] is None else f", rank {word['rank']:,}"
            lines.append(f"  {word['word']!r}: {word['probability']:.4%}{rank}")
    return "\n".join(lines)


def _show_next(result: Result) -> str:
    return f"B follows A: {result['is_next_probability']:.1%}"


def _show_attention(result: Result) -> str:
    layers, heads = len(result["attention"]), len(result["attention"][0])
    tokens = len(result["tokens"])
    return f"attention of {layers} layers x {heads} heads x {tokens} x {tokens} tokens; see --json"


def _show_embed(result: Result) -> str:
    return (
        f"{result['output']}: shape {tuple(result['shape'])}, {result['seconds']:.1f} s, "
        f"{result['sentences_per_second']:.0f} sentences a second"
    )


def _show_evaluation(result: Result) -> str:
    lines = [f"{result['documents']} documents, {result['tokens']:,} tokens"]
    if words := result["masked_words"]:
        lines.append(
            f"masked words at {words['mask_rate']:.0%}: loss {words['loss']:.3f}, top-1 "
            f"{words['top1']:.3f} ({words['top1_at_mask']:.3f} where [MASK] stood), "
            f"top-5 {words['top5']:.3f}, {words['places']:,} places"
        )
    for name in ("next_sentence", "next_sentence_same_source", "next_sentence_short"):
        if scores := result[name]:
            title = name.replace("_", " ")
            lines.append(f"{title}: accuracy {scores['accuracy']:.3f}, {scores['pairs']:,} pairs")
    return "\n".join(lines)
