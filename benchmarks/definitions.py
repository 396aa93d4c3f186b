"""Nearest WordNet sense by gloss vectors: the share of labelled occurrences that get a right one.

`python -m benchmarks.definitions [--model bundled] [--json]`

Beside it stand WordNet's first sense, always, and a sense at random. Which of WordNet's senses a
label may be was decided by reading their definitions; where it divides a label, each counts. The
label "field" of "pitch" (to play on) has no sense in WordNet 3.0 and is left out.
"""

from __future__ import annotations

import numpy as np

from benchmarks.table import Result, arguments, report
from bert_core.analysis.contexts import contexts
from bert_core.analysis.definitions import match_senses
from bert_core.checkpoint.load import load_checkpoint
from bert_core.data.sentence_sets import builtin_sentences
from bert_core.data.wordnet_senses import find_wordnet, word_senses

RIGHT: dict[str, dict[str, str]] = {
    "bank": {
        "money": "n-08420278 n-02787772 v-02343392 v-02343074 v-02310873",
        "river": "n-09213565 n-09213434", "row": "n-08462066",
    },
    "bark": {"dog": "n-07376731 n-07376621 v-01047763", "tree": "n-13162297"},
    "bass": {
        "fish": "n-07777945 n-07777512 n-02565573",
        "music": "n-04986796 n-07032292 n-09842528 n-06872354 n-02803349 a-01215935",
    },
    "bat": {
        "animal": "n-02139199",
        "sport": "n-00458456 n-03132076 n-02806379 v-01413191 v-01413579 v-01413454",
    },
    "cell": {
        "biology": "n-00006484", "phone": "n-02992529", "prison": "n-02991302 n-02991555",
    },
    "court": {
        "law": "n-08329453 n-03120778 n-03649459", "sport": "n-03120491",
        "royal": "n-08051946 n-08329322 n-03121040",
    },
    "crane": {"bird": "n-02012849", "machine": "n-03126707"},
    "match": {
        "fire": "n-03728437 n-03728982", "game": "n-07470671",
        "fit": "n-03728811 n-05696020 v-02657219 v-00456740 v-00456596 v-01292903 v-00417001",
    },
    "mouse": {"animal": "n-02330245", "computer": "n-03793489"},
    "pitch": {"sales": "n-07248653 v-02302835", "sound": "n-04985198"},
    "plant": {"factory": "n-03956922", "flora": "n-00017222"},
    "seal": {"animal": "n-02076196", "stamp": "n-04159058 n-06855985 n-04160036 v-01356600"},
    "spring": {
        "coil": "n-04288272", "season": "n-15237044", "water": "n-09443453 n-08508361",
    },
}  # fmt: skip
"""Word -> label -> keys of the senses that are right."""


def measure(model: str = "bundled") -> Result:
    """Shares by layer, and of the two that do not read.

    Raises:
        ValueError: when WordNet is not on the machine.
    """
    folder = find_wordnet()
    if folder is None:
        raise ValueError("WordNet is not on this machine; install Debian's wordnet-base")
    checkpoint = load_checkpoint(model)
    hits = np.zeros(checkpoint.model.config.num_hidden_layers + 1)
    first, chance, count = 0, 0.0, 0
    for word, right in RIGHT.items():
        senses = word_senses(folder, word)
        keys = [sense.key for sense in senses]
        sentences = [one for one in builtin_sentences(word) if one.label in right]
        found = contexts(checkpoint, sentences, word, inflected=True)
        allowed = [set(right[label or ""].split()) for label in found.labels]
        assert all(own & set(keys) for own in allowed), f"{word}: no such sense"
        for layer in range(len(hits)):
            matches = match_senses(checkpoint, found, senses, layer)
            hits[layer] += sum(
                keys[match.best] in own for match, own in zip(matches, allowed, strict=True)
            )
        first += sum(keys[0] in own for own in allowed)
        chance += sum(len(own & set(keys)) / len(keys) for own in allowed)
        count += len(allowed)
    return {
        "occurrences": count,
        "by_layer": [round(float(hit) / count, 4) for hit in hits],
        "first_sense": first / count,
        "chance": chance / count,
    }


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--model", default="bundled")
    options = parser.parse_args()
    result = measure(options.model)
    rows = [
        (f"{result['occurrences']} occurrences", "right"),
        *((f"layer {at}", f"{share:.3f}") for at, share in enumerate(result["by_layer"])),
        ("WordNet's first sense", f"{result['first_sense']:.3f}"),
        ("a sense at random", f"{result['chance']:.3f}"),
    ]
    report(result, rows, options.json)


if __name__ == "__main__":
    main()
