"""A tokenizer's folder: saved, read again in each of its forms, and refused with a reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import tokenizers
from transformers import AutoTokenizer

from bert_core.tokenizer import Tokenizer
from tests.tokenizer.agreement import assert_agree, assert_same
from tests.tokenizer.samples import MODEL, REAL_STRINGS, SPECIALS, random_texts

TINY = [*SPECIALS, "the", "river", "bank", "em", "##bed", "##ding", "##s", ",", ".", "É", "é", "e"]
FILES = ["tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json"]


@pytest.fixture
def folder(tokenizer: Tokenizer, tmp_path: Path) -> Path:
    tokenizer.save(tmp_path / "new" / "model")
    return tmp_path / "new" / "model"


def texts_for_files() -> list[str]:
    return REAL_STRINGS + random_texts(50, seed=10)


def test_a_saved_folder_opens_in_transformers_and_agrees(
    tokenizer: Tokenizer, folder: Path
) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    theirs = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    assert_agree(tokenizer, theirs, texts_for_files())
    pair = theirs("a b", "c", return_offsets_mapping=True)
    assert_same(tokenizer.encode("a b", "c"), pair)
    assert theirs.mask_token_id == tokenizer.mask_id
    assert theirs.model_max_length == 512


SETTINGS: list[dict[str, bool]] = [
    {},
    {"lowercase": False},
    {"lowercase": False, "strip_accents": True},
    {"strip_accents": False},
    {"tokenize_chinese_chars": False},
]


@pytest.mark.parametrize("options", SETTINGS, ids=str)
@pytest.mark.parametrize("kept", [FILES, FILES[:1], FILES[1:3]], ids=["all", "packed", "plain"])
def test_each_way_to_store_a_tokenizer_is_read(
    vocabulary: list[str], tmp_path: Path, kept: list[str], options: dict[str, bool]
) -> None:
    first = Tokenizer.from_vocabulary(vocabulary, **options)
    first.save(tmp_path)
    for name in set(FILES) - set(kept):
        (tmp_path / name).unlink()
    again = Tokenizer.from_folder(tmp_path)
    texts = texts_for_files()
    assert [again.encode(text) for text in texts] == [first.encode(text) for text in texts]
    if kept != FILES[:1]:  # from tokenizer.json alone, transformers takes its own settings
        (tmp_path / "config.json").write_text('{"model_type": "bert"}')
        assert_agree(first, AutoTokenizer.from_pretrained(tmp_path), texts)


def test_a_saved_tokenizer_opens_in_the_library_and_agrees(
    tokenizer: Tokenizer, folder: Path
) -> None:
    theirs = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    for text, pair in [("a b", None), ("Some embeddings", "[MASK] é")]:
        ours, expected = tokenizer.encode(text, pair), theirs.encode(text, pair)
        assert (ours.ids, ours.segment_ids) == (tuple(expected.ids), tuple(expected.type_ids))


def test_tokens_added_to_a_packed_vocabulary_are_kept(folder: Path, tmp_path: Path) -> None:
    packed = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    packed.add_tokens(["blorp"])
    packed.save(str(folder / "tokenizer.json"))
    Tokenizer.from_folder(folder).save(tmp_path)
    tokenizer = Tokenizer.from_folder(tmp_path)
    assert tokenizer.vocab_size == packed.get_vocab_size() == 30_523
    assert tokenizer.pieces("Blorp embeddings") == ("blorp", "em", "##bed", "##ding", "##s")
    assert tokenizer.trace("Blorp").ids == (30_522,)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    assert_agree(tokenizer, AutoTokenizer.from_pretrained(tmp_path), ["Blorp blorps xblorp é"])


def test_saving_again_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    Tokenizer.from_folder(folder).save(tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_saved_vocabulary_is_that_of_the_model(tokenizer: Tokenizer, folder: Path) -> None:
    assert (folder / "vocab.txt").read_bytes() == (MODEL / "vocab.txt").read_bytes()


def test_stored_truncation_and_padding_are_left_out(folder: Path) -> None:
    packed = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    packed.enable_truncation(8)
    packed.enable_padding(length=16)
    packed.save(str(folder / "tokenizer.json"))
    tokenizer = Tokenizer.from_folder(folder)
    assert len(tokenizer.encode("the " * 20)) == 22
    assert len(tokenizer.encode("the")) == 3
    assert tokenizer.encode_ids(["the", "the " * 20])[0] == [tokenizer.token_to_id("the")]


def test_the_config_comes_before_the_packed_settings(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    (folder / "config.json").write_text('{"model_type": "bert"}')
    tokenizer = Tokenizer.from_folder(folder)
    assert tokenizer.pieces("The the") == ("[UNK]", "the")
    assert_agree(tokenizer, AutoTokenizer.from_pretrained(folder), texts_for_files())


def test_a_vocabulary_with_windows_line_ends_is_read(tmp_path: Path) -> None:
    text = "".join(f"{token}\n" for token in TINY)
    (tmp_path / "vocab.txt").write_text(text, encoding="utf-8", newline="\r\n")
    tokenizer = Tokenizer.from_folder(tmp_path)
    assert tokenizer.pieces("The embeddings") == ("the", "em", "##bed", "##ding", "##s")
    assert tokenizer.vocab_size == len(TINY)


def with_model(kind: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        packed = tokenizers.Tokenizer(getattr(tokenizers.models, kind)())
        packed.save(str(folder / "tokenizer.json"))

    return change


def with_json(name: str, key: str, value: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        content = json.loads((folder / name).read_text(encoding="utf-8"))
        content[key] = value
        (folder / name).write_text(json.dumps(content), encoding="utf-8")

    return change


def with_bytes(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content)  # type: ignore[return-value]


def with_vocabulary(tokens: list[str]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "tokenizer.json").unlink()
        (folder / "vocab.txt").write_text("\n".join(tokens), encoding="utf-8")

    return change


NO_PREFIX = {
    "type": "WordPiece",
    "unk_token": "[UNK]",
    "continuing_subword_prefix": "@@",
    "max_input_chars_per_word": 100,
    "vocab": {token: id for id, token in enumerate(TINY)},
}
OTHER_UNKNOWN = {**NO_PREFIX, "continuing_subword_prefix": "##", "unk_token": "the"}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (shutil.rmtree, "no tokenizer in .*: it must hold tokenizer.json or vocab.txt"),
        (with_bytes("tokenizer.json", b"{oops"), "tokenizer.json: it must be a tokenizer of"),
        (with_bytes("tokenizer.json", b"\xff\xfe"), "tokenizer.json: it must be text in UTF-8"),
        (with_model("BPE"), "tokenizer.json: not a BERT .*: its model is BPE, not WordPiece"),
        (with_model("Unigram"), "its model is Unigram, not WordPiece"),
        (with_json("tokenizer.json", "normalizer", None), "its normalizer is missing, not Bert"),
        (with_json("tokenizer.json", "pre_tokenizer", {"type": "Whitespace"}), "is Whitespace"),
        (with_json("tokenizer.json", "model", NO_PREFIX), "begin with '@@'; it must be '##'"),
        (with_json("tokenizer.json", "model", OTHER_UNKNOWN), "become 'the'; it must be"),
        (with_vocabulary(["the", "[UNK]", "[SEP]"]), r"vocab.txt: .* 3 tokens lacks \[PAD\]"),
        (with_vocabulary([""]), "vocab.txt: the vocabulary of 1 tokens lacks"),
        (with_bytes("tokenizer_config.json", b"{oops"), "config.json: it must be a JSON object"),
        (with_bytes("tokenizer_config.json", b"[]"), "it must be a JSON object; it is a list"),
        (with_bytes("tokenizer_config.json", b"\xff"), "tokenizer_config.json: .* UTF-8"),
        (with_json("tokenizer_config.json", "do_lower_case", "no"), "do_lower_case is 'no'"),
        (with_json("tokenizer_config.json", "do_lower_case", None), "do_lower_case is None"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(
    tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    folder = tmp_path / "model"
    Tokenizer.from_vocabulary(TINY).save(folder)
    Tokenizer.from_folder(folder)
    spoil(folder)
    with pytest.raises(ValueError, match=message):
        Tokenizer.from_folder(folder)


@pytest.mark.parametrize("missing", SPECIALS)
def test_a_vocabulary_without_a_special_token_is_refused(missing: str) -> None:
    tokens = [token for token in TINY if token != missing]
    with pytest.raises(ValueError, match=rf"lacks \{missing[:-1]}\]; a BERT vocabulary has"):
        Tokenizer.from_vocabulary(tokens)


def test_a_vocabulary_with_a_token_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="the vocabulary has 'the' twice"):
        Tokenizer.from_vocabulary([*TINY, "the"])
