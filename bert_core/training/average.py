"""One checkpoint from several that were trained on from the same one: the mean of their weights.

Wortsman et al. 2022, "Model soups": such a mean is usually better than each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from bert_core.checkpoint.find import find_folder
from bert_core.checkpoint.load import Checkpoint, load_checkpoint
from bert_core.checkpoint.save import save_checkpoint


def average(sources: Sequence[str], output: Path) -> Path:
    """Save the mean of the checkpoints' weights to `output`, which is returned, in float16.

    Args:
        sources: two or more, each 'bundled', a folder or a hub id, of one shape and vocabulary.
        output: folder for the result.

    Raises:
        ValueError: for fewer than two, or where shape, heads or vocabulary differ.
    """
    if len(sources) < 2:
        raise ValueError(f"{len(sources)} checkpoint is given; a mean needs two or more")
    first, *others = (load_checkpoint(find_folder(source), device="cpu") for source in sources)
    model = first.model
    for source, other in zip(sources[1:], others, strict=True):
        for what, one, two in (
            ("shape", model.config, other.model.config),
            ("heads", model.heads, other.model.heads),
            ("vocabulary", _entries(first), _entries(other)),
        ):
            if one != two:
                raise ValueError(
                    f"{source} has another {what} than {sources[0]}; average checkpoints that "
                    "were trained on from the same one"
                )
    weights = [checkpoint.model.state_dict() for checkpoint in (first, *others)]
    with torch.no_grad():
        for name, parameter in model.state_dict().items():
            if parameter.is_floating_point():
                parameter.copy_(torch.stack([own[name].float() for own in weights]).mean(0))
    save_checkpoint(output, model, first.tokenizer)
    return output


def _entries(checkpoint: Checkpoint) -> list[tuple[int, ...]]:
    """The ids of every letter, digit and special token: other vocabularies have others."""
    tokenizer = checkpoint.tokenizer
    letters = [tokenizer.encode_ids([chr(code)])[0] for code in range(33, 127)]
    return [(tokenizer.vocab_size, *sorted(tokenizer.special_ids)), *map(tuple, letters)]
