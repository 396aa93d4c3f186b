"""What tokens and heads seem to matter, by attention and by gradients, beside what does matter.

Attention alone does not say what an answer hangs on (Jain and Wallace 2019, "Attention is not
Explanation"; Wiegreffe and Pinter 2019, "Attention is not not Explanation"). So each measure comes
with its rank correlation with what happens when the token is taken out, or the head switched off.

Gradients are those of the answer's log-probability, in nats: a measure of 0.7 stands for a
probability twice as high. Gradients of the probability itself would vanish for a sure answer.

T = tokens, H = hidden size, L = layers, A = heads.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bert_core.analysis.ablation import ablate_heads
from bert_core.analysis.attention_flow import rollout
from bert_core.analysis.encoding import as_array, stack
from bert_core.analysis.gradients import gradient, integrated_gradients
from bert_core.analysis.questions import embed, log_probabilities, own_positions
from bert_core.analysis.token_changes import delete_each
from bert_core.cancel import Asked, stop_if
from bert_core.checkpoint.load import Checkpoint
from bert_core.outputs import (
    EncoderResult,
    FloatArray,
    HeadImportance,
    Question,
    TokenImportance,
)

STOPPED = "following gradients was stopped"
FEWEST = 3
"""Below so many tokens or heads, a rank correlation says nothing."""


def token_importance(
    checkpoint: Checkpoint, question: Question, cancelled: Asked = None
) -> TokenImportance:
    """How much the answer hangs on each token, by five measures.

    - Deletion: the token is taken out (`delete_each`).
    - Attention: what the place looks at, mean over the heads of the last layer.
    - Rollout: which tokens reach the place through all layers (Abnar and Zuidema 2020).
    - Gradient x input: the gradient at the embeddings, what goes into the first layer, times these
      (Shrikumar et al. 2016, "Not Just a Black Box"), summed over H.
    - Integrated gradients over the embeddings (Sundararajan, Taly and Yan 2017). The baseline is
      the text with every token but [CLS] and [SEP] hidden as [MASK], which is how the model was
      taught that some word stands here and it is not told which. [PAD], the other custom, was
      never looked at in training: a text full of it is none the model knows, and its answer there
      an accident.

    The last two have a sign: above 0 the token speaks for the answer.

    Args:
        checkpoint: the model that the question was made for.
        question: what is asked.
        cancelled: asked before every pass through the model.

    Raises:
        Cancelled: when `cancelled` said so.
    """
    own, deleted = own_positions(question), delete_each(checkpoint, question, cancelled)
    measures = {
        name: _at(values, own)
        for name, values in (
            _by_attention(checkpoint, question) | _by_gradients(checkpoint, question, cancelled)
        ).items()
    }
    changes = _log_change([change.probability for change in deleted], question)
    correlation = {
        name: rank_correlation(values[own], changes) for name, values in measures.items()
    }
    return TokenImportance(question, deleted, measures, correlation)


def head_importance(
    checkpoint: Checkpoint, question: Question, cancelled: Asked = None
) -> HeadImportance:
    """What each head seems to do for the answer, beside its ablation.

    - Attention: how sure the place is where to look, its largest weight that is not to a special
      token (Voita et al. 2019, "Analyzing Multi-Head Self-Attention").
    - Gradient x attention, summed over all rows and columns of the head. That is the same number
      as the gradient with respect to a factor on what the head mixes, at 1 (Michel, Levy and
      Neubig 2019), and it is computed so. Above 0 the head speaks for the answer, as in the next.
    - Integrated gradients over such factors of all heads, from all off to all on (in the spirit of
      Hao et al. 2021, "Self-Attention Attribution"): they share out what the heads do together.

    Args:
        checkpoint: the model that the question was made for.
        question: what is asked.
        cancelled: asked before every pass through the model.

    Raises:
        Cancelled: when `cancelled` said so.
    """
    config = checkpoint.model.config
    embedded = embed(checkpoint, question)  # (1, T, H)

    def masked(mask: Tensor) -> Tensor:
        stop_if(cancelled, STOPPED)
        rows = embedded.expand(len(mask), -1, -1)
        return log_probabilities(checkpoint, question, rows, head_mask=mask)

    on = torch.ones(1, config.num_hidden_layers, config.num_attention_heads, device=embedded.device)
    share = integrated_gradients(masked, on, torch.zeros_like(on), len(question.shown_ids))
    measures = {
        "attention": _surest(checkpoint, question),
        "gradient x attention": as_array(gradient(masked, on)[0]),
        "integrated gradients": as_array(share[0]),
    }
    ablation = ablate_heads(checkpoint, question, cancelled)
    changes = _log_change(ablation.probability, question)
    correlation = {name: rank_correlation(values, changes) for name, values in measures.items()}
    return HeadImportance(ablation, measures, correlation)


def rank_correlation(first: npt.ArrayLike, second: npt.ArrayLike) -> float | None:
    """Spearman's rank correlation of absolute values; ties share their mean rank.

    Returns:
        -1 to 1; None below three values, or where one side is the same throughout.
    """
    from scipy.stats import spearmanr

    one, other = (np.abs(np.asarray(values, np.float64)).ravel() for values in (first, second))
    if len(one) < FEWEST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(spearmanr(one, other).statistic)


def _log_change(probabilities: npt.ArrayLike, question: Question) -> npt.NDArray[np.float64]:
    """How far each probability is from that with nothing changed, in nats."""
    least = np.finfo(np.float64).tiny
    after = np.maximum(np.asarray(probabilities, np.float64), least)
    change: npt.NDArray[np.float64] = np.log(after) - np.log(max(question.probability, least))
    return change


def _at(values: FloatArray, positions: Sequence[int]) -> FloatArray:
    """The values (T,) with 0 elsewhere."""
    kept = np.zeros_like(values)
    kept[list(positions)] = values[list(positions)]
    return kept


def _attention(checkpoint: Checkpoint, question: Question) -> EncoderResult:
    """What is shown, through the model once, with its attention."""
    with torch.inference_mode():
        states, seen = checkpoint.model.encoder(embed(checkpoint, question), None, True)
    hidden = stack([state[0] for state in states])
    attention = stack([record.probabilities[0] for record in seen])
    return EncoderResult(question.encoding, hidden, attention=attention)


def _by_attention(checkpoint: Checkpoint, question: Question) -> dict[str, FloatArray]:
    result = _attention(checkpoint, question)
    assert result.attention is not None
    return {
        "attention": result.attention[-1, :, question.position].mean(axis=0),
        "rollout": rollout(result).weights[-1, question.position],
    }


def _by_gradients(
    checkpoint: Checkpoint, question: Question, cancelled: Asked
) -> dict[str, FloatArray]:
    ids, mask = list(question.shown_ids), checkpoint.tokenizer.mask_id
    hidden = [
        id if word is None else mask
        for id, word in zip(ids, question.encoding.word_ids, strict=True)
    ]
    shown, baseline = embed(checkpoint, question), embed(checkpoint, question, [hidden])

    def answer(embedded: Tensor) -> Tensor:
        stop_if(cancelled, STOPPED)
        return log_probabilities(checkpoint, question, embedded)

    slope = gradient(answer, shown)
    path = integrated_gradients(answer, shown, baseline, len(ids))
    return {
        "gradient x input": as_array((slope * shown)[0].sum(-1)),
        "integrated gradients": as_array(path[0].sum(-1)),
    }


def _surest(checkpoint: Checkpoint, question: Question) -> FloatArray:
    """(L, A): the largest weight in the place's row that is not to [CLS] or [SEP]."""
    result = _attention(checkpoint, question)
    assert result.attention is not None
    text = [at for at, word in enumerate(question.encoding.word_ids) if word is not None]
    largest: FloatArray = result.attention[:, :, question.position, text].max(axis=-1)
    return largest
