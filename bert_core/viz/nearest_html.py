"""What a corpus index answers, as HTML; assets/contexts.css is its style. All text is escaped."""

from __future__ import annotations

from collections.abc import Sequence

from bert_core.outputs.nearest import CorpusSense, CorpusSenses, NearestContext, NearestContexts
from bert_core.viz.contexts_html import typed
from bert_core.viz.numbers import counted, percent
from bert_core.viz.sentences import marked_html
from bert_core.viz.token_rows import shortened


def nearest_html(result: NearestContexts) -> str:
    """The nearest contexts, nearest first: cosine, the sentence with the match underlined, where
    it stands."""
    if not result.contexts:
        return "<p>Nothing in the corpus fits these filters.</p>"
    items = "".join(f"<li>{_context(one)}</li>" for one in result.contexts)
    return f"<ol class='nearest'>{items}</ol>"


def _context(one: NearestContext) -> str:
    part = f", {typed(one.part_of_speech)}" if one.part_of_speech else ""
    where = f"{typed(shortened(one.document, 60))}, sentence {one.sentence_number + 1:,}{part}"
    said = marked_html(one.sentence, one.start, one.end)
    return f"<b>{one.cosine:.2f}</b> {said} <span class='where'>{where}</span>"


def histogram_html(title: str, counts: Sequence[tuple[str, int]], most: int = 12) -> str:
    """Words with how often each was found, as bars; the number stands beside each bar."""
    if not counts:
        return ""
    longest = max(count for _, count in counts)
    rows = "".join(
        f"<li><span class='word'>{typed(shortened(word, 40))}</span>"
        f"<span class='track'><span class='bar' style='width:{100 * count / longest:.1f}%'></span>"
        f"</span><span class='count'>{count:,}</span></li>"
        for word, count in counts[:most]
    )
    rest = f"<p>and {counted(len(counts) - most, 'other word')}</p>" if len(counts) > most else ""
    return f"<h3>{typed(title)}</h3><ul class='histogram'>{rows}</ul>{rest}"


def corpus_senses_html(result: CorpusSenses) -> str:
    """The groups of a word's occurrences over the corpus: size, typical words, examples."""
    sampled = (
        f", a sample of {result.found:,}" if result.found > result.occurrences else ""
    )
    doubt = (
        " Near 0: there is no real grouping here." if result.silhouette < 0.1 else ""
    )
    begin = (
        f"<p>{counted(result.occurrences, 'occurrence')} of {typed(result.word)}{sampled}, "
        f"grouped at layer {result.layer} without labels; mean silhouette "
        f"{result.silhouette:.2f}.{doubt}</p>"
    )
    groups = "".join(
        f"<li>{_group(number, sense, result.occurrences)}</li>"
        for number, sense in enumerate(result.senses, start=1)
    )
    return f"{begin}<ol class='corpus-senses'>{groups}</ol>"


def _group(number: int, sense: CorpusSense, total: int) -> str:
    share = percent(sense.size / total) if total else "–"
    words = ", ".join(typed(word) for word, _ in sense.neighbours[:8])
    near = f" near {words}" if words else ""
    examples = "".join(f"<li>{_context(one)}</li>" for one in sense.examples)
    head = f"<b>Group {number}</b>, {counted(sense.size, 'occurrence')} ({share}){near}"
    return f"{head}<ul>{examples}</ul>"
