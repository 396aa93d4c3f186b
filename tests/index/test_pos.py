"""Parts of speech come from an installed spaCy model, or not at all."""

import pickle
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from bert_core.index.pos import SpacyTagger, installed_tagger, load_tagger


@dataclass(frozen=True)
class Token:
    idx: int
    pos_: str


class Pipeline:
    """Splits at spaces, as spaCy never would; the tag is the token's length."""

    def __init__(self, *names: str) -> None:
        self.pipe_names = names

    def pipe(self, texts: list[str]) -> list[list[Token]]:
        return [self._split(text) for text in texts]

    def _split(self, text: str) -> list[Token]:
        found, at = [], 0
        for part in text.split(" "):
            found.append(Token(at, f"L{len(part)}" if part else ""))
            at += len(part) + 1
        return found


@pytest.fixture
def spacy(monkeypatch: pytest.MonkeyPatch) -> dict[str, Pipeline | Exception]:
    """A stand-in for the library, with the models put into the dictionary."""
    models: dict[str, Pipeline | Exception] = {}

    def load(name: str, exclude: list[str]) -> Pipeline:
        assert "parser" in exclude and "tagger" not in exclude
        model = models[name]
        if isinstance(model, Exception):
            raise model
        return model

    util = SimpleNamespace(get_installed_models=lambda: list(models))
    monkeypatch.setitem(sys.modules, "spacy", SimpleNamespace(util=util, load=load))
    return models


def test_a_word_has_the_tag_of_the_token_around_it() -> None:
    tagger = SpacyTagger("fake", Pipeline("tagger"))
    texts = ["don't go", "", " a"]
    found = tagger.tags(texts, [[0, 3, 4, 6], [], [0, 1]])
    assert found == [["L5", "L5", "L5", "L2"], [], [None, "L1"]]


def test_without_spacy_or_a_model_there_is_no_tagger(
    spacy: dict[str, Pipeline | Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert installed_tagger() is None
    monkeypatch.setitem(sys.modules, "spacy", None)
    assert installed_tagger() is None


def test_an_english_model_that_tags_is_chosen(spacy: dict[str, Pipeline | Exception]) -> None:
    spacy["de_core"] = Pipeline("tagger")
    spacy["en_blank"] = Pipeline("ner")
    spacy["en_broken"] = OSError("made for another version")
    tagger = installed_tagger()
    assert tagger is not None and tagger.name == "de_core"
    spacy["en_core"] = Pipeline("tok2vec", "morphologizer")
    tagger = installed_tagger()
    assert tagger is not None and tagger.name == "en_core"
    with pytest.raises(ValueError, match="en_blank has no tagger"):
        load_tagger("en_blank")


def test_a_tagger_goes_to_another_process_by_name(
    spacy: dict[str, Pipeline | Exception],
) -> None:
    spacy["en_core"] = Pipeline("tagger")
    again = pickle.loads(pickle.dumps(SpacyTagger("en_core", Pipeline("tagger"))))
    assert again.name == "en_core" and again.tags(["sea"], [[0]]) == [["L3"]]
