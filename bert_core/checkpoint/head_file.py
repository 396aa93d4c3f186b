"""A task head and its folder.

Three layouts; head.json, in all of them, says what the head is and how it was trained.
- A head for an encoder that is elsewhere: head.safetensors has the head and the layers of the
  encoder that were trained with it. It names the encoder by the fingerprint of its weights.
- A head on [CLS] with its whole encoder: config.json, model.safetensors and the tokenizer, as
  `transformers` reads them (BertForSequenceClassification).
- A head on the mean with its whole encoder: the encoder as above, the head in head.safetensors, so
  that nothing opens it as something it is not.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from bert_core.checkpoint.config_file import read_config
from bert_core.checkpoint.fingerprint import fingerprint
from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from bert_core.checkpoint.names import published_name
from bert_core.checkpoint.whole_folder import whole_folder
from bert_core.model.task_head import POOLINGS, Pooling, TaskBert

BUNDLED_HEADS = Path(__file__).resolve().parents[2] / "assets" / "heads"
"""Folder of the heads that come with the project, for the bundled checkpoint."""
FACTS_FILE, HEAD_FILE = "head.json", "head.safetensors"
WHOLE = -1
"""As a number of layers: the whole encoder, its embeddings too."""
_PUBLISHED = {"task.dense.": "bert.pooler.dense.", "task.classifier.": "classifier."}
_HOW = "`python -m bert_core head train` makes one"


@dataclass(frozen=True)
class HeadFacts:
    """What a head is, as head.json has it."""

    title: str
    labels: tuple[str, ...]
    """Its classes, in the order of its logits."""
    pooling: Pooling
    layers: int
    """Layers of the encoder, from the last down, that were trained with it; 0: none, -1: all."""
    length: int
    """Tokens of a text that it reads, [CLS] and [SEP] included."""
    hidden: int
    """Width of the vectors it reads."""
    fingerprint: str
    """Of the encoder it was trained on."""
    training: dict[str, Any] = field(default_factory=dict)
    """What it learned from, how, and what it is worth."""

    def __post_init__(self) -> None:
        if len(self.labels) < 2 or len(set(self.labels)) < len(self.labels):
            raise ValueError(f"a head needs two or more different classes, not {self.labels}")
        if self.pooling not in POOLINGS:
            raise ValueError(f"pooling is {self.pooling!r}; it must be {' or '.join(POOLINGS)}")


@dataclass(frozen=True)
class LoadedHead:
    """A head with the encoder it reads, ready to answer."""

    name: str
    facts: HeadFacts
    checkpoint: Checkpoint
    """Its model is a `TaskBert`."""
    fits: bool = True
    """Whether the encoder is the one that the head was trained on."""

    @property
    def model(self) -> TaskBert:
        """The encoder with the head."""
        assert isinstance(self.checkpoint.model, TaskBert)
        return self.checkpoint.model

    @property
    def note(self) -> str | None:
        """What has to be said when the encoder is another one."""
        if self.fits:
            return None
        return (
            f"the head '{self.name}' was trained on another encoder (weights "
            f"{self.facts.fingerprint[:8]}) than {self.checkpoint.name}, so its answers mean "
            "little here; train it anew (the bundled ones: `make heads`)"
        )


def bundled_heads() -> tuple[str, ...]:
    """The names of the heads that come with the project."""
    return tuple(sorted(path.parent.name for path in BUNDLED_HEADS.glob(f"*/{FACTS_FILE}")))


def with_head(checkpoint: Checkpoint, facts: HeadFacts, own: dict[str, Tensor]) -> Checkpoint:
    """The checkpoint with a head, and with its own weights where it has some.

    All other weights are shared with the checkpoint, not copied.

    Args:
        checkpoint: the encoder.
        facts: what the head is.
        own: 'task.…', and tensors of the encoder by our names.

    Raises:
        ValueError: when the widths differ, or a tensor is missing or of another shape.
    """
    config = checkpoint.model.config
    if facts.hidden != config.hidden_size:
        raise ValueError(
            f"the head reads vectors {facts.hidden} wide, but {checkpoint.name} has vectors "
            f"{config.hidden_size} wide; use it with the model it was trained on, or {_HOW}"
        )
    with torch.device("meta"):
        model = TaskBert(config, len(facts.labels), facts.pooling)
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    state = {name: tensor for name, tensor in checkpoint.model.state_dict().items()
             if name in wanted}  # fmt: skip
    device, dtype = checkpoint.model.device, checkpoint.model.embeddings.token.weight.dtype
    state |= {name: tensor.to(device, dtype) for name, tensor in own.items()}
    for name, shape in wanted.items():
        found = tuple(state[name].shape) if name in state else None
        if found != shape:
            raise ValueError(f"the head's {name} has shape {found}; {shape} is needed, so {_HOW}")
    if unknown := sorted(set(own) - set(wanted)):
        raise ValueError(f"the head has {unknown[0]}, which {checkpoint.name} lacks; {_HOW}")
    model.load_state_dict(state, assign=True)
    model.eval().requires_grad_(False)
    return Checkpoint(checkpoint.name, model, checkpoint.tokenizer, ())


def save_head(
    folder: Path, head: LoadedHead, whole: bool | None = None, card: str = ""
) -> Path:
    """Write the head to `folder`, in float16, whole or not at all; returns the folder.

    Args:
        folder: what it holds under the same names is replaced at the end.
        head: what to save.
        whole: with its encoder; by default when all of that was trained.
        card: text of README.md; none is written when left out.

    Raises:
        ValueError: when a number is too large for float16, or none.
        OSError: when it cannot be written; what was there before is then still there.
    """
    facts, model = head.facts, head.model
    everything = facts.layers == WHOLE if whole is None else whole
    state = {name: tensor.detach().to("cpu", torch.float16).contiguous()
             for name, tensor in model.state_dict().items()}  # fmt: skip
    if not all(bool(tensor.isfinite().all()) for tensor in state.values()):
        raise ValueError("the head has numbers that float16 cannot hold; lower its learning rate")
    with whole_folder(folder) as temporary:
        own = _own_names(facts, model)
        if not everything:
            save_file({name: state[name] for name in own}, temporary / HEAD_FILE)
        else:
            _write_encoder(temporary, head, state)
        text = json.dumps(asdict(facts), indent=2, ensure_ascii=False)
        (temporary / FACTS_FILE).write_text(text + "\n", encoding="utf-8")
        if card:
            (temporary / "README.md").write_text(card, encoding="utf-8")
    return folder


def save_for_transformers(folder: Path, head: LoadedHead) -> Path:
    """Write a folder that `transformers` opens as BertForSequenceClassification.

    Raises:
        ValueError: for a head on the mean, which that class cannot be.
        OSError: as `save_head`.
    """
    if head.facts.pooling != "cls":
        raise ValueError(
            "this head reads the mean of the vectors, and BertForSequenceClassification reads "
            "[CLS]; train a head on [CLS] for a folder that transformers opens"
        )
    return save_head(folder, head, whole=True)


def _own_names(facts: HeadFacts, model: TaskBert) -> list[str]:
    first = model.config.num_hidden_layers - facts.layers
    trained = tuple(f"encoder.layers.{at}." for at in range(first, model.config.num_hidden_layers))
    return [name for name in model.state_dict() if name.startswith(("task.", *trained))]


def _write_encoder(folder: Path, head: LoadedHead, state: dict[str, Tensor]) -> None:
    facts, model = head.facts, head.model
    on_cls = facts.pooling == "cls"
    tensors = {_published(name): tensor for name, tensor in state.items()
               if on_cls or not name.startswith("task.")}  # fmt: skip
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    if not on_cls:
        task = {name: tensor for name, tensor in state.items() if name.startswith("task.")}
        save_file(task, folder / HEAD_FILE)
    head.checkpoint.tokenizer.save(folder, model.config.max_position_embeddings)
    names = {str(at): label for at, label in enumerate(facts.labels)}
    config = {
        "architectures": ["BertForSequenceClassification" if on_cls else "BertModel"],
        **model.config.to_dict(),
        "dtype": "float16",
    }
    if on_cls:
        config |= {
            "id2label": names, "label2id": {label: int(at) for at, label in names.items()},
            "problem_type": "single_label_classification",
        }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _published(name: str) -> str:
    for ours, theirs in _PUBLISHED.items():
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    return published_name(name)


def load_head(source: str | Path, checkpoint: Checkpoint) -> LoadedHead:
    """The head called `source`: one of `bundled_heads`, or a folder.

    Args:
        source: its name or folder; a folder of BertForSequenceClassification will do.
        checkpoint: the encoder to read with, unless the folder has its own.

    Raises:
        ValueError: when there is none, it is broken, or the encoder is of another width.
    """
    folder = BUNDLED_HEADS / source if source in bundled_heads() else Path(source).expanduser()
    name = str(source)
    if not (folder / FACTS_FILE).is_file() and not (folder / "config.json").is_file():
        known = ", ".join(bundled_heads()) or "none"
        raise ValueError(
            f"there is no head '{source}'; give a folder that `head train` wrote, or one of those "
            f"that come with the project ({known})"
        )
    facts = _read_facts(folder)
    if not (folder / "model.safetensors").is_file():
        fits = facts.fingerprint == fingerprint(checkpoint)
        base = with_head(checkpoint, facts, _tensors(folder / HEAD_FILE))
        return LoadedHead(name, facts, base, fits)
    own = load_checkpoint(folder, str(checkpoint.model.device))
    task = _tensors(folder / HEAD_FILE) if facts.pooling == "mean" else _classifier(folder)
    return LoadedHead(name, facts, with_head(own, facts, task))


def _classifier(folder: Path) -> dict[str, Tensor]:
    """The head in model.safetensors, by our names."""
    found = {}
    for name, tensor in _tensors(folder / "model.safetensors").items():
        for ours, theirs in _PUBLISHED.items():
            if name.startswith(theirs):
                found[ours + name.removeprefix(theirs)] = tensor
    return found


def _tensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f"'{path}' cannot be read as a head ({error}); it may be missing or cut off: {_HOW}"
        ) from error


def _read_facts(folder: Path) -> HeadFacts:
    path = folder / FACTS_FILE
    if not path.is_file():
        return _facts_of_transformers(folder)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        known = {one.name: values[one.name] for one in fields(HeadFacts) if one.name in values}
        return HeadFacts(**{**known, "labels": tuple(map(str, values["labels"]))})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"'{path}' does not describe a head ({error}); {_HOW}") from error


def _facts_of_transformers(folder: Path) -> HeadFacts:
    """What config.json says of a BertForSequenceClassification."""
    config = read_config(folder)
    values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    names = values.get("id2label") or {}
    if "BertForSequenceClassification" not in (values.get("architectures") or []):
        raise ValueError(f"'{folder}' has no task head: it is no BertForSequenceClassification")
    labels = tuple(str(names[key]) for key in sorted(names, key=int)) or ("0", "1")
    return HeadFacts(
        folder.name, labels, "cls", WHOLE, config.max_position_embeddings, config.hidden_size, ""
    )
