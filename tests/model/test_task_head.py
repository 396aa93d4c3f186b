"""The task head: what it pools, and that padding changes nothing."""

import numpy as np
import pytest
import torch

from bert_core.model.task_head import POOLINGS, Pooling, TaskBert, class_logits, pool
from tests.model.tiny import randomise, tiny_config


def task_bert(pooling: Pooling, classes: int = 3) -> TaskBert:
    model = TaskBert(tiny_config(), classes, pooling)
    randomise(model, seed=5)
    return model.eval()


def test_the_mean_is_over_tokens_and_not_over_padding() -> None:
    last = torch.arange(12.0).reshape(1, 3, 4)
    padding = torch.tensor([[False, False, True]])
    assert pool(last, padding, "mean").tolist() == [[2.0, 3.0, 4.0, 5.0]]
    assert pool(last, padding, "cls").tolist() == [[0.0, 1.0, 2.0, 3.0]]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_many_texts_together_get_what_each_gets_alone(pooling: Pooling) -> None:
    model, rows = task_bert(pooling), [[2, 7, 3], [2, 8, 9, 10, 11, 3], [2, 9, 3], [2, 5, 6, 3]]
    together = class_logits(model, rows, pad=0, most_tokens=14)
    assert together.shape == (4, 3)
    for row, logits in zip(rows, together, strict=True):
        alone = model.classify(torch.tensor([row]))[0].detach().numpy()
        np.testing.assert_allclose(logits, alone, atol=1e-5)


def test_what_is_called_before_a_batch_can_end_the_work() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        class_logits(task_bert("cls"), [[2, 3]], 0, stop)
