"""Reading a BERT checkpoint in the Hugging Face layout, safetensors only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from bert_core.checkpoint.config_file import read_config
from bert_core.checkpoint.errors import CheckpointError
from bert_core.checkpoint.find import find_folder
from bert_core.checkpoint.names import DERIVED, TASK_HEADS, TIED_DECODER, our_name
from bert_core.config import BertConfig
from bert_core.model.bert import HEADS, Bert
from bert_core.model.heads import MaskedWordHead
from bert_core.tokenizer import Tokenizer

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Checkpoint:
    """A model ready to answer, with the tokenizer that belongs to it."""

    name: str
    """What was asked for: 'bundled', a folder or a hub id."""
    model: Bert
    tokenizer: Tokenizer
    set_aside: tuple[str, ...]
    """Tensors of the file that belong to heads of other tasks and were not read."""

    def masked_word_head(self, cannot: str = "it cannot guess words") -> MaskedWordHead:
        """The model's masked-word head.

        Raises:
            ValueError: when it has none, and what `cannot` says.
        """
        if self.model.mlm is None:
            raise ValueError(
                f"{self.name} has no masked-word head, so {cannot}; choose a checkpoint trained on "
                "masked words, such as 'bundled'"
            )
        return self.model.mlm


def load_checkpoint(
    source: str | Path = "bundled", device: str = "auto", precision: str = "float32"
) -> Checkpoint:
    """The checkpoint at `source`, in evaluation mode.

    Args:
        source: 'bundled', a folder, or a hub id such as 'bert-base-uncased'.
        device: 'auto' (a GPU when there is one), 'cpu', 'cuda', 'cuda:1', ...
        precision: 'float32', 'bfloat16' or 'float16': what the weights are held in.

    Raises:
        CheckpointError: naming what is missing, broken, unexpected or of the wrong shape.
        ValueError: for an unknown device or precision.
    """
    folder = find_folder(str(source))
    config = read_config(folder)
    tokenizer = Tokenizer.from_folder(folder)
    if tokenizer.vocab_size > config.vocab_size:
        raise CheckpointError(
            f"{folder.name}: the tokenizer has {tokenizer.vocab_size} entries but the model only "
            f"{config.vocab_size}; they must come from the same checkpoint"
        )
    model, set_aside = load_model(folder, config)
    model = model.to(choose_device(device), dtype=_dtype(precision)).eval().requires_grad_(False)
    return Checkpoint(str(source), model, tokenizer, set_aside)


def load_tokenizer(source: str | Path = "bundled") -> Tokenizer:
    """The tokenizer of the checkpoint at `source`, without its weights.

    Raises:
        ValueError: as `load_checkpoint`.
    """
    return Tokenizer.from_folder(find_folder(str(source)))


def choose_device(device: str) -> torch.device:
    """The device of that name; 'auto' is a GPU when there is one, else the processor.

    Raises:
        ValueError: when there is no such device here.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device {device!r} cannot be used here; try 'auto' or 'cpu'") from error
    return chosen


def load_model(folder: Path, config: BertConfig) -> tuple[Bert, tuple[str, ...]]:
    """The float32 model held in `folder`, and the names of the tensors set aside.

    Raises:
        CheckpointError: as `load_checkpoint`.
    """
    tensors: dict[str, Tensor] = {}
    unexpected: list[str] = []
    set_aside: list[str] = []
    tied: Tensor | None = None
    for published, tensor in _read_tensors(folder).items():
        ours = our_name(published)
        if published == TIED_DECODER:
            tied = tensor
        elif ours is not None:
            tensors[ours] = tensor.to(torch.float32)
        elif published.startswith(TASK_HEADS):
            set_aside.append(published)
        elif published.removeprefix("bert.") not in {d.removeprefix("bert.") for d in DERIVED}:
            unexpected.append(published)
    parts = {name.partition(".")[0] for name in tensors}
    if "nsp" in parts:
        parts.add("pooler")  # which it reads: when missing, it is named
    heads = tuple(head for head in HEADS if head in parts)
    with torch.device("meta"):
        model = Bert(config, heads)
    _check(folder, model, tensors, unexpected)
    if tied is not None and not torch.equal(tied.float(), tensors["embeddings.token.weight"]):
        raise CheckpointError(
            f"{folder.name}: {TIED_DECODER} differs from the token embedding; BERT as published "
            "shares them (tie_word_embeddings)"
        )
    model.load_state_dict(tensors, assign=True)
    return model, tuple(set_aside)


def _check(folder: Path, model: Bert, tensors: dict[str, Tensor], unexpected: list[str]) -> None:
    wanted = {name: tuple(parameter.shape) for name, parameter in model.state_dict().items()}
    faults = [
        f"{name} has shape {tuple(tensors[name].shape)}, config.json asks for {shape}"
        for name, shape in wanted.items()
        if name in tensors and tuple(tensors[name].shape) != shape
    ]
    faults += [f"{name} is missing" for name in wanted if name not in tensors]
    faults += [f"{name} is not part of this model" for name in tensors if name not in wanted]
    faults += [f"{name} is not part of a BERT" for name in unexpected]
    if faults:
        shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if faults[5:] else "")
        raise CheckpointError(f"{folder.name}: the weights do not fit the model: {shown}")


def _read_tensors(folder: Path) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for path in _weight_files(folder):
        try:
            with safe_open(path, framework="pt") as file:
                tensors.update({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise CheckpointError(
                f"{path.name} cannot be read as safetensors ({error}); it may be truncated: "
                "copy or download it again"
            ) from error
    return tensors


def _weight_files(folder: Path) -> list[Path]:
    single, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if single.is_file():
        return [single]
    if index.is_file():
        try:
            names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{index} does not list the weight files: {error}") from error
        return [folder / Path(str(name)).name for name in sorted(names)]
    pickles = [*folder.glob("*.bin"), *folder.glob("*.pt"), *folder.glob("*.ckpt*")]
    if pickles:
        raise CheckpointError(
            f"{pickles[0].name} is a pickle, which can run code when opened, so it is not read; "
            "convert it where you trust it: AutoModelForPreTraining.from_pretrained(FOLDER)"
            ".save_pretrained(NEW_FOLDER) writes model.safetensors"
        )
    raise CheckpointError(f"{folder} has no model.safetensors, which holds the weights")


def _dtype(precision: str) -> torch.dtype:
    if precision not in PRECISIONS:
        raise ValueError(f"precision {precision!r}; it must be one of {', '.join(PRECISIONS)}")
    return PRECISIONS[precision]
