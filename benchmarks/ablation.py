"""Every attention head switched off, one at a time: our batch beside one pass for each head.

`python -m benchmarks.ablation [--turns 5] [--tokens 32] [--json]`

A model of the shape of BERT-base with random weights, so that nothing has to be downloaded: what
the weights are does not change the time. All three ways try the same: 144 heads, all heads of each
of 12 layers, and all heads of all layers. They run in this process, one after the other in turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor

from benchmarks.table import Result, arguments, machine, report
from bert_core.analysis.ablation import ablate_heads
from bert_core.analysis.questions import masked_word_question
from bert_core.checkpoint.load import Checkpoint, load_tokenizer
from bert_core.config import BertConfig
from bert_core.model.bert import Bert, initialise
from bert_core.outputs import Question

TURNS, WARM_UP, TOKENS = 5, 1, 32
SENTENCE = (
    "When the train had finally left the station, the boy with the red cap put his suitcase down, "
    "looked at the empty platform, and wondered whether anybody would come to fetch him. "
)
"""Written for this benchmark; cut, or repeated, to the tokens asked for."""
WAYS = {
    "ours": "ours: lower layers once, growing batch",
    "one_batch": "one batch through all layers",
    "one_by_one": "one pass for each head",
}
Run = Callable[[], Tensor]


def setting(tokens: int) -> tuple[Checkpoint, Question]:
    """A model of BERT-base's shape, and a question about a word in so many tokens."""
    tokenizer = load_tokenizer("bundled")
    model = Bert(BertConfig()).eval().requires_grad_(False)
    initialise(model, seed=42)
    checkpoint = Checkpoint("random", model, tokenizer, ())
    encoding = tokenizer.encode(SENTENCE * (1 + tokens // 16), max_tokens=tokens)
    assert len(encoding) == tokens
    return checkpoint, masked_word_question(checkpoint, encoding, tokens // 2)


def masks(checkpoint: Checkpoint) -> Tensor:
    """What is switched off, in the order of `ours`: (experiments, layers, heads)."""
    config = checkpoint.model.config
    layers, heads = config.num_hidden_layers, config.num_attention_heads
    rows = []
    for layer in range(layers):
        for off in (*range(heads), slice(None)):
            mask = torch.ones(layers, heads)
            mask[layer, off] = 0
            rows.append(mask)
    return torch.stack([*rows, torch.zeros(layers, heads)])


def runs(checkpoint: Checkpoint, question: Question) -> dict[str, Run]:
    """The three ways, each giving the probabilities (experiments,) in the order of `masks`."""
    model, every = checkpoint.model, masks(checkpoint)
    ids = torch.tensor([question.shown_ids])

    def passes(rows: Tensor) -> Tensor:
        last = model(ids.expand(len(rows), -1), head_mask=rows).last
        return model.mlm(last[:, question.position]).softmax(-1)[:, question.answer_id]

    def ours() -> Tensor:
        found = ablate_heads(checkpoint, question)
        table = torch.from_numpy(found.probability), torch.from_numpy(found.layer_off)[:, None]
        return torch.cat([torch.cat(table, dim=1).flatten(), torch.tensor([found.all_off])])

    return {
        "ours": ours,
        "one_batch": lambda: passes(every),
        "one_by_one": lambda: torch.cat([passes(row[None]) for row in every]),
    }


@torch.inference_mode()
def measure(turns: int = TURNS, tokens: int = TOKENS) -> Result:
    """Median seconds of each way, and how far its probabilities are from one pass for each."""
    where = machine()
    ways = runs(*setting(tokens))
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    answers: dict[str, Tensor] = {}
    for turn in range(WARM_UP + turns):
        for name, run in ways.items():
            started = time.perf_counter()
            answers[name] = run()
            if turn >= WARM_UP:
                seconds[name].append(time.perf_counter() - started)
    truth = answers["one_by_one"]
    middle = {name: median(taken) for name, taken in seconds.items()}
    cases = {
        name: {
            "seconds": middle[name],
            "times_faster": middle["one_by_one"] / middle[name],
            "largest_relative_difference": float(((answers[name] - truth) / truth).abs().max()),
        }
        for name in ways
    }
    return {"machine": where, "turns": turns, "tokens": tokens, "cases": cases}


def rows(result: Result) -> list[tuple[str, ...]]:
    """The result as a table."""
    lines = [
        (
            WAYS[name],
            f"{case['seconds']:.2f}",
            f"{case['times_faster']:.2f}",
            f"{case['largest_relative_difference']:.0e}",
        )
        for name, case in result["cases"].items()
    ]
    head = f"BERT-base, {result['tokens']} tokens, all heads"
    return [(head, "seconds", "times faster", "apart"), *lines]


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--tokens", type=int, default=TOKENS)
    options = parser.parse_args()
    result = measure(options.turns, options.tokens)
    report(result, rows(result), options.json)


if __name__ == "__main__":
    main()
