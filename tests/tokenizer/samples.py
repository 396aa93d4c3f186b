"""The strings that the tests of the tokenizer encode: real ones, and random ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

MODEL = Path(__file__).parents[2] / "assets" / "model"
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

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
