"""Every sentence goes into one shard, in order; a limit takes documents from everywhere."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bert_core.data.documents import Document
from bert_core.data.own_text import file_document
from bert_core.index.corpus import Corpus, folder_corpus, open_corpus, packaged_corpus
from bert_core.index.plan import plan_shards, sentences_of
from tests.index.conftest import Brute
from tests.model.tiny import tiny_tokenizer

TOKENIZER = tiny_tokenizer()


@pytest.mark.parametrize("shard_words", [1, 7, 60, 10_000])
def test_all_sentences_are_in_one_shard_in_order(
    corpus: Corpus, folder: Path, brute: Brute, shard_words: int
) -> None:
    plan = plan_shards(corpus, TOKENIZER, shard_words=shard_words)
    found = [sentences_of(corpus, shard) for shard in plan.shards]
    documents = [file_document(path) for path in sorted(folder.glob("*.txt"))]
    expected = [(d.id, at, text) for d in documents for at, text in enumerate(d.sentences)]
    assert [(s.document, s.number, s.text) for part in found for s in part] == expected
    assert plan.words == len(brute.rows), "as many words are planned as there will be rows"
    words = Counter((row.document, row.number) for row in brute.rows)
    sizes = [sum(words[s.document, s.number] for s in part) for part in found]
    assert min(sizes) > 0
    for size, part in zip(sizes, found, strict=True):
        assert size <= shard_words or len(part) == 1
    joined = [sum(pair) for pair in zip(sizes, sizes[1:], strict=False)]
    assert all(both > shard_words for both in joined[:-1]), "no shard is cut without need"


def test_a_limit_samples_whole_documents_of_all_parts() -> None:
    documents = [Document(f"d/{at}", "d", ("the sea.",) * 10) for at in range(200)]
    corpus = packaged_corpus(documents)
    plan = plan_shards(corpus, TOKENIZER, limit=1_000, shard_words=100)
    assert 1_000 <= plan.words < 1_000 + 3
    taken = [span.document for shard in plan.shards for span in shard]
    assert len(set(taken)) == 34 and max(taken) - min(taken) > 100
    assert plan == plan_shards(corpus, TOKENIZER, limit=1_000, shard_words=100)
    last = plan.shards[-1][-1]
    assert last.last < 10, "the last document is cut at the sentence that reaches the limit"


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(corpus: Corpus, limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit is {limit} words; it must be at least 1"):
        plan_shards(corpus, TOKENIZER, limit)


def test_a_corpus_without_words_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(" \n", encoding="utf-8")
    with pytest.raises(ValueError, match="has no word in it"):
        plan_shards(open_corpus(str(tmp_path)), TOKENIZER)


def test_what_is_no_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'/no/such' is not a folder"):
        open_corpus("/no/such")
    with pytest.raises(ValueError, match=r"holds no \.txt file"):
        open_corpus(str(tmp_path))


def test_a_fingerprint_is_of_names_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The sea.", encoding="utf-8")
    first = folder_corpus(str(tmp_path)).fingerprint
    assert folder_corpus(str(tmp_path)).fingerprint == first
    path.write_text("The seas.", encoding="utf-8")
    second = folder_corpus(str(tmp_path)).fingerprint
    path.rename(tmp_path / "b.txt")
    assert len({first, second, folder_corpus(str(tmp_path)).fingerprint}) == 3
    document = Document("d", "s", ("a b", "c"))
    other = replace(document, sentences=("a", "b c"))
    assert packaged_corpus([document]).fingerprint != packaged_corpus([other]).fingerprint


def test_a_document_that_is_gone_or_changed_is_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text("The sea. The river.", encoding="utf-8")
    corpus = open_corpus(str(tmp_path))
    (shard,) = plan_shards(corpus, TOKENIZER).shards
    (tmp_path / "a.txt").write_text("The sea.", encoding="utf-8")
    with pytest.raises(ValueError, match=r"folder/a\.txt of .* was changed; put it back"):
        sentences_of(corpus, shard)
    (tmp_path / "a.txt").unlink()
    corpus.read(1)
    with pytest.raises(ValueError, match=r"folder/a\.txt of .* cannot be read any more"):
        sentences_of(corpus, shard)
