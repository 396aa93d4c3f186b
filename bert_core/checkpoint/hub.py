"""Fetching a checkpoint from the Hugging Face hub, where there is a network."""

from __future__ import annotations

from pathlib import Path

from bert_core.checkpoint.errors import CheckpointError

SECONDS = 5
"""How long the hub may take to answer before we say that it cannot be reached."""
FILES = ["config.json", "model.safetensors*", "model-*.safetensors", "vocab.txt", "token*.json"]


def download(hub_id: str) -> Path:
    """The folder of a hub checkpoint: from the local cache, else downloaded into it.

    Raises:
        CheckpointError: within seconds, when the hub cannot be reached or has no such model.
    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import (
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        cached = Path(snapshot_download(hub_id, allow_patterns=FILES, local_files_only=True))
        if (cached / "config.json").is_file() and any(cached.glob("*.safetensors")):
            return cached
    except HFValidationError as error:
        raise CheckpointError(
            f"there is no folder {hub_id!r}, and no model on a hub can have that name: {error}"
        ) from error
    except (LocalEntryNotFoundError, OSError):
        pass
    try:
        HfApi().model_info(hub_id, timeout=SECONDS)
        return Path(snapshot_download(hub_id, allow_patterns=FILES, etag_timeout=SECONDS))
    except RepositoryNotFoundError as error:
        raise CheckpointError(
            f"the model hub has no open model called {hub_id!r}; check the name, or give a folder"
        ) from error
    except Exception as error:  # the client raises errors of whichever HTTP library it uses
        raise CheckpointError(
            f"there is no folder {hub_id!r}, and the model hub cannot be reached from here, or "
            "does not answer, to look for it there; download the checkpoint where there is a "
            "network and give its folder, or use 'bundled'"
        ) from error
