"""The files of a tokenizer in the Hugging Face layout: reading, checking and writing them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers

from bert_core import wordpiece_trace

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


def read_backend(folder: Path) -> tokenizers.Tokenizer:
    """The library's tokenizer that lies in `folder`, as `Tokenizer.from_folder` says.

    Raises:
        ValueError: when there is no such file, or one is garbled or not a BERT tokenizer's.
    """
    packed, plain = folder / "tokenizer.json", folder / "vocab.txt"
    file = packed if packed.is_file() else plain
    if not file.is_file():
        raise ValueError(f"no tokenizer in {folder}: it must hold tokenizer.json or vocab.txt")
    settings = _read_settings(folder / "tokenizer_config.json")
    try:
        backend = _read_packed(file) if file == packed else _read_plain(file)
        check_is_bert(backend)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
    for part, value in settings.items():
        setattr(backend.normalizer, part, value)
    return backend


def write_backend(
    backend: tokenizers.Tokenizer, vocabulary: Sequence[str], folder: Path, max_tokens: int
) -> None:
    """Write tokenizer.json, vocab.txt, tokenizer_config.json and special_tokens_map.json."""
    folder.mkdir(parents=True, exist_ok=True)
    backend.save(str(folder / "tokenizer.json"))
    lines = "".join(f"{token}\n" for token in vocabulary)
    (folder / "vocab.txt").write_text(lines, encoding="utf-8", newline="\n")
    config = {
        **{name: getattr(backend.normalizer, part) for name, part in _SETTINGS.items()},
        **SPECIAL_TOKENS,
        "tokenizer_class": "BertTokenizer",
        "model_max_length": max_tokens,
    }
    for name, content in {
        "tokenizer_config.json": config,
        "special_tokens_map.json": SPECIAL_TOKENS,
    }.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def check_is_bert(backend: tokenizers.Tokenizer) -> None:
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


def new_backend(
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
    return new_backend(vocabulary, normalizers.BertNormalizer())


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
