"""WordNet's data files as text: definitions and example sentences of related words together."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bert_core.data.documents import Document

SYNSETS_A_DOCUMENT = 12
_EXAMPLE = re.compile(r'"([^"]+)"')
_ATTRIBUTION = re.compile(r"(?:^|;)\s*-{1,2}\s*[A-Z][^;]*")
_TAXON = re.compile(r"(?:genus|family|order|class|phylum|division|subfamily|suborder|subclass)[ _]")


@dataclass(frozen=True)
class Synset:
    """A set of synonyms: its words, its definition, its examples, and the synset above it."""

    offset: str
    words: tuple[str, ...]
    definition: str
    examples: tuple[str, ...]
    above: str
    topic: int
    """Number of the lexicographer's file it is in, one of 45 (lexnames(5WN)): animals, places …"""


def parse_synset(line: str) -> Synset:
    """Return the synset of one line of a ``data.*`` file (format: wndb(5WN))."""
    head, _, gloss = line.partition("|")
    fields = head.split()
    count = int(fields[3], 16)
    words = tuple(re.sub(r"\(\w+\)$", "", name) for name in fields[4 : 4 + 2 * count : 2])
    pointers = fields[5 + 2 * count :]
    above = [pointers[i + 1] for i in range(len(pointers) - 1) if pointers[i] in {"@", "@i", "&"}]
    definition = _EXAMPLE.sub("", gloss).strip(" ;\n")
    definition = _ATTRIBUTION.sub("", definition).replace("`", "'").replace("( ", "(")
    definition = re.sub(r"\s*;(?:\s*;)+", ";", definition)
    examples = tuple(text.strip().replace("`", "'") for text in _EXAMPLE.findall(gloss))
    plain = tuple(word.replace("_", " ") for word in words)
    nearest = above[0] if above else fields[0]
    return Synset(fields[0], plain, definition, examples, nearest, int(fields[1]))


def synset_sentences(synset: Synset) -> list[str]:
    """Return the definition as ``word or synonym: meaning.`` and each example as a sentence."""
    ended = [f"{' or '.join(synset.words[:3])}: {synset.definition.rstrip('.:; -')}."]
    for example in synset.examples:
        text = example.strip(" ;,-")
        if text.count(" ") >= 2:
            ended.append(text[0].upper() + text[1:] + ("" if text[-1] in ".!?'" else "."))
    return ended


def wordnet_documents(part: str, lines: Iterable[str]) -> Iterator[Document]:
    """Yield documents of about 12 synsets; those that share the synset above them stay together.

    `part` is the part of speech in the file's name (``noun``, say). Names of biological groups
    (genera, families, orders) are left out: they are lists, not language.
    """
    groups: dict[str, list[Synset]] = {}
    for line in lines:
        if line[:1].isdigit():
            synset = parse_synset(line)
            if synset.definition and not any(_TAXON.match(word) for word in synset.words):
                groups.setdefault(synset.above, []).append(synset)
    related = [synset for members in groups.values() for synset in members]
    for start in range(0, len(related), SYNSETS_A_DOCUMENT):
        chosen = related[start : start + SYNSETS_A_DOCUMENT]
        sentences = tuple(text for synset in chosen for text in synset_sentences(synset))
        yield Document(f"wordnet/{part}-{chosen[0].offset}", "wordnet", sentences)
