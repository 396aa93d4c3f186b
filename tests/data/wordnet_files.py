"""A WordNet of a few words, in the format of its data and index files (wndb(5WN))."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bert_core.data.wordnet_senses import PARTS_OF_SPEECH

LICENCE = "".join(f"  {number} A licence, to keep with the files.  \n" for number in range(1, 9))

Synsets = Mapping[str, Sequence[tuple[Sequence[str], str]]]
"""For each part of speech, in the names of the files, the words and the gloss of every synset."""


def write_wordnet(folder: Path, synsets: Synsets, exceptions: Mapping[str, str] = {}) -> Path:  # noqa: B006
    """Write the files of all four parts of speech into `folder`, which is made and returned."""
    folder.mkdir()
    for part, letter in PARTS_OF_SPEECH.items():
        data, index = LICENCE, dict[str, list[str]]()
        for words, gloss in synsets.get(part, ()):
            offset = f"{len(data):08}"
            names = " ".join(f"{word} 0" for word in words)
            data += f"{offset} 03 {letter} {len(words):02x} {names} 000 | {gloss}  \n"
            for word in words:
                index.setdefault(word.lower(), []).append(offset)
        lines = [
            f"{word} {letter} {len(at)} 1 @ {len(at)} 0 {' '.join(at)}  \n"
            for word, at in index.items()
        ]
        (folder / f"data.{part}").write_text(data)
        (folder / f"index.{part}").write_text(LICENCE + "".join(sorted(lines)))
        (folder / f"{part}.exc").write_text(exceptions.get(part, ""))
    return folder
