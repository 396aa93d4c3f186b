"""One vector for each sentence, as sentence encoders make it: the mean over its tokens.

B = batch, T = tokens, H = hidden size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F

from bert_core.checkpoint.load import Checkpoint
from bert_core.model.precision import products_in
from bert_core.outputs import FloatArray

BATCH = 256


def sentence_vectors(checkpoint: Checkpoint, texts: Sequence[str]) -> FloatArray:
    """The mean of the last layer over all tokens, [CLS] and [SEP] included, at length 1.

    Sentence-BERT (Reimers and Gurevych 2019), as all-MiniLM-L6-v2 was trained.

    Returns:
        (texts, H), float32.
    """
    model, tokenizer = checkpoint.model, checkpoint.tokenizer
    limit = model.config.max_position_embeddings
    encodings = [tokenizer.encode(text, max_tokens=limit).ids for text in texts]
    order = sorted(range(len(texts)), key=lambda at: len(encodings[at]))  # little is padded
    vectors = np.zeros((len(texts), model.config.hidden_size), dtype=np.float32)
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        width = len(encodings[batch[-1]])
        ids = torch.full((len(batch), width), tokenizer.pad_id)
        for row, at in enumerate(batch):
            ids[row, : len(encodings[at])] = torch.tensor(encodings[at])
        lengths = torch.tensor([len(encodings[at]) for at in batch])
        padding = torch.arange(width) >= lengths[:, None]  # (B, T)
        with torch.inference_mode(), products_in("auto", model.device):
            states = model(ids.to(model.device), padding=padding.to(model.device)).last.float()
        kept = (~padding).to(states)[:, :, None]  # (B, T, 1)
        means = F.normalize((states * kept).sum(1), dim=1)  # the length does not matter
        vectors[batch] = means.cpu().numpy()
    return vectors
