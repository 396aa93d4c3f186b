"""Text to tokens and back: BERT's WordPiece tokenizer (Devlin et al. 2018, section 3).

The splitting is done by the `tokenizers` library; this file adds offsets in characters, files in
the Hugging Face layout, readable decoding, and explanations (see wordpiece_trace.py).

Legend: a *word* is what WordPiece splits: a run of letters and digits, one punctuation mark, one
CJK character or one special token. A *piece* is an entry of the vocabulary; ## marks a piece that
continues a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

from bert_core import wordpiece_trace
from bert_core.outputs import Encoding, NormalisationStep, Truncation, WordPieceTrace

SPECIAL_TOKENS = {
    "unk_token": wordpiece_trace.UNKNOWN,
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}
"""BERT's special tokens, under the names that Hugging Face files have for them."""

_SETTINGS = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "handle_chinese_chars",
}
"""Settings of tokenizer_config.json, and the arguments of BertNormalizer they stand for."""

_PARTS = {
    "model": models.WordPiece,
    "normalizer": normalizers.BertNormalizer,
    "pre_tokenizer": pre_tokenizers.BertPreTokenizer,
}
"""What makes a tokenizer of the library BERT's."""


class Tokenizer:
    """BERT's tokenizer. It has no state that changes, so one serves all threads and visitors."""

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        """Takes over a WordPiece `backend`; from_folder and from_vocabulary make one.

        Raises:
            ValueError: when the backend is not a BERT tokenizer, saying in what.
        """
        _check_is_bert(backend)
        backend.no_truncation()
        backend.no_padding()
        backend.add_special_tokens(list(SPECIAL_TOKENS.values()))
        self._backend = backend
        self._vocabulary: dict[str, int] = backend.get_vocab(with_added_tokens=True)
        self._pieces: dict[str, int] = backend.get_vocab(with_added_tokens=False)
        self._tokens = {id: token for token, id in self._vocabulary.items()}
        self._vocab_size = max(self._tokens) + 1
        self._never_split = {t.content for t in backend.get_added_tokens_decoder().values()}
        backend.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]",
            pair="[CLS] $A [SEP] $B:1 [SEP]:1",
            special_tokens=[("[CLS]", self.cls_id), ("[SEP]", self.sep_id)],
        )

    @classmethod
    def from_vocabulary(
        cls,
        tokens: Sequence[str],
        lowercase: bool = True,
        strip_accents: bool | None = None,
        tokenize_chinese_chars: bool = True,
    ) -> Tokenizer:
        """A tokenizer whose vocabulary is `tokens`, each with its place in the list as its id.

        Args:
            tokens: the vocabulary, special tokens included; ## begins pieces inside a word.
            lowercase: whether text is lower-cased.
            strip_accents: whether accents are removed; None does so when lower-casing.
            tokenize_chinese_chars: whether each CJK character is a word of its own.

        Raises:
            ValueError: when a special token is missing, or a token is there twice.
        """
        vocabulary = {token: id for id, token in enumerate(tokens)}
        if len(vocabulary) != len(tokens):
            twice = next(token for id, token in enumerate(tokens) if vocabulary[token] != id)
            raise ValueError(f"the vocabulary has {twice!r} twice; each token must be there once")
        normaliser = normalizers.BertNormalizer(
            lowercase=lowercase,
            strip_accents=strip_accents,
            handle_chinese_chars=tokenize_chinese_chars,
        )
        return cls(_new_backend(vocabulary, normaliser))

    @classmethod
    def from_folder(cls, path: str | Path) -> Tokenizer:
        """Reads a tokenizer in the Hugging Face layout: tokenizer.json or, without it, vocab.txt.

        What tokenizer_config.json says about lower case, accents and CJK characters comes first,
        as in `transformers`. Truncation and padding stored in tokenizer.json are left out: they
        belong to whoever packed the file, not to the model.

        Raises:
            ValueError: when there is no such file, or one is garbled or not a BERT tokenizer's.
        """
        folder = Path(path)
        packed, plain = folder / "tokenizer.json", folder / "vocab.txt"
        file = packed if packed.is_file() else plain
        if not file.is_file():
            raise ValueError(f"no tokenizer in {folder}: it must hold tokenizer.json or vocab.txt")
        settings = _read_settings(folder / "tokenizer_config.json")
        try:
            tokenizer = cls(_read_packed(file) if file == packed else _read_plain(file))
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from error
        for part, value in settings.items():
            setattr(tokenizer._backend.normalizer, part, value)
        return tokenizer

    def save(self, folder: str | Path, max_tokens: int = 512) -> None:
        """Writes what `from_folder` and `transformers.AutoTokenizer` read.

        That is tokenizer.json, vocab.txt, tokenizer_config.json and special_tokens_map.json.

        Args:
            folder: made when it is not there.
            max_tokens: most tokens the model takes, noted down for `transformers`.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._backend.save(str(folder / "tokenizer.json"))
        lines = (self._tokens.get(id, "") + "\n" for id in range(self.vocab_size))
        (folder / "vocab.txt").write_text("".join(lines), encoding="utf-8", newline="\n")
        config = {
            **{name: getattr(self._backend.normalizer, part) for name, part in _SETTINGS.items()},
            **SPECIAL_TOKENS,
            "tokenizer_class": "BertTokenizer",
            "model_max_length": max_tokens,
        }
        for name, content in {
            "tokenizer_config.json": config,
            "special_tokens_map.json": SPECIAL_TOKENS,
        }.items():
            (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    # ------------------------------------------------------------------ text to tokens

    def encode(self, text: str, pair: str | None = None, max_tokens: int = 512) -> Encoding:
        """Splits a text, or two, and frames them: [CLS] text [SEP] or [CLS] text [SEP] pair [SEP].

        Offsets count Python characters of the text. A special token that was typed is that token
        and a word of its own. Text that is too long is cut from the right; of two texts the
        longer one is cut until both fit. Lone halves of surrogate pairs, which no file or page
        can hold, are replaced one for one by U+FFFD, in the text of the result too.

        Args:
            text: any text, also an empty one.
            pair: the second text, if any: segment 1.
            max_tokens: most tokens of the result, special tokens included.

        Raises:
            ValueError: when not even the special tokens fit into `max_tokens`.
        """
        texts = [_valid(t) for t in (text, pair) if t is not None]
        frame = len(texts) + 1
        if max_tokens < frame:
            raise ValueError(
                f"max_tokens is {max_tokens}; it must be at least {frame}, for the special tokens"
            )
        parts = [self._split(t) for t in texts]
        truncation = _truncate(texts, parts, max_tokens)
        tokens, ids, offsets, word_ids, segment_ids = zip(*self._rows(parts), strict=True)
        pair = texts[1] if pair is not None else None
        return Encoding(texts[0], pair, tokens, ids, offsets, word_ids, segment_ids, truncation)

    def _rows(self, parts: list[tokenizers.Encoding]) -> list[tuple[Any, ...]]:
        """Token, id, offsets, word and segment of every place, special tokens included."""
        rows: list[tuple[Any, ...]] = [("[CLS]", self.cls_id, (0, 0), None, 0)]
        for segment, part in enumerate(parts):
            columns = (part.tokens, part.ids, part.offsets, part.word_ids)
            rows += [(*row, segment) for row in zip(*columns, strict=True)]
            rows.append(("[SEP]", self.sep_id, (0, 0), None, segment))
        return rows

    def encode_ids(self, texts: list[str]) -> list[list[int]]:
        """Ids of many texts, in parallel, uncut and without [CLS] and [SEP]: for corpora.

        As in `encode`, a special token that stands in a text is that token.
        """
        valid = [_valid(text) for text in texts]
        batch = self._backend.encode_batch_fast(valid, add_special_tokens=False)
        return [encoding.ids for encoding in batch]

    def pieces(self, word: str) -> tuple[str, ...]:
        """The pieces a typed word (or any text) is split into, without [CLS] and [SEP]."""
        return tuple(self._split(word).tokens)

    def _split(self, text: str) -> tokenizers.Encoding:
        return self._backend.encode(_valid(text), add_special_tokens=False)

    # ------------------------------------------------------------------ tokens to text

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        """Readable text: words put together again, punctuation where a reader expects it.

        Encoding the text gives the same ids again, if they came from a text.

        Raises:
            ValueError: when the vocabulary does not have an id.
        """
        skipped = self.special_ids if skip_special_tokens else frozenset()
        tokens = [self.id_to_token(id) for id in ids if id not in skipped]
        return wordpiece_trace.readable(tokens, self._backend.normalizer.handle_chinese_chars)

    def token_to_id(self, token: str) -> int | None:
        """The id of a token, written as in the vocabulary; None when it is not there."""
        return self._vocabulary.get(token)

    def id_to_token(self, id: int) -> str:
        """The token with this id, with ## if it continues a word.

        Raises:
            ValueError: when the vocabulary does not have the id.
        """
        if id not in self._tokens:
            raise ValueError(
                f"there is no token with the id {id}; ids go from 0 to {self.vocab_size - 1}"
            )
        return self._tokens[id]

    # ------------------------------------------------------------------ explanations

    def normalisation_steps(self, text: str) -> tuple[NormalisationStep, ...]:
        """What happens to a text before it is split; special tokens typed in it stay as they are.

        Returns:
            The steps that changed something, in order; the last one's `after` is what is split.
        """
        return wordpiece_trace.normalisation_steps(
            _valid(text), self._backend.normalizer, self._never_split
        )

    def trace(self, word: str) -> WordPieceTrace:
        """How one typed word is split: every look-up of the greedy search, in order.

        A special token is found whole, in one look-up.

        Raises:
            ValueError: when `word` is not one word to the tokenizer; `traces` takes any text.
        """
        split = self._split(word)
        words = len(set(split.word_ids))
        if words != 1:
            raise ValueError(f"{word!r} is {words} words to the tokenizer; it must be exactly one")
        token = split.tokens[0]
        if token in self._never_split and (
            token != wordpiece_trace.UNKNOWN or token == word.strip()
        ):
            return wordpiece_trace.trace_word(token, self._vocabulary)
        normalised = self._backend.normalizer.normalize_str(_valid(word))
        (found, _), *_ = self._backend.pre_tokenizer.pre_tokenize_str(normalised)
        longest = self._backend.model.max_input_chars_per_word
        return wordpiece_trace.trace_word(found, self._pieces, longest)

    def traces(self, text: str) -> tuple[WordPieceTrace, ...]:
        """The trace of every word of a text, special tokens included, in order."""
        split = self._split(text)
        spans: dict[int | None, tuple[int, int]] = {}
        for word, (start, end) in zip(split.word_ids, split.offsets, strict=True):
            spans[word] = (spans[word][0] if word in spans else start, end)
        return tuple(self.trace(text[start:end]) for start, end in spans.values())

    def unknown_reason(self, encoding: Encoding, position: int) -> str | None:
        """Why the token at `position` is [UNK]; None when it is another token."""
        if encoding.ids[position] != self.unk_id:
            return None
        source = encoding.source(position)
        if source == wordpiece_trace.UNKNOWN:
            return f"{source} was typed"
        return self.trace(source).unknown_reason

    # ------------------------------------------------------------------ the vocabulary

    @property
    def vocab_size(self) -> int:
        """Number of ids: the highest one, plus one."""
        return self._vocab_size

    @property
    def special_ids(self) -> frozenset[int]:
        """Ids of [UNK], [SEP], [PAD], [CLS] and [MASK]."""
        return frozenset(self._vocabulary[token] for token in SPECIAL_TOKENS.values())

    @property
    def unk_id(self) -> int:
        """Id of [UNK], which stands for a word that cannot be split."""
        return self._vocabulary["[UNK]"]

    @property
    def sep_id(self) -> int:
        """Id of [SEP], which ends a sentence."""
        return self._vocabulary["[SEP]"]

    @property
    def pad_id(self) -> int:
        """Id of [PAD], which fills up short texts in a batch."""
        return self._vocabulary["[PAD]"]

    @property
    def cls_id(self) -> int:
        """Id of [CLS], which begins every input."""
        return self._vocabulary["[CLS]"]

    @property
    def mask_id(self) -> int:
        """Id of [MASK], which stands where a word is hidden."""
        return self._vocabulary["[MASK]"]


def _valid(text: str) -> str:
    """The text with lone halves of surrogate pairs replaced, one character for one."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _truncate(texts: list[str], parts: list[tokenizers.Encoding], limit: int) -> Truncation | None:
    """Cuts the split texts so that with their special tokens they fit into `limit`."""
    frame = len(texts) + 1
    lengths = [len(part) for part in parts]
    kept = _longest_first(lengths, limit - frame)
    if kept == lengths:
        return None
    ends = [_cut(*each) for each in zip(texts, parts, kept, strict=True)]
    return Truncation(limit, sum(lengths) + frame, (ends[0], ends[1] if len(ends) == 2 else None))


