"""`head train`, `apply`, `evaluate` and `export`, each with --json and in words."""

import codecs
from pathlib import Path

import pytest

from bert_core.cli import head as verbs
from bert_core.cli import main
from bert_core.data import task_sets
from bert_core.training import head_recipe
from bert_core.training.head_arguments import HeadArguments
from tests.cli.calls import Capture, answer, refused
from tests.training.test_task_head import EXAMPLES

QUICK = ("--epochs", "4", "--rate", "0.01")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine, nothing is said of how far a training is."""
    monkeypatch.setattr(verbs, "SAY_EVERY", float("inf"))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "own.csv"
    rows = [f"{one.text},{one.label}" for one in EXAMPLES[:12] + EXAMPLES[-12:]]
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def head(table: Path, tiny: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("head") / "own"
    asked = ["--data", str(table), "--output", str(folder), "--model", tiny, *QUICK]
    assert main(["head", "train", *asked]) == 0
    return str(folder)


def test_train_says_what_the_head_is_worth_and_saves_a_card_with_the_same_figures(
    table: Path, tiny: str, tmp_path: Path, capsys: Capture
) -> None:
    asked = ("--data", str(table), "--output", str(tmp_path / "own"), "--model", tiny, *QUICK)
    found = answer(capsys, "head", "train", *asked)
    assert found["labels"] == ["boat", "river"] and found["texts"] == 24
    assert sum(map(sum, found["confusion"])) == 24 and found["arguments"]["epochs"] == 4
    assert set(found["baselines"]) == {"commonest class", "TF-IDF and logistic regression"}
    assert len(found["epochs"]) == 4 and found["sizes"]["sizes"][0] == 4
    card = (tmp_path / "own" / "README.md").read_text()
    assert f"| this head | {found['accuracy']:.3f} |" in card


def test_apply_gives_the_classes_and_the_words(head: str, tiny: str, capsys: Capture) -> None:
    asked = ("--head", head, "--model", tiny, "the river flows")
    found = answer(capsys, "head", "apply", *asked, "--words")
    assert found["label"] in found["probabilities"] and found["encoder_fits"]
    assert sum(found["probabilities"].values()) == pytest.approx(1)
    assert [word["word"] for word in found["words"]] == ["the", "river", "flows"]
    watched = answer(capsys, "head", "apply", *asked, "--label", "boat")
    assert watched["watched"] == "boat"
    assert main(["head", "apply", *asked, "--words"]) == 0
    assert "log-odds lost" in capsys.readouterr().out


def test_evaluate_scores_every_row_of_a_table(
    head: str, table: Path, tiny: str, capsys: Capture
) -> None:
    found = answer(capsys, "head", "evaluate", "--head", head, "--data", str(table),
                   "--model", tiny)  # fmt: skip
    assert found["texts"] == 24 and 0 <= found["accuracy"] <= 1
    assert [one["texts"] for one in found["classes"]] == [12, 12]


def test_export_writes_what_transformers_opens(
    head: str, tiny: str, tmp_path: Path, capsys: Capture
) -> None:
    found = answer(capsys, "head", "export", "--head", head, "--output", str(tmp_path / "t"),
                   "--model", tiny)  # fmt: skip
    assert (Path(found["output"]) / "model.safetensors").is_file()


def test_a_set_is_trained_by_its_recipe_and_measured_on_its_own_part(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    made = task_sets.TaskSet("spam", "Spam", tuple(EXAMPLES[:8] + EXAMPLES[-8:]),
                             tuple(EXAMPLES[8:14]), "Toys.", "free", {"a guess": 0.25})  # fmt: skip
    monkeypatch.setattr(head_recipe, "task_set", lambda name: made)
    monkeypatch.setitem(head_recipe.RECIPES, "spam", HeadArguments(pooling="mean", epochs=2))
    asked = ("--output", str(tmp_path / "spam"), "--model", tiny)
    trained = answer(capsys, "head", "train", "--data", "spam", *asked)
    assert trained["texts"] == 6 and trained["arguments"]["pooling"] == "mean"
    assert trained["baselines"]["a guess"] == 0.25
    again = answer(capsys, "head", "evaluate", "--data", "spam", "--head", asked[1],
                   "--model", tiny)  # fmt: skip
    for figure in ("accuracy", "confusion", "baselines", "classes"):
        assert again[figure] == trained[figure]


def test_a_table_in_utf_16_is_read(
    table: Path, head: str, tiny: str, tmp_path: Path, capsys: Capture
) -> None:
    wide = tmp_path / "wide.csv"
    wide.write_bytes(codecs.BOM_UTF16_LE + table.read_text().encode("utf-16-le"))
    found = answer(capsys, "head", "evaluate", "--head", head, "--data", str(wide), "--model", tiny)
    assert found["texts"] == 24


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("text,label\nthe sea,a\nthe town,a\na boat,a\na river,a", "all examples have the label"),
        ("text,label\nthe sea,a\nthe town,\na boat,b\na river,b", "1 of 4 examples have no label"),
        ("words,kind\nthe sea,a", "the columns are 'words', 'kind'"),
        ("text,label\n", "no sentence is in it"),
    ],
)
def test_a_table_that_cannot_be_learned_from_is_named(
    rows: str, said: str, tiny: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "bad.csv").write_text(rows)
    asked = ("--data", str(tmp_path / "bad.csv"), "--output", str(tmp_path / "h"), "--model", tiny)
    assert said in refused(capsys, "head", "train", *asked)
    assert not (tmp_path / "h").exists()


def test_a_file_that_is_too_large_is_not_read(tiny: str, tmp_path: Path, capsys: Capture) -> None:
    with (tmp_path / "large.csv").open("wb") as file:
        file.truncate(10**9)  # a file of holes: it takes no room
    asked = ("--data", str(tmp_path / "large.csv"), "--output", str(tmp_path), "--model", tiny)
    assert "1,000.0 MB; at most 20 MB" in refused(capsys, "head", "train", *asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("apply", "--head", "nowhere", "a boat"), "there is no head 'nowhere'"),
        (("apply", "--head", "HEAD", "  "), "the text is empty"),
        (("apply", "--head", "HEAD", "--label", "sea", "a boat"), "no class 'sea'"),
        (("evaluate", "--head", "HEAD", "--data", "nowhere.csv"), "is not a file"),
        (("train", "--data", "spam"), "--output"),
    ],
)
def test_mistakes_are_named(
    asked: tuple[str, ...], said: str, head: str, tiny: str, capsys: Capture
) -> None:
    words = [head if word == "HEAD" else word for word in asked]
    assert said in refused(capsys, "head", words[0], "--model", tiny, *words[1:])


def test_labels_that_a_head_does_not_know_are_named(
    head: str, tiny: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "other.csv").write_text("text,label\na boat,ship\na river,water\n")
    data = ("--data", str(tmp_path / "other.csv"))
    assert "'ship'" in refused(capsys, "head", "evaluate", "--head", head, *data, "--model", tiny)


