"""The README tells the truth: its commands run, its Python runs, its paths are there."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from bert_core.cli import main
from bert_core.data.documents import Document
from bert_core.index import corpus
from bert_core.training import recipe
from tests.data.wordnet_files import write_wordnet

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.M | re.S)
PROGRAM = "python -m bert_core "
LINES = [
    line.strip()
    for _, block in BLOCKS
    for line in block.replace("\\\n", " ").splitlines()
    if line.strip().startswith(PROGRAM)
]
COMMANDS = [line for line in LINES if shlex.split(line, comments=True)[3] != "train"]
SCRIPTS = [block for language, block in BLOCKS if language == "python"]
LINKS = [
    target
    for target in re.findall(r"\]\(([^)\s]+)\)", README)
    if not re.match(r"[a-z]+:|#", target)
]
SENTENCES = (
    "The river runs through the old town.", "It floods the fields every spring.",
    "Boats carry fish to the market.", "Nobody remembers a year without a storm.",
)  # fmt: skip


def test_there_are_commands() -> None:
    verbs = {shlex.split(command)[3] for command in COMMANDS}
    assert {"tokenize", "fill-mask"} <= verbs, f"commands found in README.md: {COMMANDS}"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the commands read; the packaged text is replaced by a few sentences."""
    target = {"words": ["the", "river", "bank"], "index": 2}
    (tmp_path / "words.jsonl").write_text(json.dumps(target) + "\n")
    documents = [
        Document(f"toy/{at}", "toy", tuple(f"{at}. {sentence}" for sentence in SENTENCES))
        for at in range(100)
    ]
    for module in (recipe, corpus):
        monkeypatch.setattr(module, "packaged_documents", lambda: documents)
    rows = [f"{one},{label}" for label in ("a", "b") for one in ("The tide.", "A fish.")]
    (tmp_path / "own.csv").write_text("\n".join(["text,label", *rows]))
    np.save(tmp_path / "vectors.npy", np.random.default_rng(1).normal(size=(30, 8)))
    nouns = [(["bank"], "sloping land beside water"), (["bank"], "a house that keeps money")]
    write_wordnet(tmp_path / "wordnet", {"noun": nouns})
    monkeypatch.setenv("WNSEARCHDIR", str(tmp_path / "wordnet"))
    monkeypatch.setenv("BERT_EXPLORER_INDEX", str(tmp_path / "index"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs(
    command: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = shlex.split(command, comments=True)[3:]
    assert not {"|", ">", "&&", ";"} & set(arguments), "the test runs no shell"
    if arguments[0] == "nearest":
        assert main(["index", "--corpus", "packaged", "--limit-tokens", "100"]) == 0
        capsys.readouterr()
    assert main(arguments) == 0, capsys.readouterr().err
    out = capsys.readouterr().out
    assert out.strip()
    if "--json" in arguments:
        json.loads(out)
    if "--output" in arguments:
        assert (elsewhere / arguments[arguments.index("--output") + 1]).exists()


@pytest.mark.parametrize("script", SCRIPTS)
def test_python_of_the_readme_runs(
    script: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(script, "README.md", "exec"), {})
    assert capsys.readouterr().out.strip()


def tree_paths() -> list[str]:
    """Every path the file tree names, from the root: a line is names, spaces, what they are.

    A line indented once more lies in the folder above it; a description may name paths too.
    """
    section = README.split("## File tree", 1)[1]
    tree = re.search(r"^```\w*\n(.*?)^```$", section, re.M | re.S)
    assert tree is not None
    paths, folder = [], ""
    for line in tree.group(1).splitlines():
        names, _, description = line.strip().partition("  ")
        if not line.startswith(" "):
            folder = names
        inside = folder if line.startswith(" ") else ""
        paths += [inside + name for name in names.split()]
        for name in re.findall(r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|css|js|md|json)\b)", description):
            paths.append(name if (ROOT / name).exists() else folder + name)
    return paths


def test_the_file_tree_names_the_main_files() -> None:
    assert {"app.py", "bert_core/", "pages/", "ui/", "tests/"} <= set(tree_paths())


@pytest.mark.parametrize("path", tree_paths())
def test_a_path_of_the_file_tree_is_there(path: str) -> None:
    found = ROOT / path
    assert found.is_dir() if path.endswith("/") else found.is_file(), f"{path} is not there"


@pytest.mark.parametrize("target", LINKS)
def test_a_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target.split("#")[0]).exists(), f"{target} is not there"


def test_every_file_named_in_the_text_is_there() -> None:
    named = set(re.findall(r"`([\w.-]+(?:/[\w.-]+)+\.(?:py|md|sh|json|css|toml))`", README))
    missing = sorted(path for path in named if not (ROOT / path).exists())
    assert not missing


def test_nothing_is_left_to_fill_in() -> None:
    assert not re.findall(r"^(?:[A-Z]{4,}|TODO.*)$", README, re.M)
