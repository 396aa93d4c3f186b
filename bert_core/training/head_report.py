"""What a task head is held against: the commonest class, a bag of words, fewer examples.

N = texts, S = numbers of examples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from bert_core.cancel import Asked
from bert_core.outputs import LabelledSentence
from bert_core.outputs.task_heads import HeadEpoch, SizeCurve
from bert_core.training.head_arguments import HeadArguments
from bert_core.training.head_body import FrozenBody
from bert_core.training.head_fit import HeadFit

Fold = tuple[list[int], list[int]]
"""Numbers of the examples to learn from, and of those to test on."""
MAJORITY, BAG_OF_WORDS = "commonest class", "TF-IDF and logistic regression"
SMALLEST_SIZE = 4
MOST_FOLDS = 3
"""Parts of a small set that the curve over the number of examples is a mean of."""


def tfidf_answers(
    texts: Sequence[str], labels: Sequence[int], asked: Sequence[str], seed: int = 42
) -> list[int]:
    """The classes that a bag of words gives the texts `asked`, once it has learned from `texts`.

    Words and pairs of neighbouring words, weighted by TF-IDF, and logistic regression: what one
    would try before a neural network.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    commonest = Counter(labels).most_common(1)[0][0]
    if len(set(labels)) == 1:
        return [commonest] * len(asked)
    weights = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    try:
        known = weights.fit_transform(texts)
    except ValueError:  # no text has a word of two letters
        return [commonest] * len(asked)
    model = LogisticRegression(C=10.0, max_iter=1_000, random_state=seed)
    return [int(one) for one in model.fit(known, labels).predict(weights.transform(asked))]


def baselines(
    folds: Sequence[Fold],
    examples: Sequence[LabelledSentence],
    truths: Sequence[int],
) -> dict[str, float]:
    """Name -> accuracy on what each fold tests on, learned from what it learns from."""
    right: Counter[str] = Counter()
    tested = 0
    for train, test in folds:
        commonest = Counter(truths[at] for at in train).most_common(1)[0][0]
        words = tfidf_answers(
            [examples[at].text for at in train], [truths[at] for at in train],
            [examples[at].text for at in test],
        )  # fmt: skip
        tested += len(test)
        right[MAJORITY] += sum(truths[at] == commonest for at in test)
        right[BAG_OF_WORDS] += sum(
            truths[at] == word for at, word in zip(test, words, strict=True)
        )
    return {name: right[name] / tested for name in (MAJORITY, BAG_OF_WORDS)}


def mean_curve(curves: Sequence[Sequence[HeadEpoch]]) -> tuple[HeadEpoch, ...]:
    """The mean of the folds' curves, pass by pass, as far as all of them go."""
    return tuple(
        HeadEpoch(
            same[0].epoch,
            float(np.mean([one.loss for one in same])),
            float(np.mean([one.heldout_loss for one in same])),
            float(np.mean([one.heldout_accuracy for one in same])),
        )
        for same in zip(*curves, strict=False)
    )


def size_curve(
    body: FrozenBody,
    folds: Sequence[Fold],
    examples: Sequence[LabelledSentence],
    truths: Sequence[int],
    labels: tuple[str, ...],
    arguments: HeadArguments,
    say: Callable[[str, float], None],
    cancelled: Asked = None,
) -> SizeCurve:
    """Accuracy by the number of examples, doubled from 4 on; classes stay in proportion."""
    used = folds[:MOST_FOLDS]
    most = min(len(train) for train, _ in used)
    sizes = [size for size in (SMALLEST_SIZE * 2**at for at in range(20)) if size < most]
    sizes.append(most)
    head, words = [], []
    for number, size in enumerate(sizes):
        right: list[tuple[float, float]] = []
        for train, test in used:
            say("Learning from fewer examples", number / len(sizes))
            some = _in_proportion(train, truths, size, arguments.seed)
            fit = HeadFit(body, truths, labels, arguments, cancelled)
            fit.run(some, [], lambda share: None)
            own = fit.answers(test).argmax(dim=1).tolist()
            known = [truths[at] for at in test]
            said = tfidf_answers(
                [examples[at].text for at in some], [truths[at] for at in some],
                [examples[at].text for at in test], arguments.seed,
            )  # fmt: skip
            right.append((_share(own, known), _share(said, known)))
        head.append(float(np.mean([one for one, _ in right])))
        words.append(float(np.mean([one for _, one in right])))
    return SizeCurve(tuple(sizes), tuple(head), tuple(words))


def _share(answers: Sequence[int], truths: Sequence[int]) -> float:
    return float(np.mean(np.asarray(answers) == np.asarray(truths)))


def _in_proportion(
    train: Sequence[int], truths: Sequence[int], size: int, seed: int
) -> list[int]:
    """So many of the examples, every class in turn, so that small sets have all of them."""
    rng = np.random.default_rng(seed)
    by_class: dict[int, list[int]] = {}
    for at in rng.permutation(np.asarray(train)).tolist():
        by_class.setdefault(truths[at], []).append(at)
    placed = [((place + 0.5) / len(group), at)
              for group in by_class.values() for place, at in enumerate(group)]  # fmt: skip
    first = [group[0] for group in by_class.values()]
    rest = [at for _, at in sorted(placed) if at not in set(first)]
    return [*first, *rest][: max(size, len(first))]
