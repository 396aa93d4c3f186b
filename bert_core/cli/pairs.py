"""The verb `next-sentence`: whether B follows A, and what the answer hangs on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bert_core.cli.model import asked_model, say_what_was_cut
from bert_core.cli.text import AddVerb, Result

if TYPE_CHECKING:
    from bert_core.checkpoint.load import Checkpoint
    from bert_core.outputs import AgainstRandom, HeldOutSentence, PairWords

SEED, RANDOM = 42, 200
MOST_SHOWN = 10
"""Words that are printed without --json: those that carry most."""


def add(verb: AddVerb) -> None:
    """Add `next-sentence` to the command line."""
    parser = verb("next-sentence", next_sentence, shown)
    parser.add_argument("first", metavar="A")
    parser.add_argument("second", metavar="B")
    parser.add_argument(
        "--compare", action="store_true",
        help="also with A and B swapped, with every segment id 0, and with random sentences as B",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, help=f"of the random sentences of --compare; default {SEED}"
    )
    parser.add_argument(
        "--random", type=int, metavar="N", help=f"how many of them; default {RANDOM}"
    )
    parser.add_argument(
        "--words", action="store_true", help="also with each word taken out, one at a time"
    )


def next_sentence(options: argparse.Namespace) -> Result:
    """Say whether B follows A."""
    from bert_core.analysis import sentence_pairs as pairs

    if not options.compare and (options.seed is not None or options.random is not None):
        raise ValueError("--seed and --random are for --compare; add it, or leave them out")
    sentences = _drawn(options) if options.compare else ()
    checkpoint = asked_model(options)
    texts = options.first, options.second
    answer = pairs.next_sentence(checkpoint, *texts)
    say_what_was_cut(answer.encoding)
    result = _score(answer.logits, answer.is_next_probability)
    if options.compare:
        result |= _changes(checkpoint, texts)
        found = pairs.against_random(checkpoint, *texts, sentences)
        result["random"] = {"seed": _seed(options), **_random(found)}
    if options.words:
        result["words"] = _words(pairs.pair_words(checkpoint, *texts))
    return result


def _seed(options: argparse.Namespace) -> int:
    return SEED if options.seed is None else int(options.seed)


def _drawn(options: argparse.Namespace) -> Sequence[HeldOutSentence]:
    from bert_core.data.heldout_pairs import random_sentences

    count = RANDOM if options.random is None else options.random
    return random_sentences(_seed(options), count, (options.first, options.second))


def _score(logits: Sequence[float], probability: float) -> Result:
    return {"is_next_probability": probability, "logits": list(logits)}


def _changes(checkpoint: Checkpoint, texts: tuple[str, str]) -> Result:
    from bert_core.analysis.sentence_pairs import pair_changes

    found = pair_changes(checkpoint, *texts)
    swapped = found.swapped
    return {
        "swapped": _score(swapped.logits, swapped.is_next_probability),
        "zero_segments": _score(found.zeroed_logits, found.zeroed_probability),
    }


def _random(found: AgainstRandom) -> Result:
    return {
        "count": len(found.sentences),
        "below": found.below,
        "percentile": found.percentile,
        "sentences": [
            {"document": one.document, "sentence": one.sentence, **_score(logits, chance)}
            for one, logits, chance in zip(
                found.sentences, found.logits.tolist(), found.probability.tolist(), strict=True
            )
        ],
    }


def _words(found: PairWords) -> list[Result]:
    return [
        {
            "sentence": "AB"[one.segment],
            "word": one.word,
            "positions": list(one.positions),
            **_score(one.logits, one.is_next_probability),
            "carried": carried,
        }
        for one, carried in zip(found.words, found.carried.tolist(), strict=True)
    ]


def shown(result: Result) -> str:
    """The probability that B follows A; what it becomes, and the words that carry most."""
    lines = [f"B follows A: {result['is_next_probability']:.1%}"]
    if random := result.get("random"):
        lines += [
            f"A and B swapped: {result['swapped']['is_next_probability']:.1%}",
            f"every segment id 0: {result['zero_segments']['is_next_probability']:.1%}",
            f"B fits A better than {random['below']} of {random['count']} random sentences (seed "
            f"{random['seed']}): percentile {random['percentile']:.1f}",
        ]
    if "words" in result:
        lines += _word_lines(result["words"])
    return "\n".join(lines)


def _word_lines(words: Sequence[Result]) -> list[str]:
    if not words:
        return ["no word can be taken out: each is alone in its sentence"]
    most = sorted(words, key=lambda one: -abs(one["carried"]))[:MOST_SHOWN]
    return [
        "without a word; those that carry most (log-odds in nats, above 0 for B following)",
        *(
            f"  {one['sentence']}: {one['word']:20} {one['is_next_probability']:6.1%}"
            f"  {one['carried']:+.2f}"
            for one in most
        ),
    ]
