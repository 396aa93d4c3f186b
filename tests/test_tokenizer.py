"""The tokenizer against the two references of `transformers`, and against its own promises.

`BertTokenizer` is the reference for tokens, ids, offsets, words and truncation;
`BertTokenizerLegacy`, in plain Python and without the `tokenizers` library, for tokens and ids.
"""

from __future__ import annotations

import json
import random
import shutil
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import tokenizers
from hypothesis import example, given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, BertTokenizer
from transformers.models.bert.tokenization_bert_legacy import BertTokenizerLegacy

from bert_core.outputs import Encoding
from bert_core.tokenizer import Tokenizer

MODEL = Path(__file__).parents[1] / "assets" / "model"
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TINY = [*SPECIALS, "the", "river", "bank", "em", "##bed", "##ding", "##s", ",", ".", "É", "é", "e"]
FILES = ["tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json"]

REAL_STRINGS = [
    "",
    "   \t\n ",
    "embeddings",
    "The river's bank, isn't it? Yes -- $3.50 (50%)!",
    "Café NAÏVE Ångström crème brûlée Łódź ĳ ﬁ ½",
    "Cafe\u0301 NAI\u0308VE A\u030angstro\u0308m \u0301 e\u0301\u0323\u0302",
    "Straße STRASSE ẞ",
    "İstanbul ıspanak IĞDIR i\u0307",
    "Ἑλλάς Ελλάδα τέλος ὀδός",
    "Съешь ещё этих мягких французских булок, Й и\u0306",
    "مرحبا \u200fبالعالم\u200e ١٢٣ \u202bنص\u202c؟",
    "שָׁלוֹם עוֹלָם",
    "नमस्ते दुनिया। क्षत्रिय",
    "สวัสดีชาวโลก ภาษาไทย",
    "我爱北京天安门。繁體字，𠀀𪛖 豈",
    "日本語のテキスト、カタカナ ガ か\u3099",
    "한국어 텍스트 \u1112\u1161\u11ab 각",
    "👩\u200d👩\u200d👧\u200d👦 ❤\ufe0f 🇫🇷 👍🏽 x😀y",
    "a\x00b\x01c\x7fd\x85e\ufffdf\u200bg\ufeffh\u00adi\u2060",
    "\ue000private\uf8ff \U000f0000 \U0010ffff\ufdd0",
    "nbsp\u00a0em\u2003ideographic\u3000line\u2028para\u2029\r\n",
    *("x" * n for n in (99, 100, 101, 1000)),
    *("the" + "é" * (n - 3) + " end" for n in (99, 100, 101)),
    "[MASK] The [MASK]ed un[MASK] [MASK][MASK][SEP] [CLS] [PAD] [UNK]",
    "[mask] [ MASK ] [MASK [[MASK]] MASK] [unused1] ##ing # #s ##",
    "word\u0301[MASK]\u0301word 日[MASK]本",
    "http://example.org/a_b?c=d&e=%20#f user@mail.com C++ #tag <b>",
]

BLOCKS = [
    (0x20, 0x7E),
    (0x20, 0x7E),
    (0x00, 0xA0),
    (0xA0, 0x24F),
    (0x250, 0x36F),
    (0x370, 0x52F),
    (0x590, 0x6FF),
    (0x900, 0xDFF),
    (0xE00, 0xEFF),
    (0x1100, 0x11FF),
    (0x1E00, 0x1FFF),
    (0x2000, 0x206F),
    (0x2070, 0x2BFF),
    (0x3000, 0x30FF),
    (0x3400, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0xE000, 0xFAFF),
    (0xFB00, 0xFFFF),
    (0x10000, 0x1FFFF),
    (0x1F300, 0x1FAFF),
    (0x20000, 0x2FA1F),
    (0x30000, 0x10FFFF),
]
WORDS = ["the", "The", "embeddings", "RIVER", "don't", "x" * 101, *SPECIALS]

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def random_text(rng: random.Random, usable: Callable[[str], bool] = lambda char: True) -> str:
    """Words, and characters of a few Unicode blocks, with and without spaces between."""
    parts = []
    for low, high in rng.sample(BLOCKS, 3):
        chars = (chr(rng.randint(low, high)) for _ in range(rng.randint(1, 8)))
        parts += [char for char in chars if usable(char)]
    parts += rng.choices([*WORDS, " ", " ", "\u0301", "##s", "\t"], k=6)
    rng.shuffle(parts)
    return "".join(parts)


