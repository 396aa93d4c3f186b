"""The verb `senses`: one word in many sentences, grouped, and its senses read off the vectors."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from bert_core.cli.model import asked_model
from bert_core.cli.text import AddVerb, Result

if TYPE_CHECKING:
    from bert_core.outputs import Contexts, LabelledSentence, SenseScores

MEASURES = ("nearest_neighbour", "centroid", "silhouette")


def add(verb: AddVerb) -> None:
    """Add `senses` to the command line."""
    parser = verb("senses", senses, shown)
    parser.add_argument("word", metavar="WORD")
    parser.add_argument(
        "--input",
        type=Path,
        help="sentences: lines, or a CSV with a label column; default: those written here",
    )
    parser.add_argument("--inflected", action="store_true", help="count banks and banking as bank")
    parser.add_argument(
        "--layer", type=int, help="layer of the clusters; default: the best for the labels, or last"
    )
    parser.add_argument("--clusters", type=int, metavar="K", help="how many; default: best of 2-8")
    parser.add_argument("--seed", type=int, default=42, help="of shuffles and samples; default 42")


def senses(options: argparse.Namespace) -> Result:
    """Group a word's occurrences, and say at which layer labels can be read off the vectors."""
    from bert_core.analysis.clusters import clusters
    from bert_core.analysis.contexts import contexts

    sentences = _sentences(options)
    checkpoint = asked_model(options)
    _check_layer(options.layer, checkpoint.model.config.num_hidden_layers)
    found = contexts(checkpoint, sentences, options.word, options.inflected)
    if found.left_out:
        _say(f"{found.left_out:,} occurrences lie beyond the text the model reads: left out")
    scores = _scores(found, options.seed)
    best = None if scores is None else scores.best_layer
    layer = options.layer if options.layer is not None else found.layers if best is None else best
    groups = clusters(found.vectors[:, layer], layer, options.seed, options.clusters)
    occurrences = [
        {**asdict(occurrence), "cluster": cluster}
        for occurrence, cluster in zip(found.occurrences, groups.members, strict=True)
    ]
    count = max(groups.members) + 1
    return {
        "word": found.word,
        "sentences": found.sentences,
        "occurrences": occurrences,
        "left_out": found.left_out,
        "clusters": {"layer": layer, "count": count, "silhouette": groups.silhouette},
        "scores": None if scores is None else _by_layer(scores),
        "best_layer": best,
    }


def _sentences(options: argparse.Namespace) -> list[LabelledSentence]:
    """Those of the file given, else those written for the word in this project."""
    from bert_core.data.sentence_sets import builtin_sentences, builtin_words, read_sentences

    if options.input is not None:
        return read_sentences(options.input.read_bytes(), options.input.name)
    word, words = options.word.strip().lower(), builtin_words()
    if word not in words:
        raise ValueError(
            f"no sentences come with {options.word!r}; give a file of them with --input, or one of "
            f"{', '.join(words)}"
        )
    return builtin_sentences(word)


def _check_layer(layer: int | None, last: int) -> None:
    if layer is not None and not 0 <= layer <= last:
        raise ValueError(f"layer is {layer}; it must be from 0 to {last}")


def _scores(found: Contexts, seed: int) -> SenseScores | None:
    """The scores of the labels; None where there are none to compare, saying why."""
    from bert_core.analysis.senses import sense_scores

    if not any(label is not None for label in found.labels):
        return None
    try:
        return sense_scores(found.vectors, found.labels, seed=seed)
    except ValueError as error:
        _say(f"no scores: {error}")
        return None


def _say(note: str) -> None:
    print(f"note: {note}", file=sys.stderr)


def _by_layer(scores: SenseScores) -> Result:
    """The scores, a row for each layer; `_null` is where 90% of the shuffles lie."""
    rows: list[Result] = [{"layer": layer} for layer in range(len(scores.centroid))]
    for name in MEASURES:
        band = getattr(scores, f"{name}_null")
        columns = getattr(scores, name).tolist(), band.low.tolist(), band.high.tolist()
        for row, value, low, high in zip(rows, *columns, strict=True):
            row |= {name: value, f"{name}_null": [low, high]}
    names = ("labels", "occurrences", "chance", "shuffles", "seed")
    return {**{name: getattr(scores, name) for name in names}, "layers": rows}


def shown(result: Result) -> str:
    """The sentences by cluster, then the scores by layer."""
    groups, occurrences = result["clusters"], result["occurrences"]
    lines = [
        f"{result['word']}: {len(occurrences):,} occurrences in {len(result['sentences']):,} "
        f"sentences; clusters at layer {groups['layer']}: {groups['count']}, "
        f"silhouette {groups['silhouette']:.2f}"
    ]
    for cluster in range(groups["count"]):
        members = [one for one in occurrences if one["cluster"] == cluster]
        lines.append(f"cluster {cluster}, {len(members):,} occurrences")
        lines += [f"  {_marked(result['sentences'], one)}" for one in members]
    return "\n".join([*lines, *_table(result["scores"], result["best_layer"])])


def _marked(sentences: Sequence[str], occurrence: Result) -> str:
    """The sentence on one line, with the word in brackets, and its label."""
    text = sentences[occurrence["sentence"]]
    start, end = occurrence["start"], occurrence["end"]
    label = "" if occurrence["label"] is None else f"  ({occurrence['label']})"
    return " ".join(f"{text[:start]}[{text[start:end]}]{text[end:]}{label}".split())


def _table(scores: Result | None, best: int | None) -> list[str]:
    if scores is None:
        return ["no scores: two labels of two occurrences each are needed"]
    lines = [
        f"{len(scores['labels'])} labels over {scores['occurrences']:,} occurrences; the most "
        f"frequent label is {scores['chance']:.1%}; in brackets 90% of {scores['shuffles']:,} "
        "shuffles",
        "layer  nearest neighbour      nearest centroid       silhouette",
    ]
    for row in scores["layers"]:
        cells = [f"{row[name]:6.3f} {_range(row[f'{name}_null'])}" for name in MEASURES]
        mark = "  best" if row["layer"] == best else ""
        lines.append(f"{row['layer']:5}  {'  '.join(cells)}{mark}")
    return lines


def _range(band: Sequence[float]) -> str:
    return f"[{band[0]:5.2f},{band[1]:5.2f}]"
