"""The bundled checkpoint tells the senses of the project's own labelled sentences apart."""

from bert_core.analysis.contexts import contexts
from bert_core.analysis.senses import sense_scores
from bert_core.checkpoint.load import load_checkpoint
from bert_core.data.sentence_sets import builtin_sentences, builtin_words


def test_at_least_95_in_100_are_nearest_to_their_own_sense() -> None:
    bert = load_checkpoint("bundled", device="cpu")
    right, count = 0.0, 0
    for word in builtin_words():
        found = contexts(bert, builtin_sentences(word), word, inflected=True)
        scores = sense_scores(found.vectors, found.labels, shuffles=1)
        right += float(scores.centroid[-1]) * scores.occurrences
        count += scores.occurrences
    assert count == 312
    assert right / count >= 0.95
