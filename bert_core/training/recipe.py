"""From a corpus name to a saved checkpoint: the one command that repeats the training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bert_core.checkpoint.find import find_folder
from bert_core.checkpoint.load import load_checkpoint
from bert_core.checkpoint.save import save_checkpoint
from bert_core.config import PRESETS
from bert_core.data.corpora import packaged_documents
from bert_core.data.documents import CorpusSplit, folder_documents, split_documents
from bert_core.data.packages import minilm_folder
from bert_core.model.bert import Bert
from bert_core.tokenizer import Tokenizer
from bert_core.training.arguments import TrainingArguments
from bert_core.training.loop import Progress, Trainer
from bert_core.training.start import from_encoder, from_scratch
from bert_core.training.text import tokenise


def corpus_split(corpus: str) -> CorpusSplit:
    """Training and held-out documents of 'packaged' (the recipe's own text) or of a folder.

    Raises:
        ValueError: when the folder is missing or empty, or a package cannot be fetched.
    """
    if corpus == "packaged":
        return split_documents(packaged_documents())
    return split_documents(folder_documents(Path(corpus)))


def train(
    corpus: str,
    start: str,
    output: Path,
    arguments: TrainingArguments,
    work: Path,
    resume: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
) -> Path:
    """Train on `corpus` and save the checkpoint to `output`, which is returned.

    Args:
        corpus: 'packaged' or a folder of .txt files.
        start: 'minilm' (the encoder the bundled checkpoint started from), a checkpoint, or
            'scratch:NAME' for fresh weights in the shape of a preset.
        output: folder for the finished checkpoint, in float16.
        arguments: the settings of the run.
        work: folder for the state to resume from.
        resume: go on from the state in `work`, if there is one.
        on_progress: called with every line of the log.

    Raises:
        ValueError: for a corpus or a start that cannot be used.
    """
    documents = corpus_split(corpus).train
    if start.startswith("scratch:"):
        model, tokenizer = _fresh(start.removeprefix("scratch:"), arguments.seed)
        tokenised = tokenise(documents, tokenizer)
    else:
        folder = minilm_folder() if start == "minilm" else find_folder(start)
        tokenised = tokenise(documents, Tokenizer.from_folder(folder))
        model, tokenizer = from_encoder(folder, tokenised, arguments.seed)
    Trainer(model, tokenizer, tokenised, arguments, work, on_progress).run(resume)
    save_checkpoint(output, model, tokenizer)
    return output


def _fresh(preset: str, seed: int) -> tuple[Bert, Tokenizer]:
    if preset not in PRESETS:
        raise ValueError(f"no shape called {preset!r}; there are {', '.join(PRESETS)}")
    return from_scratch(PRESETS[preset], seed), load_checkpoint("bundled").tokenizer
