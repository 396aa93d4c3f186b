"""The same shards and parts made by Ray workers, on this machine or many: an optional requirement.

Each worker makes whole shards with the function that a single process uses, and writes them as
Parquet, each with its FAISS part, into the index's folder, which all machines must share. What a
killed worker was at is done again by another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bert_core.index.job import Made, Workers


def ray_workers(count: int) -> Workers:
    """Workers that are `count` Ray processes; a shard is a part, and shards are kept.

    They join the Ray cluster that ``$RAY_ADDRESS`` names, or one that is started here.

    Raises:
        ValueError: when Ray is not installed, or for a count below 1.
    """
    if count < 1:
        raise ValueError(f"{count} workers; there must be at least 1")
    try:
        import ray.data  # noqa: F401
    except ImportError as error:
        raise ValueError(
            "Ray is not installed; pip install -r requirements-optional.txt, or leave --workers out"
        ) from error

    def run(work: Callable[[int], Made], numbers: Sequence[int]) -> Iterator[Made]:
        return ray_map(work, numbers, count)

    return Workers(run, part_shards=1, keep_shards=True)


def ray_map(
    work: Callable[[int], Made], numbers: Sequence[int], workers: int
) -> Iterator[Made]:
    """What `work` returns for every number, as a Ray Data job; in any order.

    A number whose worker dies is given to another worker, so `work` must be fit to be begun anew.
    """
    import ray
    import ray.data

    if not numbers:
        return
    if not ray.is_initialized():
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # tell nobody of it
        ray.init(num_cpus=_processors(workers), include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    shared = ray.put(work)  # sent once to each machine, not once for each number
    items = [{"number": number} for number in numbers]
    # one block for each number, made here: a repartition would wait for processors that the
    # workers hold
    blocks = ray.data.from_items(items, override_num_blocks=len(items))
    pool = ray.data.ActorPoolStrategy(size=min(workers, len(items)))
    made = blocks.map_batches(_Worker, fn_constructor_args=([shared],), batch_size=1, compute=pool)
    for row in made.iter_rows():
        yield row["made"]


def _processors(workers: int) -> int | None:
    """What a cluster that is started here is told it has; None for one that is there already."""
    return None if os.environ.get("RAY_ADDRESS") else workers


class _Worker:
    """One Ray actor: keeps the model between shards."""

    def __init__(self, shared: list[Any]) -> None:
        import ray

        self.work = ray.get(shared[0])

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        import numpy as np

        made = np.empty(len(batch["number"]), dtype=object)
        made[:] = [self.work(int(number)) for number in batch["number"]]
        return {"made": made}
