"""Text to tokens and back: BERT's WordPiece tokenizer (Devlin et al. 2018, section 3).

The splitting is done by the `tokenizers` library; this file adds offsets in characters, files in
the Hugging Face layout, readable decoding, and explanations (see wordpiece_trace.py).

Legend: a *word* is what WordPiece splits: a run of letters and digits, one punctuation mark, one
CJK character or one special token. A *piece* is an entry of the vocabulary; ## marks a piece that
continues a word.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import normalizers, processors

from bert_core import wordpiece_trace
from bert_core.outputs import Encoding, NormalisationStep, WordPieceTrace
from bert_core.tokenizer_files import (
    SPECIAL_TOKENS,
    check_is_bert,
    new_backend,
    read_backend,
    write_backend,
)
from bert_core.truncation import truncate


class Tokenizer:
    """BERT's tokenizer. It has no state that changes, so one serves all threads and visitors."""

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        """Takes over a WordPiece `backend`; from_folder and from_vocabulary make one.

        Raises:
            ValueError: when the backend is not a BERT tokenizer, saying in what.
        """
        check_is_bert(backend)
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
        return cls(new_backend(vocabulary, normaliser))

    @classmethod
    def from_folder(cls, path: str | Path) -> Tokenizer:
        """Reads a tokenizer in the Hugging Face layout: tokenizer.json or, without it, vocab.txt.

        What tokenizer_config.json says about lower case, accents and CJK characters comes first,
        as in `transformers`. Truncation and padding stored in tokenizer.json are left out: they
        belong to whoever packed the file, not to the model.

        Raises:
            ValueError: when there is no such file, or one is garbled or not a BERT tokenizer's.
        """
        return cls(read_backend(Path(path)))

    def save(self, folder: str | Path, max_tokens: int = 512) -> None:
        """Writes what `from_folder` and `transformers.AutoTokenizer` read.

        That is tokenizer.json, vocab.txt, tokenizer_config.json and special_tokens_map.json.

        Args:
            folder: made when it is not there.
            max_tokens: most tokens the model takes, noted down for `transformers`.
        """
        lines = [self._tokens.get(id, "") for id in range(self.vocab_size)]
        write_backend(self._backend, lines, Path(folder), max_tokens)

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
        truncation = truncate(texts, parts, max_tokens)
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

    @cached_property
    def digest(self) -> str:
        """The same for tokenizers that split every text alike."""
        return hashlib.sha256(self._backend.to_str().encode()).hexdigest()

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
