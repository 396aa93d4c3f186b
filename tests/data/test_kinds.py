"""Statements made from WordNet by rule."""

from collections import Counter

from bert_core.data.kinds import TRUE, Nouns, Pair, chosen, disjoint, find_pairs, statements

ROOTS = ["entity", "thing", "object", "whole", "group"]
"""Five steps above any kind, which are too general to be told."""
FIELDS = {"animal": 5, "tool": 6}
LEAVES = {
    "animal": ["bird", "fish", "insect"], "tool": ["saw", "hammer", "knife"],
}  # fmt: skip


def lines() -> tuple[list[str], list[str]]:
    """data.noun and index.noun of a small tree: root … field > kind > three words each."""
    rows: list[tuple[str, str, int, str]] = []
    above = ""
    for name in ROOTS:
        rows.append((name, above, 3, "so general"))
        above = name
    for field, topic in FIELDS.items():
        rows.append((field, "group", topic, "a field"))
        for kind in LEAVES[field]:
            rows.append((kind, field, topic, "a kind"))
            rows += [(f"{kind}{letter}word", kind, topic, "a word") for letter in "xyz"]
    rows.append(("rude", "bird", 5, "an offensive term"))
    place = {name: f"{at:08}" for at, (name, *_) in enumerate(rows, 1)}
    data = [
        f"{place[name]} {topic:02} n 01 {name} 0 "
        + (f"001 @ {place[up]} n 0000" if up else "000") + f" | {said}"
        for name, up, topic, said in rows
    ]  # fmt: skip
    index = [f"{name} n 1 1 @ 1 1 {place[name]}" for name, *_ in rows]
    return data, index


def nouns() -> Nouns:
    return Nouns(*lines())


def test_a_word_is_paired_with_kinds_above_it_that_are_not_too_general() -> None:
    pairs = find_pairs(nouns())
    assert {pair.kind for pair in pairs if pair.word == "sawxword"} == {"tool"}
    assert {pair.kind for pair in pairs} <= {"animal", "tool", *sum(LEAVES.values(), [])}
    assert "rude" not in {pair.word for pair in pairs}


def test_the_two_parts_have_no_word_in_common() -> None:
    pairs = [Pair(f"w{at}", f"k{at % 7}") for at in range(40)] + [Pair("k1", "k2")]
    first, second = disjoint(pairs, 0.4, seed=1)
    words = [{name for pair in part for name in (pair.word, pair.kind)} for part in (first, second)]
    assert first and second and not words[0] & words[1]


def test_common_words_are_chosen_first() -> None:
    pairs = [Pair("a", "k", common=False), Pair("b", "k"), Pair("c", "k", common=False)]
    assert chosen(pairs, 0, 1) == [pairs[1]]
    assert len(chosen(pairs, 2, 1)) == 2 and pairs[1] in chosen(pairs, 2, 1)


def test_every_word_stands_in_as_many_false_statements_as_true_ones() -> None:
    known = nouns()
    made = statements(known, find_pairs(known), seed=3)
    assert made == statements(known, find_pairs(known), seed=3)
    subjects, kinds = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one in made:
        subject, kind = one.text.rstrip(".").split(" is a kind of ")
        subjects[subject.split()[1], one.label] += 1
        kinds[kind, one.label] += 1
        truth = kind in known.everything_above(subject.split()[1])
        assert truth == (one.label == TRUE), one
    assert made and all(subjects[word, "true"] == subjects[word, "false"] for word, _ in subjects)
    assert sum(kinds[kind, "true"] for kind, _ in kinds) > 0
