"""Words of a text in contexts of their own: what a contrast of copies learns from, without labels.

After MirrorWiC (Liu et al. 2021): every use is a meaning to itself, to be known again in a copy of
its sentence with other words hidden, and told from all other uses, those of the same word too.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

import numpy as np

from bert_core.data.documents import Document
from bert_core.data.sense_uses import SenseOfWord
from bert_core.words.uses import Use

MOST_WORDS, MOST_USES = 20_000, 8
"""Words that are taken, the most frequent first, and uses of each."""
TOO_COMMON = 100
"""Words more frequent than all others that are left out: they mean little by themselves."""
LONGEST = 40
"""Words of a sentence that is read."""
_WORD = re.compile(r"[^\W\d_]{3,}")


def text_uses(
    documents: Iterable[Document], left_out: Collection[str] = (), seed: int = 42
) -> dict[str, tuple[SenseOfWord, ...]]:
    """Words that stand in two sentences or more, each use as a sense of its own.

    Args:
        documents: the text.
        left_out: words that are not to be among them, in lower case.
        seed: which uses are drawn where a word has more than MOST_USES.

    Raises:
        ValueError: when no word is left.
    """
    sentences = [
        sentence
        for document in documents
        for sentence in document.sentences
        if len(sentence.split()) <= LONGEST
    ]
    counts = Counter(word for sentence in sentences for word in {*_WORD.findall(sentence.lower())})
    ordered = [word for word, count in counts.most_common() if count > 1]
    common = TOO_COMMON if len(ordered) > 2 * TOO_COMMON else 0
    wanted = set(ordered[common : common + MOST_WORDS]).difference(left_out)
    if not wanted:
        raise ValueError("no word of the text stands in two short sentences; give more text")
    rng, seen = np.random.default_rng(seed), Counter[str]()
    uses: defaultdict[str, list[Use]] = defaultdict(list)
    for sentence in sentences:
        for word, use in _first_uses(sentence).items():
            if word not in wanted:
                continue
            seen[word] += 1
            if len(uses[word]) < MOST_USES:
                uses[word].append(use)
            elif (at := int(rng.integers(seen[word]))) < MOST_USES:
                uses[word][at] = use
    return {
        word: tuple(SenseOfWord(topic, (use,)) for topic, use in enumerate(uses[word]))
        for word in sorted(wanted)
    }


def _first_uses(sentence: str) -> dict[str, Use]:
    """The first place of each word of a sentence."""
    found: dict[str, Use] = {}
    for match in _WORD.finditer(sentence):
        use = Use(sentence, match.start(), match.end())
        found.setdefault(match.group().lower(), use)
    return found