def _longest_first(lengths: list[int], room: int) -> list[int]:
    """How many tokens of each text to keep, so that together they fit into `room`.

    Of two texts the longer gives way, and both share the room once they are equally long; the
    odd token goes to the longer one, or to the second, as in the `tokenizers` library.
    """
    if sum(lengths) <= room:
        return lengths
    if len(lengths) == 1:
        return [room]
    short = min(*lengths, room // 2)
    return [room - short, short] if lengths[0] > lengths[1] else [short, room - short]


def _cut(text: str, part: tokenizers.Encoding, kept: int) -> int:
    """Cuts a split text to its first `kept` tokens; returns how many characters they reach."""
    if kept == len(part):
        return len(text)
    part.truncate(kept)
    return int(part.offsets[-1][1]) if kept else 0


def _check_is_bert(backend: tokenizers.Tokenizer) -> None:
    """Raises ValueError, saying what is wrong, unless `backend` is a BERT tokenizer."""
    for part, kind in _PARTS.items():
        found = getattr(backend, part)
        if not isinstance(found, kind):
            name = "missing" if found is None else type(found).__name__
            raise ValueError(f"not a BERT tokenizer: its {part} is {name}, not {kind.__name__}")
    unknown = backend.model.unk_token
    if unknown != wordpiece_trace.UNKNOWN:
        raise ValueError(f"words that cannot be split become {unknown!r}; it must be '[UNK]'")
    prefix = backend.model.continuing_subword_prefix
    if prefix != wordpiece_trace.CONTINUATION:
        raise ValueError(f"pieces inside a word begin with {prefix!r}; it must be '##'")
    vocabulary = backend.get_vocab(with_added_tokens=False)
    missing = [token for token in SPECIAL_TOKENS.values() if token not in vocabulary]
    if missing:
        raise ValueError(
            f"the vocabulary of {len(vocabulary)} tokens lacks {', '.join(missing)}; "
            "a BERT vocabulary has [UNK], [SEP], [PAD], [CLS] and [MASK]"
        )


def _new_backend(
    vocabulary: dict[str, int], normaliser: normalizers.BertNormalizer
) -> tokenizers.Tokenizer:
    backend = tokenizers.Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    backend.normalizer = normaliser
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    return backend


def _read_packed(file: Path) -> tokenizers.Tokenizer:
    """The tokenizer in a tokenizer.json."""
    text = _read(file)
    try:
        return tokenizers.Tokenizer.from_str(text)
    except Exception as error:  # the library raises nothing more precise
        raise ValueError(f"it must be a tokenizer of the tokenizers library: {error}") from error


def _read_plain(file: Path) -> tokenizers.Tokenizer:
    """A tokenizer from vocab.txt: a token a line, its id the line's number, the later of two
    equal ones counting, as in the reference code."""
    lines = _read(file).removesuffix("\n").split("\n")
    vocabulary = {line.removesuffix("\r"): id for id, line in enumerate(lines)}
    return _new_backend(vocabulary, normalizers.BertNormalizer())


def _read_settings(file: Path) -> dict[str, bool | None]:
    """What tokenizer_config.json says about normalisation, as arguments of BertNormalizer."""
    if not file.is_file():
        return {}
    try:
        config = json.loads(_read(file))
    except ValueError as error:
        raise ValueError(f"{file}: it must be a JSON object: {error}") from error
    if not isinstance(config, dict):
        raise ValueError(f"{file}: it must be a JSON object; it is a {type(config).__name__}")
    for name in _SETTINGS.keys() & config.keys():
        value = config[name]
        if not (isinstance(value, bool) or (value is None and name == "strip_accents")):
            raise ValueError(f"{file}: {name} is {value!r}; it must be true or false")
    return {part: config[name] for name, part in _SETTINGS.items() if name in config}


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"it must be text in UTF-8: {error}") from error
