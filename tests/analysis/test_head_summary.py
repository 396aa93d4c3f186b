"""What each head does, in numbers and a name."""

import math
import unicodedata

import numpy as np
import pytest

from bert_core.analysis.encoding import encode
from bert_core.analysis.head_summary import head_summaries
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import HEAD_MEASURES, EncoderResult
from tests.analysis.made import drawn, encoded, made

TEXT = "the boats runs."
"""[CLS] the boat ##s runs . [SEP]"""


def _heads() -> dict[str | None, np.ndarray]:
    """Name -> a head (7, 7) on TEXT which does that and nothing else."""
    eye = np.eye(7)
    word = eye.copy()
    word[2:4] = (eye[2] + eye[3]) / 2
    return {
        "previous token": np.roll(eye, -1, axis=1),
        "next token": np.roll(eye, 1, axis=1),
        "same word": word,
        "to [SEP]": np.tile(eye[6], (7, 1)),
        "to [CLS]": np.tile(eye[0], (7, 1)),
        "to punctuation": np.tile(eye[5], (7, 1)),
        "broad": np.full((7, 7), 1 / 7),
        None: np.tile((eye[1] + eye[4]) / 2, (7, 1)),
    }


def test_heads_that_do_one_thing_are_named_after_it() -> None:
    heads = _heads()
    result = made([[*heads.values()]], TEXT)
    assert result.encoding.tokens == ("[CLS]", "the", "boat", "##s", "runs", ".", "[SEP]")
    found = head_summaries(result)
    assert [one.pattern for one in found] == [*heads]
    by_name = {one.pattern: one for one in found}
    share = ("previous", "next", "same_word", "sep", "cls", "punctuation")
    main = dict(
        zip(share, ("previous token", "next token", "same word", "to [SEP]", "to [CLS]",
                    "to punctuation"), strict=True)
    )  # fmt: skip
    for measure, name in main.items():
        assert getattr(by_name[name], measure) == 1
    assert by_name["previous token"].cls == pytest.approx(1 / 5), "of the first token"
    assert by_name["previous token"].same_word == pytest.approx(1 / 5), "from ##s to boat"
    assert by_name["next token"].sep == by_name["next token"].punctuation == pytest.approx(1 / 5)
    assert by_name["same word"].entropy == pytest.approx(2 / 5), "one bit in two rows of five"
    assert by_name["same word"].distance == pytest.approx(1 / 5)
    assert by_name["to [SEP]"].distance == 3 and by_name["to [CLS]"].distance == 3
    assert by_name["to [SEP]"].entropy == 0 and by_name[None].entropy == 1
    broad = by_name["broad"]
    assert broad.entropy == pytest.approx(math.log2(7)) and broad.sep == pytest.approx(1 / 7)
    assert broad.same_word == pytest.approx(7 / 5 / 7)


def test_rows_of_added_special_tokens_do_not_count() -> None:
    head = _heads()["same word"]
    other = head.copy()
    other[[0, 6]] = 1 / 7
    first, second = head_summaries(made([[head, other]], TEXT))
    for name in HEAD_MEASURES:
        assert getattr(first, name) == getattr(second, name)


def _by_loops(result: EncoderResult, layer: int, head: int) -> list[float]:
    """The definitions, token by token."""
    assert result.attention is not None
    encoding, p = result.encoding, result.attention[layer, head].astype(float)
    rows = [at for at, word in enumerate(encoding.word_ids) if word is not None]
    sums = dict.fromkeys(HEAD_MEASURES, 0.0)
    for i in rows:
        for j, token in enumerate(encoding.tokens):
            typed = encoding.source(j)
            counts = {
                "entropy": -math.log2(p[i, j]),
                "distance": abs(i - j),
                "previous": j == i - 1,
                "next": j == i + 1,
                "same_word": j in encoding.word_positions(i),
                "sep": token == "[SEP]",
                "cls": token == "[CLS]",
                "punctuation": bool(typed)
                and all(unicodedata.category(one).startswith("P") for one in typed),
            }
            for name, count in counts.items():
                sums[name] += p[i, j] * count / len(rows)
    return [sums[name] for name in HEAD_MEASURES]


