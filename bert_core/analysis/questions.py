"""What the model is asked, and its answer while something is changed.

The answer is watched as a log-probability, in nats: what halves a probability moves it by the same
amount at 80% and at 0.8%, and its gradient does not vanish where the model is nearly sure.

B = batch, T = tokens, H = hidden size, L = layers, A = heads, V = vocabulary size.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bert_core.analysis.encoding import as_batch
from bert_core.analysis.sentence_pairs import next_sentence
from bert_core.analysis.word_scores import token_name
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import Encoding, Question

MOST_TOKENS = 4_096
"""Tokens that go through the model together: a long text has its changes tried in turns."""


def masked_word_question(
    checkpoint: Checkpoint, encoding: Encoding, position: int, answer: str | None = None
) -> Question:
    """How likely is `answer` at a hidden place?

    Args:
        checkpoint: a model with a masked-word head.
        encoding: the text, or the pair, as tokens.
        position: the place that is shown as [MASK]; other places where [MASK] was typed stay so.
        answer: a word that is one token, or a piece as the vocabulary writes it, such as '##ing'.
            When left out, the token that stands there; where that is [MASK] or [UNK], which say
            no word, the model's best guess.

    Raises:
        ValueError: when the model has no masked-word head, the position is not that of one of the
            text's own tokens, or the answer is not one token of the vocabulary.
    """
    head, tokenizer = checkpoint.masked_word_head(), checkpoint.tokenizer
    if not 0 <= position < len(encoding) or encoding.word_ids[position] is None:
        raise ValueError(
            f"position {position} cannot be hidden; choose one of the text's own tokens, "
            f"from 1 to {len(encoding) - 2}"
        )
    asked = encoding.ids[position] if answer is None else answer_id(checkpoint, answer)
    shown = list(encoding.ids)
    shown[position] = tokenizer.mask_id
    ids, segments = as_batch(checkpoint, [shown], [encoding.segment_ids])
    with torch.inference_mode():
        logits = head(checkpoint.model(ids, segments).last[0, position]).float()  # (V,)
    if answer is None and asked in (tokenizer.mask_id, tokenizer.unk_id):
        asked = int(logits.argmax())
    return Question(
        encoding,
        "masked word",
        position,
        tuple(shown),
        asked,
        token_name(checkpoint, asked),
        float(logits.log_softmax(-1)[asked].exp()),
    )


def answer_id(checkpoint: Checkpoint, word: str) -> int:
    """The id of a word that is one token.

    Raises:
        ValueError: when it is none or several tokens, or not in the vocabulary.
    """
    pieces = word_pieces(checkpoint, word)
    if len(pieces) > 1:
        names = " ".join(checkpoint.tokenizer.id_to_token(id) for id in pieces)
        raise ValueError(
            f"{word!r} is {len(pieces)} tokens to the model ({names}), and one is hidden; "
            "choose a word that is one token"
        )
    return pieces[0]


def word_pieces(checkpoint: Checkpoint, word: str) -> list[int]:
    """The ids of a typed word, or of a piece written as in the vocabulary.

    Raises:
        ValueError: when there is no word, or the vocabulary does not have it.
    """
    tokenizer = checkpoint.tokenizer
    whole = tokenizer.token_to_id(word)  # '##ing' can be asked for as it stands
    pieces = (word,) if whole is not None else tokenizer.pieces(word)
    ids = [tokenizer.token_to_id(piece) for piece in pieces]
    known = [id for id in ids if id is not None and id != tokenizer.unk_id]
    if not ids:
        raise ValueError("there is no word to look up; type one")
    if len(known) < len(ids):
        raise ValueError(f"{word!r} is not in the model's vocabulary; choose another word")
    return known


def next_sentence_question(checkpoint: Checkpoint, first: str, second: str) -> Question:
    """How likely is it that `second` follows `first`?

    Raises:
        ValueError: when the model has no next-sentence head, or a sentence is empty.
    """
    answer = next_sentence(checkpoint, first, second)
    encoding, chance = answer.encoding, answer.is_next_probability
    return Question(encoding, "next sentence", 0, encoding.ids, 0, "B follows A", chance)


def own_positions(question: Question) -> list[int]:
    """The text's own tokens, in order, without the masked place."""
    words = enumerate(question.encoding.word_ids)
    return [at for at, word in words if word is not None and at != question.position]


def embed(
    checkpoint: Checkpoint,
    question: Question,
    ids: Sequence[Sequence[int]] | None = None,
    segments: Sequence[Sequence[int]] | None = None,
) -> Tensor:
    """The vectors (B, T, H) that go into the first layer, without a gradient.

    Args:
        checkpoint: the model that the question was made for.
        question: what is asked.
        ids: rows of token ids, all of one length; when left out, one row, what is shown.
        segments: their segments; when left out, those of the question.
    """
    rows = [question.shown_ids] if ids is None else ids
    kinds = [question.encoding.segment_ids] * len(rows) if segments is None else segments
    with torch.no_grad():
        embedded: Tensor = checkpoint.model.embeddings(*as_batch(checkpoint, rows, kinds))
    return embedded


def log_probabilities(
    checkpoint: Checkpoint,
    question: Question,
    embedded: Tensor,
    places: Sequence[int] | None = None,
    head_mask: Tensor | None = None,
) -> Tensor:
    """The answer's log-probability (B,) in float32 for every row that goes into the first layer.

    Gradients flow to `embedded` and `head_mask` where the caller asks for them.

    Args:
        checkpoint: the model that the question was made for.
        question: what is asked.
        embedded: (B, T, H), no row of it padded.
        places: where the masked place is in each row; the question's position when left out.
        head_mask: (B, L, A), what each head's mixture is multiplied with: 0 switches a head off.
    """
    mask = None if head_mask is None else head_mask.to(embedded.dtype)
    states, _ = checkpoint.model.encoder(embedded, None, False, mask)
    return answer_log_probabilities(checkpoint, question, states[-1], places)


def answer_log_probabilities(
    checkpoint: Checkpoint, question: Question, last: Tensor, places: Sequence[int] | None = None
) -> Tensor:
    """As `log_probabilities`, from the last layer's vectors (B, T, H)."""
    model = checkpoint.model
    if question.kind == "next sentence":
        assert model.pooler is not None and model.nsp is not None
        logits = model.nsp(model.pooler(last))  # (B, 2)
    else:
        at = torch.tensor(places or [question.position] * len(last), device=last.device)
        rows = torch.arange(len(last), device=last.device)
        logits = checkpoint.masked_word_head()(last[rows, at])  # (B, V)
    found: Tensor = logits.float().log_softmax(-1)[:, question.answer_id]
    return found
