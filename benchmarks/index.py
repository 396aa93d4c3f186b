"""A corpus index: how fast it is made and asked, what it misses, and what memory it takes.

`python -m benchmarks.index [--rows 1000000] [--json]`

All vectors are real: the packaged text is indexed with the bundled model in bfloat16 at its last
layer, in a temporary folder. What is asked for are the words of sentences that are not in it
(those of `benchmarks.encoder`). Beside it, in the same run: all vectors compared one by one (FAISS
in float16, one question at a time), and the encoder alone on the sentences of one shard. Questions
are asked in a process of their own, which has nothing else in memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.encoder import SENTENCES
from benchmarks.table import Result, arguments, machine, report
from bert_core.analysis.encoding import as_padded_batch
from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from bert_core.index.build import build_index
from bert_core.index.corpus import open_corpus
from bert_core.index.files import trained_file
from bert_core.index.job import Progress, Settings, Workers
from bert_core.index.plan import plan_shards, sentences_of
from bert_core.index.search import open_index
from bert_core.index.shards import read_vectors
from bert_core.index.vectors import fill, train
from bert_core.index.words import BATCH_TOKENS, embed_words
from bert_core.model.padding import batches_by_length

FILTERS = (("the", "the", None), ("time", "time", None), ("news", None, "news/"))
"""Name, word and part of a document's name."""

ROWS, NEAREST, WARM_UP, SLOW = 1_000_000, 10, 20, 40
SHARE_WORDS = 5_000


def measure(rows: int = ROWS, exact_rows: int = 0) -> Result:
    """Make an index of `rows` words, ask it, and compare."""
    where = machine()
    checkpoint = load_checkpoint("bundled", "cpu", "bfloat16")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        making = _make(checkpoint, folder, rows, exact_rows)
        layer, queries = making["layers"][-1], _queries(making["layers"][-1])
        np.save(folder / "queries.npy", queries)
        asking = _ask_elsewhere(folder)
        exact = _exact(folder, making["shards"], layer, queries)
    found, wanted = asking.pop("rows"), exact.pop("rows")
    shared = [len({*a} & {*b}) for a, b in zip(found, wanted, strict=True)]
    asking["recall_at_10"] = float(np.mean(shared)) / NEAREST
    return {"machine": where, "making": making, "asking": asking, "exact": exact}


def _make(checkpoint: Checkpoint, folder: Path, rows: int, exact_rows: int) -> Result:
    corpus = open_corpus("packaged")
    last = checkpoint.model.config.num_hidden_layers
    reports: list[Progress] = []
    started = time.perf_counter()
    finished = build_index(
        checkpoint, corpus, folder, Settings((last,), rows, exact_rows=exact_rows),
        on_progress=reports.append, workers=Workers(keep_shards=True),
    )  # fmt: skip
    seconds = time.perf_counter() - started
    plan = plan_shards(corpus, checkpoint.tokenizer, min(rows, SHARE_WORDS))
    texts = [sentence.text for sentence in sentences_of(corpus, plan.shards[0])]
    return {
        "rows": finished.info.tokens,
        "kind": finished.info.kind,
        "layers": finished.info.layers,
        "shards": reports[-1].shards,
        "seconds": seconds,
        "tokens_per_second": reports[-1].tokens_per_second,
        "share_of_encoder_speed": _share_of_encoder(checkpoint, texts, last),
        "disk_bytes": sum(finished.files.values()),
    }


def _share_of_encoder(checkpoint: Checkpoint, texts: list[str], layer: int) -> float:
    """Seconds the model alone takes, of those that words, means and all take."""
    limit = checkpoint.model.config.max_position_embeddings
    encodings = [checkpoint.tokenizer.encode(text, max_tokens=limit) for text in texts]
    batches = list(batches_by_length([len(encoding) for encoding in encodings], BATCH_TOKENS))

    def model_alone() -> None:
        for batch in batches:
            ids, padding = as_padded_batch(checkpoint, [encodings[at] for at in batch])
            with torch.inference_mode():
                checkpoint.model(ids, padding=padding)

    def everything() -> None:
        embed_words(checkpoint, texts, (layer,))

    seconds: dict[str, list[float]] = {"model": [], "all": []}
    for _ in range(3):
        for name, run in (("model", model_alone), ("all", everything)):
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    return min(seconds["model"]) / min(seconds["all"])


