"""From a corpus name to a saved checkpoint: the one command that repeats the training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bert_core.checkpoint.find import find_folder
from bert_core.checkpoint.load import choose_device, load_checkpoint
from bert_core.checkpoint.save import save_checkpoint
from bert_core.config import PRESETS
from bert_core.data.corpora import packaged_documents
from bert_core.data.documents import CorpusSplit, split_documents
from bert_core.data.named_sets import PREFIX, named_documents
from bert_core.data.own_text import COLUMN, own_documents
from bert_core.data.packages import WORDNET, fetch, minilm_folder
from bert_core.data.sense_uses import ambiguous_words, is_held_out
from bert_core.data.sentence_sets import builtin_words
from bert_core.data.text_uses import text_uses
from bert_core.model.bert import Bert
from bert_core.tokenizer import Tokenizer
from bert_core.training.arguments import TrainingArguments
from bert_core.training.engine import find_engine
from bert_core.training.loop import Trainer
from bert_core.training.progress import Progress
from bert_core.training.sense_contrast import LONGEST, SenseBatches
from bert_core.training.start import from_encoder, from_scratch
from bert_core.training.state import saved_step
from bert_core.training.token_store import stored_tokens


def corpus_split(corpus: str, column: str = COLUMN) -> CorpusSplit:
    """Training and held-out documents of 'packaged' (the recipe's own text), a folder or a file.

    Args:
        corpus: 'packaged', what `own_documents` reads, or 'datasets:NAME'.
        column: the field of JSON lines or the column of a CSV.

    Raises:
        ValueError: when there is no text to be had there, saying why.
    """
    if corpus == "packaged":
        return split_documents(packaged_documents())
    if corpus.startswith(PREFIX):
        return split_documents(named_documents(corpus, column))
    return split_documents(own_documents(Path(corpus), column))


def train(
    corpus: str,
    start: str,
    output: Path,
    arguments: TrainingArguments,
    work: Path,
    resume: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    column: str = COLUMN,
    stop: Callable[[], bool] | None = None,
    device: str = "auto",
    on_note: Callable[[str], None] | None = None,
) -> Path:
    """Train on `corpus` and save the checkpoint to `output`, which is returned.

    Args:
        corpus: as for `corpus_split`.
        start: 'minilm' (the encoder the bundled checkpoint started from), a checkpoint, or
            'scratch:NAME' for fresh weights in the shape of a preset.
        output: folder for the finished checkpoint, in float16.
        arguments: the settings of the run.
        work: folder for the state to resume from.
        resume: go on from the state in `work`, if there is one.
        on_progress: called with every line of the log.
        column: as for `corpus_split`.
        stop: asked between steps whether to stop.
        device: as for `choose_device`.
        on_note: told in words what is good to know.

    Raises:
        ValueError: for a corpus, a start or a state that cannot be used, or a loss that is no
            number any more. A corpus that vanishes later does not matter: what is read is a copy
            in the cache.
        OSError: when the disk is full.
        Stopped: when `stop` said so; the state is then in `work`.
    """
    engine = find_engine(choose_device(device), arguments.dropout, arguments.precision)
    split = _found(corpus, column, work)
    documents = split.train
    if on_note is not None and engine.rank == 0:
        on_note(split.line())
    if start.startswith("scratch:"):
        model, tokenizer = _fresh(start.removeprefix("scratch:"), arguments.seed)
        tokenised = stored_tokens(documents, tokenizer)
    else:
        folder = minilm_folder() if start == "minilm" else find_folder(start)
        tokenised = stored_tokens(documents, Tokenizer.from_folder(folder))
        model, tokenizer = from_encoder(folder, tokenised, arguments.seed)
    senses = _senses(split, tokenizer, arguments, device) if arguments.sense_weight else None
    Trainer(
        model, tokenizer, tokenised, arguments, work, on_progress, senses, stop, engine, on_note
    ).run(resume)
    whole = engine.whole_model(model)
    if engine.rank == 0:
        save_checkpoint(output, whole, tokenizer)
    engine.wait()
    return output


def _found(corpus: str, column: str, work: Path) -> CorpusSplit:
    """`corpus_split`, saying what is kept where there is no text any more."""
    try:
        return corpus_split(corpus, column)
    except (ValueError, OSError) as error:
        step = saved_step(work)
        if step is None:
            raise
        kept = f"the state of step {step:,} is kept in '{work}'; --resume needs the same text"
        raise ValueError(f"{error}. {kept}") from error


def _senses(
    split: CorpusSplit, tokenizer: Tokenizer, arguments: TrainingArguments, device: str
) -> SenseBatches:
    """WordNet's uses of ambiguous words, or the text's own; none that evaluation asks about.

    These are the words whose sentences come with the project, and one in ten of the others. Left
    out too are definitions that stand in held-out documents. The guide is the encoder that
    the bundled checkpoint started from, which was made to compare sentences.
    """
    if arguments.sense_source == "text":
        words = text_uses(split.train, builtin_words(), arguments.seed)
    else:
        unseen = [text for document in split.heldout for text in document.sentences]
        words = ambiguous_words(fetch(WORDNET), builtin_words(), unseen)
    words = {word: senses for word, senses in words.items() if not is_held_out(word)}
    guide = load_checkpoint(minilm_folder(), device) if arguments.guide_weight else None
    length = min(LONGEST, arguments.length)
    return SenseBatches(words, tokenizer, arguments.senses, length, guide)


def _fresh(preset: str, seed: int) -> tuple[Bert, Tokenizer]:
    if preset not in PRESETS:
        raise ValueError(f"no shape called {preset!r}; there are {', '.join(PRESETS)}")
    return from_scratch(PRESETS[preset], seed), load_checkpoint("bundled").tokenizer
