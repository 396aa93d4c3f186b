"""A trained lens and its file: one affine map a layer, in the style of Belrose et al. 2023.

L = layers, H = hidden size, N = vectors.

The file is lens.safetensors: "weights" (L, H, H) and "biases" (L, H) in float16; its metadata name
the model it was trained for, and say how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from bert_core.checkpoint.fingerprint import GUESSES, fingerprint
from bert_core.checkpoint.load import Checkpoint

BUNDLED_LENS = Path(__file__).resolve().parents[2] / "assets" / "lens"
"""Folder of the lens that comes with the project, for the bundled checkpoint."""
LENS_FILE = "lens.safetensors"
FINGERPRINT = "fingerprint"
"""The metadata that names the model."""
_HOW = "`python -m bert_core lens-train --output FOLDER` makes one"


@dataclass(frozen=True)
class TunedLens:
    """For every layer but the last, a map that brings its vectors to where the last layer's are."""

    weights: Tensor
    """(L, H, H) for layers 0 to L - 1; what each adds to the identity."""
    biases: Tensor
    """(L, H)"""
    fingerprint: str
    """Of the model it was trained for, encoder and masked-word head."""
    facts: Mapping[str, str]
    """How it was trained."""

    def translate(self, layer: int, vectors: Tensor) -> Tensor:
        """x + W x + b for vectors (N, H) of a layer from 0 to L - 1: what the head can read."""
        moved = F.linear(vectors.to(self.weights), self.weights[layer], self.biases[layer])
        return vectors + moved.to(vectors)

    def check_sizes(self, checkpoint: Checkpoint) -> None:
        """Pass when it has a map of the right size for every layer of the model.

        Raises:
            ValueError: naming both sizes.
        """
        config = checkpoint.model.config
        layers, hidden = self.biases.shape
        if (layers, hidden) != (config.num_hidden_layers, config.hidden_size):
            raise ValueError(
                f"the lens is for a model of {layers} layers × {hidden}, but {checkpoint.name} has "
                f"{config.num_hidden_layers} × {config.hidden_size}; {_HOW}"
            )


def save_lens(folder: Path, lens: TunedLens) -> Path:
    """Write the lens to `folder` in float16, whole or not at all; returns the file.

    Raises:
        ValueError: when a number is too large for float16, or none.
    """
    tensors = {
        name: tensor.detach().to("cpu", torch.float16).contiguous()
        for name, tensor in (("weights", lens.weights), ("biases", lens.biases))
    }
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise ValueError("the lens has numbers that float16 cannot hold; lower its learning rate")
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / (LENS_FILE + ".part")
    part.write_bytes(save(tensors, {**lens.facts, FINGERPRINT: lens.fingerprint}))
    return part.replace(folder / LENS_FILE)


def load_lens(path: Path, checkpoint: Checkpoint) -> TunedLens:
    """The lens in a file, or in a folder, on the model's device in float32.

    Raises:
        ValueError: when there is none, it is broken, or it was trained for another model.
    """
    lens = _read(path / LENS_FILE if path.is_dir() else path, checkpoint)
    lens.check_sizes(checkpoint)
    if lens.fingerprint != (own := fingerprint(checkpoint, GUESSES)):
        raise ValueError(
            f"the lens '{path}' was trained for another model than {checkpoint.name} (weights "
            f"{lens.fingerprint[:8] or 'not named'}, not {own[:8]}); {_HOW}"
        )
    return lens


def find_lens(checkpoint: Checkpoint, folder: Path | None = None) -> TunedLens | None:
    """The lens of this model in `folder` (default: the bundled one); None where there is none.

    Raises:
        ValueError: when the file is there but broken.
    """
    path = (BUNDLED_LENS if folder is None else folder) / LENS_FILE
    if not path.is_file():
        return None
    lens = _read(path, checkpoint)
    return lens if lens.fingerprint == fingerprint(checkpoint, GUESSES) else None


def _read(path: Path, checkpoint: Checkpoint) -> TunedLens:
    if not path.is_file():
        raise ValueError(f"there is no lens '{path}'; {_HOW}")
    try:
        with safe_open(path, framework="pt") as file:
            facts = dict(file.metadata() or {})
            found = [file.get_tensor(name).float() for name in ("weights", "biases")]
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f"'{path}' cannot be read as a lens ({error}); it may be cut off or another kind of "
            f"file: {_HOW}"
        ) from error
    weights, biases = (tensor.to(checkpoint.model.device) for tensor in found)
    if weights.ndim != 3 or weights.shape != (*biases.shape, biases.shape[-1]):
        raise ValueError(
            f"'{path}' has weights {tuple(weights.shape)} and biases {tuple(biases.shape)}; a lens "
            "has (layers, hidden, hidden) and (layers, hidden)"
        )
    if not (weights.isfinite().all() and biases.isfinite().all()):
        raise ValueError(f"'{path}' has a number that is not finite; {_HOW}")
    return TunedLens(weights, biases, facts.pop(FINGERPRINT, ""), facts)
