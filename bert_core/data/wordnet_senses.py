"""The senses of a word in WordNet, read from its own files (formats: wndb(5WN), morphy(7WN)).

index.POS says at which bytes of data.POS a word's senses stand, the most frequent sense first;
POS.exc lists irregular forms. Both are sorted, so a word is found by halving, without reading
the file.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from bert_core.data.packages import WORDNET, PackageError, default_cache, read_members, verify
from bert_core.data.wordnet import parse_synset
from bert_core.outputs import WordSense

PARTS_OF_SPEECH = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
"""The end of a file's name -> the letter of a sense's key."""
NAMES = {"noun": "noun", "verb": "verb", "adj": "adjective", "adv": "adverb"}
DEBIAN = Path("/usr/share/wordnet")
_NEEDED = tuple(f"{kind}.{part}" for part in PARTS_OF_SPEECH for kind in ("index", "data"))
_WANTED = re.compile(r"usr/share/wordnet/((?:data|index)\.(?:noun|verb|adj|adv)|\w+\.exc)")
_ENDINGS = {
    "noun": ("s ", "ses s", "xes x", "zes z", "ches ch", "shes sh", "men man", "ies y"),
    "verb": ("s ", "ies y", "es e", "es ", "ed e", "ed ", "ing e", "ing "),
    "adj": ("er ", "est ", "er e", "est e"),
    "adv": (),
}
"""Endings and what may stand in their place in the base form (morphy(7WN))."""
_LONGEST_WORD = 200


def find_wordnet(folder: Path | None = None) -> Path | None:
    """The folder with WordNet's files.

    Args:
        folder: where to look, itself or its subfolder dict. None looks where Debian's
            wordnet-base puts the files, then in $WNSEARCHDIR and $WNHOME, then in our cache, where
            the package's archive is unpacked if it is there. Nothing is fetched.

    Returns:
        The folder, or None when `folder` is None and there are no files.

    Raises:
        ValueError: when `folder` lacks a file, naming it, or the archive cannot be unpacked.
    """
    if folder is not None:
        given = folder.expanduser()
        found = next((one for one in (given, given / "dict") if not _missing(one)), None)
        if found is None:
            raise ValueError(
                f"'{folder}' lacks {', '.join(_missing(given))}; give WordNet's folder, such as "
                f"{DEBIAN} of the Debian package wordnet-base"
            )
        return found
    home, search = os.environ.get("WNHOME"), os.environ.get("WNSEARCHDIR")
    places = [DEBIAN, *([Path(search)] if search else []), *([Path(home) / "dict"] if home else [])]
    return next((place for place in places if not _missing(place)), None) or _from_cache()


def _missing(folder: Path) -> list[str]:
    return [name for name in _NEEDED if not (folder / name).is_file()]


def _from_cache() -> Path | None:
    """The files of the archive that was fetched for the corpus, unpacked on first use."""
    cache = default_cache()
    folder, archive = cache / "wordnet-3.0", cache / "archives" / WORDNET.filename
    if not _missing(folder):
        return folder
    if not archive.is_file():
        return None
    try:
        verify(WORDNET, archive)
        _unpack(archive, folder)
    except (PackageError, OSError) as error:
        raise ValueError(f"WordNet cannot be unpacked: {error}") from error
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    """All files or none."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".wordnet-") as name:
        temporary = Path(name) / folder.name
        temporary.mkdir()
        for member, content in read_members(archive):
            if wanted := _WANTED.fullmatch(member):
                (temporary / wanted[1]).write_bytes(content)
        shutil.rmtree(folder, ignore_errors=True)  # what lacks a file
        temporary.rename(folder)


def word_senses(folder: Path, word: str) -> tuple[WordSense, ...]:
    """Every sense of a word, or of what it may be a form of: nouns, verbs, adjectives, adverbs.

    Args:
        folder: from `find_wordnet`.
        word: of any case; several words stand with spaces or underscores between.

    Returns:
        The senses, each part of speech in WordNet's order; none when it is not in WordNet.

    Raises:
        ValueError: when a file is missing or damaged, naming it and the place.
    """
    lemma = "_".join(word.lower().replace("_", " ").split())
    if not lemma or len(lemma) > _LONGEST_WORD:
        return ()
    found: dict[str, WordSense] = {}
    for part in PARTS_OF_SPEECH:
        for form in _forms(folder, part, lemma):
            for offset in _offsets(folder, part, form):
                key = f"{PARTS_OF_SPEECH[part]}-{offset}"
                if key not in found:
                    found[key] = _sense(folder, part, offset)
    return tuple(found.values())


def _forms(folder: Path, part: str, lemma: str) -> Iterator[str]:
    """The word itself, then its base forms: irregular ones, or else by its ending."""
    yield lemma
    exceptions = folder / f"{part}.exc"
    line = _find_line(exceptions, lemma) if exceptions.is_file() else None
    if line is not None:
        yield from line.split()[1:]
        return
    for rule in _ENDINGS[part]:
        ending, instead = rule.split(" ")
        if lemma.endswith(ending) and len(lemma) > len(ending):
            yield lemma.removesuffix(ending) + instead


def _offsets(folder: Path, part: str, lemma: str) -> list[str]:
    """Where the senses of a lemma stand in data.POS, as eight digits each."""
    path = folder / f"index.{part}"
    line = _find_line(path, lemma)
    if not path.stat().st_size:
        raise ValueError(f"'{path}' is damaged: it is empty")
    if line is None:
        return []
    fields = line.split()
    number = int(fields[2]) if len(fields) > 2 and fields[2].isdigit() else 0
    offsets = fields[-number:]
    if not 0 < number <= len(fields) - 6 or not all(re.fullmatch(r"\d{8}", o) for o in offsets):
        raise ValueError(f"'{path}' is damaged: its line for {lemma!r} is not WordNet's")
    return offsets


def _sense(folder: Path, part: str, offset: str) -> WordSense:
    path = folder / f"data.{part}"
    with _open(path) as file:
        file.seek(int(offset))
        line = file.readline().decode("utf-8", "replace")
    try:
        if not line.startswith(f"{offset} ") or not line.endswith("\n"):
            raise ValueError("no sense begins there")
        synset = parse_synset(line)
        if not synset.words or not synset.definition:
            raise ValueError("it has no definition")
    except (ValueError, IndexError) as error:
        raise ValueError(f"'{path}' is damaged at byte {offset}: {error}") from error
    key = f"{PARTS_OF_SPEECH[part]}-{offset}"
    return WordSense(key, NAMES[part], synset.words, synset.definition, synset.examples)


def _find_line(path: Path, lemma: str) -> str | None:
    """The line of a sorted file whose first field is `lemma`.

    Lines that begin with a space, the licence at the head of the file, come before every word.
    """
    wanted = lemma.encode()
    with _open(path) as file:
        low, high = 0, path.stat().st_size
        while low < high:  # the line, if there is one, begins in [low, high)
            middle = (low + high) // 2
            start, line = _line_from(file, middle)
            if start >= high:
                high = middle
            elif (key := line.split(b" ", 1)[0].rstrip()) == wanted:
                return line.decode("utf-8", "replace")
            elif key < wanted:
                low = start + len(line)
            else:
                high = middle
    return None


def _line_from(file: BinaryIO, place: int) -> tuple[int, bytes]:
    """The first line that begins at or after `place`, and where."""
    file.seek(max(place - 1, 0))
    if place:
        file.readline()
    start = file.tell()
    return start, file.readline()


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ValueError(f"'{path}' cannot be read: {error}") from error