def random_texts(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [random_text(rng) for _ in range(count)]


def old_and_settled(char: str) -> bool:
    """Whether all tables of Unicode agree on a character: those that Python, the library and the
    plain Python reference have are of different years. The capital sigma is tested apart."""
    category = unicodedata.category(char)
    return char != "Σ" and category == unicodedata.ucd_3_2_0.category(char) not in ("Cn", "Cs")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_folder(MODEL)


@pytest.fixture(scope="module")
def vocabulary() -> list[str]:
    return (MODEL / "vocab.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")


@pytest.fixture(scope="module")
def reference(vocabulary: list[str]) -> BertTokenizer:
    return BertTokenizer(vocab={token: id for id, token in enumerate(vocabulary)})


@pytest.fixture(scope="module")
def legacy() -> BertTokenizerLegacy:
    return BertTokenizerLegacy(str(MODEL / "vocab.txt"))


def assert_same(ours: Encoding, theirs: object) -> None:
    assert ours.tokens == tuple(theirs.tokens()), ours.text
    assert ours.ids == tuple(theirs["input_ids"])
    assert ours.offsets == tuple(theirs["offset_mapping"]), ours.text
    assert ours.word_ids == tuple(theirs.word_ids()), ours.text
    assert ours.segment_ids == tuple(theirs["token_type_ids"])


def assert_agree(tokenizer: Tokenizer, reference: BertTokenizer, texts: list[str]) -> None:
    for text in texts:
        theirs = reference(text, return_offsets_mapping=True)
        assert_same(tokenizer.encode(text, max_tokens=10**9), theirs)


# --------------------------------------------------------------------------- the references


@pytest.mark.parametrize("text", REAL_STRINGS, ids=ascii)
def test_real_strings_agree_with_the_reference(
    tokenizer: Tokenizer, reference: BertTokenizer, text: str
) -> None:
    assert_agree(tokenizer, reference, [text])


def test_random_strings_agree_with_the_reference(
    tokenizer: Tokenizer, reference: BertTokenizer
) -> None:
    assert_agree(tokenizer, reference, random_texts(2500, seed=1))


def test_generated_strings_agree_with_the_reference(
    tokenizer: Tokenizer, reference: BertTokenizer
) -> None:
    @settings(max_examples=300, deadline=None)
    @given(any_text)
    def agree(text: str) -> None:
        assert_agree(tokenizer, reference, [text])

    agree()


def test_plain_python_reference_agrees(tokenizer: Tokenizer, legacy: BertTokenizerLegacy) -> None:
    rng = random.Random(2)
    texts = [random_text(rng, old_and_settled) for _ in range(1500)]
    real = [text for text in REAL_STRINGS if all(map(old_and_settled, text))]
    assert len(real) > 20
    for text in real + texts:
        assert tokenizer.encode(text, max_tokens=10**9).ids == tuple(legacy(text)["input_ids"]), (
            text
        )


def test_capital_sigma_is_lower_cased_by_itself_as_in_the_library(
    tokenizer: Tokenizer, legacy: BertTokenizerLegacy
) -> None:
    assert tokenizer.pieces("ΟΔΟΣ") == tokenizer.pieces("οδοσ") != tokenizer.pieces("οδος")
    assert legacy.tokenize("ΟΔΟΣ") == legacy.tokenize("οδος")


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("strip_accents", [None, True, False])
@pytest.mark.parametrize("chinese", [True, False])
def test_every_setting_agrees_with_the_reference(
    vocabulary: list[str], lowercase: bool, strip_accents: bool | None, chinese: bool
) -> None:
    ours = Tokenizer.from_vocabulary(vocabulary, lowercase, strip_accents, chinese)
    theirs = BertTokenizer(
        vocab={token: id for id, token in enumerate(vocabulary)},
        do_lower_case=lowercase,
        strip_accents=strip_accents,
        tokenize_chinese_chars=chinese,
    )
    assert_agree(ours, theirs, REAL_STRINGS + random_texts(50, seed=3))


# --------------------------------------------------------------------------- encode


def test_the_example_of_the_paper_summary(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("embeddings")
    assert encoding.tokens == ("[CLS]", "em", "##bed", "##ding", "##s", "[SEP]")
    assert [encoding.source(i) for i in range(6)] == ["", "em", "bed", "ding", "s", ""]
    assert encoding.word_ids == (None, 0, 0, 0, 0, None)
    assert encoding.truncation is None


def test_offsets_count_characters_not_bytes_or_code_units(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("😀 Éa e\u0301 日 the")
    assert encoding.tokens[1:-1] == ("[UNK]", "ea", "e", "日", "the")
    assert [encoding.source(i) for i in range(1, 6)] == ["😀", "Éa", "e", "日", "the"]


def test_offsets_are_slices_of_the_text_in_order(tokenizer: Tokenizer) -> None:
    for text in REAL_STRINGS + random_texts(700, seed=4):
        encoding = tokenizer.encode(text, max_tokens=10**9)
        spans = encoding.offsets[1:-1]
        assert all(0 <= start < end <= len(text) for start, end in spans), text
        assert list(spans) == sorted(spans), text
        for i in range(2, len(encoding) - 1):
            if encoding.word_ids[i] != encoding.word_ids[i - 1]:
                assert encoding.offsets[i][0] >= encoding.offsets[i - 1][1], text


def test_the_source_of_a_token_normalises_to_the_token(tokenizer: Tokenizer) -> None:
    for text in REAL_STRINGS + random_texts(700, seed=5):
        encoding = tokenizer.encode(text, max_tokens=10**9)
        times = Counter(encoding.offsets)
        for i in range(1, len(encoding) - 1):
            if encoding.tokens[i] == "[UNK]" or times[encoding.offsets[i]] > 1:
                continue  # a Hangul syllable can be several pieces, all from one character
            source = encoding.source(i)
            if encoding.tokens[i] != source:
                steps = tokenizer.normalisation_steps(source)
                source = steps[-1].after.strip() if steps else source
            inside = encoding.word_ids[i] == encoding.word_ids[i - 1]
            assert encoding.tokens[i] == ("##" if inside else "") + source, text


def test_characters_outside_all_tokens_are_spaces_or_removed(tokenizer: Tokenizer) -> None:
    for text in REAL_STRINGS + random_texts(700, seed=6):
        rest = list(text)
        for start, end in tokenizer.encode(text, max_tokens=10**9).offsets[1:-1]:
            rest[start:end] = [" "] * (end - start)
        assert tokenizer.pieces("".join(rest)) == (), text


def test_typed_special_tokens_are_words_of_their_own(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("[MASK]ed [MASK][SEP] x")
    assert encoding.tokens[1:-1] == ("[MASK]", "ed", "[MASK]", "[SEP]", "x")
    assert encoding.ids[1] == tokenizer.mask_id
    assert encoding.word_ids == (None, 0, 1, 2, 3, 4, None)
    assert [encoding.word_positions(i) for i in range(7)] == [(i,) for i in range(7)]
    assert encoding.source(3) == "[MASK]"


def test_a_pair_has_segments_and_words_of_its_own(
    tokenizer: Tokenizer, reference: BertTokenizer
) -> None:
    encoding = tokenizer.encode("Some embeddings.", "Are [MASK] embeddings?")
    theirs = reference("Some embeddings.", "Are [MASK] embeddings?", return_offsets_mapping=True)
    assert_same(encoding, theirs)
    assert encoding.word_positions(2) == (2, 3, 4, 5)
    assert encoding.word_positions(10) == (10, 11, 12, 13)
    assert encoding.source(9) == "[MASK]"
    assert tokenizer.encode("a", "").tokens == ("[CLS]", "a", "[SEP]", "[SEP]")


def test_lone_surrogates_are_replaced_one_for_one(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("a \ud83d the\udc00 river")
    assert encoding.text == "a \ufffd the\ufffd river"
    assert [encoding.source(i) for i in range(1, 4)] == ["a", "the", "river"]
    assert tokenizer.encode_ids(["\ud83dthe"]) == [[tokenizer.token_to_id("the")]]
    encoding.text.encode("utf-8")


def test_a_tokenizer_is_not_changed_by_encoding(tokenizer: Tokenizer) -> None:
    whole = tokenizer.encode("the river bank")
    tokenizer.encode("the river bank", max_tokens=3)
    assert tokenizer.encode("the river bank") == whole


@pytest.mark.parametrize(("part", "times"), [("river bank ", 5_000), ("A river, née 日! ", 60_000)])
def test_long_texts_are_quick(tokenizer: Tokenizer, part: str, times: int) -> None:
    text = part * times
    start = time.process_time()
    encoding = tokenizer.encode(text)
    assert time.process_time() - start < 10  # about 1 s a megabyte; minutes if quadratic
    assert len(encoding) == 512
    assert encoding.truncation is not None
    assert encoding.truncation.tokens_in_full == len(tokenizer.pieces(part)) * times + 2


# --------------------------------------------------------------------------- truncation

PAIRS = [
    ("a b c d e f g h", None),
    ("a b c", "a b c d e f g h"),
    ("a b c d e f g h", "a b c"),
    ("a b c d e", "a b c d e"),
    ("embeddings embeddings", "a"),
    ("☃ [MASK] é", "日本 [SEP] x"),
]


@pytest.mark.parametrize(("text", "pair"), PAIRS)
def test_truncation_agrees_with_the_reference(
    tokenizer: Tokenizer, reference: BertTokenizer, text: str, pair: str | None
) -> None:
    full = len(tokenizer.encode(text, pair))
    for limit in range(2 if pair is None else 3, full + 3):
        encoding = tokenizer.encode(text, pair, max_tokens=limit)
        theirs = reference(
            text, pair, truncation=True, max_length=limit, return_offsets_mapping=True
        )
        assert_same(encoding, theirs)
        if limit >= full:
            assert encoding.truncation is None
        else:
            assert encoding.truncation is not None
            assert len(encoding) == limit == encoding.truncation.limit
            assert encoding.truncation.tokens_in_full == full
            assert encoding.truncation.tokens_dropped == full - limit


def test_truncation_says_which_characters_were_kept(tokenizer: Tokenizer) -> None:
    def kept(limit: int, text: str, pair: str | None = None) -> tuple[int, int | None]:
        truncation = tokenizer.encode(text, pair, max_tokens=limit).truncation
        assert truncation is not None
        return truncation.kept_characters

    text = "É embeddings  end "
    assert [kept(n, text) for n in range(2, 8)] == [(n, None) for n in (0, 1, 4, 7, 11, 12)]
    assert kept(7, text, "b ") == (7, 2)
    assert kept(7, "b ", text) == (2, 7)
    assert kept(3, text, "b ") == (0, 0)


@pytest.mark.parametrize(("pair", "limit", "least"), [(None, 1, 2), ("b", 2, 3), (None, -5, 2)])
def test_special_tokens_must_fit(
    tokenizer: Tokenizer, pair: str | None, limit: int, least: int
) -> None:
    with pytest.raises(ValueError, match=f"max_tokens is {limit}; it must be at least {least}"):
        tokenizer.encode("a", pair, max_tokens=limit)


# --------------------------------------------------------------------------- ids and tokens


def test_encode_ids_is_encode_without_the_frame(tokenizer: Tokenizer) -> None:
    texts = REAL_STRINGS + random_texts(300, seed=7)
    expected = [list(tokenizer.encode(t, max_tokens=10**9).ids[1:-1]) for t in texts]
    assert tokenizer.encode_ids(texts) == expected
    assert tokenizer.encode_ids([]) == []


def test_ids_and_tokens_are_those_of_the_reference(
    tokenizer: Tokenizer, reference: BertTokenizer, vocabulary: list[str]
) -> None:
    assert tokenizer.vocab_size == len(vocabulary) == len(reference)
    assert [tokenizer.id_to_token(id) for id in range(len(vocabulary))] == vocabulary
    assert all(tokenizer.token_to_id(token) == id for id, token in enumerate(vocabulary))
    ours = [getattr(tokenizer, f"{name}_id") for name in ("unk", "sep", "pad", "cls", "mask")]
    theirs = [
        getattr(reference, f"{name}_token_id") for name in ("unk", "sep", "pad", "cls", "mask")
    ]
    assert ours == theirs
    assert tokenizer.special_ids == set(theirs)


def test_unknown_tokens_and_ids(tokenizer: Tokenizer) -> None:
    assert tokenizer.token_to_id("embeddings") is None
    for id in (-1, tokenizer.vocab_size):
        with pytest.raises(ValueError, match=f"id {id}; ids go from 0 to 30521"):
            tokenizer.id_to_token(id)
        with pytest.raises(ValueError, match=f"id {id};"):
            tokenizer.decode([id])


# --------------------------------------------------------------------------- decode


@pytest.mark.parametrize(
    "text",
    [
        "the embeddings, (really) and so on.",
        'he said, "i don\'t know!" and left; why?',
        "it cost $3.50, or 1,000,000 people's 50% at 10:30...",
        "a well-known either/or at o'clock [MASK].",
        "in 2005, 300 'odd' [notes] {here}",
        "“quoted” ¿que? 日本 text",
        "[CLS] the [MASK] sat. [SEP]",
    ],
)
def test_decode_puts_spaces_where_a_reader_expects_them(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text).ids[1:-1]) == text


def test_decode_keeps_special_tokens_unless_asked(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("the [MASK] sat").ids
    assert tokenizer.decode(ids) == "[CLS] the [MASK] sat [SEP]"
    assert tokenizer.decode(ids, skip_special_tokens=True) == "the sat"
    assert tokenizer.decode([]) == ""


def test_decode_agrees_with_the_reference_up_to_spaces(
    tokenizer: Tokenizer, reference: BertTokenizer
) -> None:
    for text in REAL_STRINGS + random_texts(500, seed=8):
        ids = list(tokenizer.encode(text, max_tokens=10**9).ids)
        expected = reference.decode(ids).replace(" ", "")
        assert tokenizer.decode(ids).replace(" ", "") == expected


def test_decoded_text_encodes_to_the_same_ids(tokenizer: Tokenizer, vocabulary: list[str]) -> None:
    cased = Tokenizer.from_vocabulary(vocabulary, lowercase=False, tokenize_chinese_chars=False)
    for each in (tokenizer, cased):
        for text in REAL_STRINGS + random_texts(700, seed=9):
            ids = each.encode(text, max_tokens=10**9).ids
            assert each.encode(each.decode(ids[1:-1]), max_tokens=10**9).ids == ids, text


PUNCTUATION = [*".,'\"-/:;!?()[]{}$#%_’“”«»¿"]
LETTERS = ["a", "s", "o", "1", "123", "MASK", "SEP", "日", "\U0002b820", "\U0002b920"]


@settings(max_examples=250, deadline=None)
@given(st.lists(st.sampled_from([*PUNCTUATION, *LETTERS, "[MASK]", "##", " ", " "]), max_size=12))
@example(["[", " ", "MASK", " ", "]"])
@example(["\U0002b820", " ", "\U0002b820"])  # a CJK character the library does not space out
def test_decoded_punctuation_encodes_to_the_same_ids(parts: list[str]) -> None:
    pieces = [f"##{token}" for token in LETTERS]
    tokenizer = Tokenizer.from_vocabulary(
        [*SPECIALS, *PUNCTUATION, *LETTERS, *pieces], lowercase=False
    )
    ids = tokenizer.encode("".join(parts)).ids
    assert tokenizer.encode(tokenizer.decode(ids[1:-1])).ids == ids


# --------------------------------------------------------------------------- files


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