def test_measures_are_those_of_the_docstring() -> None:
    result = drawn("Boats fishing, the [SEP] very old… river's", "it runs (the sea).", 2, 3, seed=1)
    tokens = result.encoding.tokens
    assert tokens.count("[SEP]") == 3 and tokens[9:11] == ("old", "[UNK]"), "the ellipsis"
    found = head_summaries(result)
    assert [(one.layer, one.head) for one in found] == [(a, b) for a in (1, 2) for b in (1, 2, 3)]
    for one in found:
        expected = _by_loops(result, one.layer - 1, one.head - 1)
        np.testing.assert_allclose([getattr(one, m) for m in HEAD_MEASURES], expected, atol=1e-6)
    assert all(one.punctuation > 0.1 for one in found)


def test_shares_add_up(bert: Checkpoint) -> None:
    """Equal attention, nearly, as a random model has: measures are what counting gives."""
    result = encode(bert, "the boats runs to the sea.", attention=True)
    for one in head_summaries(result):
        assert all(0 <= getattr(one, name) <= 1 for name in HEAD_MEASURES[2:])
        assert 0 <= one.entropy <= math.log2(len(result.encoding)) + 1e-6


def _to_sep(share: float, text: str) -> EncoderResult:
    """One head that gives [SEP] this share, and the rest alike to all others."""
    tokens = len(encoded(text))
    row = np.full(tokens, (1 - share) / (tokens - 1))
    row[-1] = share
    return made(np.tile(row, (1, 1, tokens, 1)), text)


def test_a_name_needs_half_of_the_attention() -> None:
    text = "the old river flows to the sea by the town"
    assert head_summaries(_to_sep(0.51, text))[0].pattern == "to [SEP]"
    assert head_summaries(_to_sep(0.49, text))[0].pattern is None


def test_a_name_needs_twice_what_equal_attention_gives() -> None:
    """On three tokens a third is what everyone gets."""
    assert head_summaries(_to_sep(0.7, "sea"))[0].pattern == "to [SEP]"
    assert head_summaries(_to_sep(0.6, "sea"))[0].pattern is None
    uneven = np.tile([0.2, *[0.6 / 4] * 4, 0.2], (1, 1, 6, 1))
    one = head_summaries(made(uneven, "boatsings"))[0]
    assert one.same_word >= 0.5 and one.pattern == "broad", "a word of many pieces has most anyway"


def test_broad_is_near_the_largest_entropy() -> None:
    text, tokens = "the old river flows to the sea by the town", 12
    for kept, name in ((10, "broad"), (6, None)):  # log2(10) is 0.93 of log2(12), log2(6) is 0.72
        row = np.zeros(tokens)
        row[1 : 1 + kept] = 1 / kept
        head = np.tile(row, (1, 1, tokens, 1))
        assert head_summaries(made(head, text))[0].pattern == name


@pytest.mark.parametrize("text", ["sea", ".", "[SEP]"])
def test_one_token_gives_numbers(text: str) -> None:
    eye = np.eye(3)
    heads = [np.tile(row, (3, 1)) for row in (*eye, np.full(3, 1 / 3))]
    with np.errstate(all="raise"):
        found = head_summaries(made([heads], text))
    values = [getattr(one, name) for one in found for name in HEAD_MEASURES]
    assert np.isfinite(values).all()
    assert [one.entropy for one in found] == pytest.approx([0, 0, 0, math.log2(3)])
    assert [one.distance for one in found] == pytest.approx([1, 0, 1, 2 / 3])
    assert all(one.pattern is None or isinstance(one.pattern, str) for one in found)
    if text == "sea":
        patterns = ["to [CLS]", "same word", "to [SEP]", "broad"]
        assert [one.pattern for one in found] == patterns, "[CLS] before 'previous', which it is"


def test_what_has_no_attention_or_text_is_refused(bert: Checkpoint) -> None:
    with pytest.raises(ValueError, match="attention=True"):
        head_summaries(encode(bert, "the sea"))
    with pytest.raises(ValueError, match="text is empty"):
        head_summaries(made(np.full((1, 1, 2, 2), 0.5), ""))