def _queries(layer: int) -> np.ndarray:
    """(words, H): the words of sentences that no corpus has."""
    words = embed_words(load_checkpoint("bundled", "cpu"), SENTENCES, (layer,))
    return words.vectors[layer].astype(np.float32)


def _timed(run: Callable[[np.ndarray], Any], queries: np.ndarray) -> tuple[Result, list[Any]]:
    """Milliseconds of every call once warm, and the answers."""
    for query in queries[:WARM_UP]:
        run(query)
    answers, seconds = [], []
    for query in queries:
        started = time.perf_counter()
        answers.append(run(query))
        seconds.append(time.perf_counter() - started)
    p50, p95 = np.percentile(seconds, [50, 95]) * 1e3
    return {"p50_ms": float(p50), "p95_ms": float(p95), "questions": len(queries)}, answers


def _ask_elsewhere(folder: Path) -> Result:
    command = [sys.executable, "-m", "benchmarks.index", "--ask", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: Result = json.loads(done.stdout)
    return answer


def _ask(folder: Path) -> Result:
    """Asks the index in `folder`; what this process has in memory."""
    before = _memory()
    opened, queries = open_index(folder), np.load(folder / "queries.npy")
    (layer,) = opened.info.layers
    index = opened._layers[layer]
    search, rows = _timed(lambda query: index.search(query, NEAREST)[1].tolist(), queries)
    whole, _ = _timed(lambda query: opened.nearest(query, layer, 20), queries)
    after = _memory()
    filters = {}
    for name, word, document in FILTERS:
        ask = partial(opened.nearest, layer=layer, count=20, word=word, document=document)
        filters[f"only_{name}"], _ = _timed(ask, queries[:SLOW])
    started = time.perf_counter()
    opened.senses("time", layer)
    return {
        "faiss_alone": search,
        "with_sentences": whole,
        **filters,
        "senses_of_time_seconds": time.perf_counter() - started,
        "memory_before_mb": before,
        "memory_mb": after,
        "rows": rows,
    }


def _memory() -> dict[str, float]:
    """Resident memory: all of it, and what is not pages of files."""
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    values = dict(line.split(":", 1) for line in status)
    return {
        name: int(values[field].split()[0]) / 1024
        for name, field in (("all", "VmRSS"), ("own", "RssAnon"))
    }


def _exact(folder: Path, shards: int, layer: int, queries: np.ndarray) -> Result:
    """Every vector compared, in float16."""
    import faiss

    train("exact", queries.shape[1], queries[:0], trained_file(folder, 99))
    held = (read_vectors(folder, shard, layer) for shard in range(shards))
    fill(trained_file(folder, 99), held, folder / "exact.faiss")
    index = faiss.read_index(str(folder / "exact.faiss"))
    faiss.omp_set_num_threads(1)
    timed, rows = _timed(lambda query: index.search(query[None], NEAREST)[1][0].tolist(), queries)
    return {**timed, "rows": rows}


def rows(result: Result) -> list[tuple[str, ...]]:
    """The result as a table."""
    making, asking = result["making"], result["asking"]
    lines = [
        (f"vectors ({making['kind']})", f"{making['rows']:,}"),
        ("made in, s", f"{making['seconds']:.0f}"),
        ("tokens a second", f"{making['tokens_per_second']:,.0f}"),
        ("share of the encoder's own speed", f"{making['share_of_encoder_speed']:.2f}"),
        ("on the disk, MB", f"{making['disk_bytes'] / 1e6:,.0f}"),
        ("recall@10 against exact", f"{asking['recall_at_10']:.3f}"),
        ("memory after asking, MB", f"{asking['memory_mb']['all']:,.0f}"),
        ("  of it not file pages, MB", f"{asking['memory_mb']['own']:,.0f}"),
    ]
    timed = {"exact float16, FAISS alone": result["exact"], **asking}
    for name, values in timed.items():
        if isinstance(values, dict) and "p95_ms" in values:
            title = name.replace("_", " ")
            shown = f"{values['p50_ms']:.1f}, {values['p95_ms']:.1f}"
            lines.append((f"{title}: p50, p95 ms", shown))
    return lines


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--exact-rows", type=int, default=0, help="more rows make an IVF index")
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        print(json.dumps(_ask(options.ask)))
        return
    result = measure(options.rows, options.exact_rows)
    report(result, rows(result), options.json)


if __name__ == "__main__":
    main()
