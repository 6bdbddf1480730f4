"""Many texts through a model: sorted by length, in small batches, one thread per core.

Both engines leave Python's lock while they compute, so threads are enough and the model is in memory once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from search.embeddings.protocol import Vectors

MAX_THREADS = 8


def cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def encode_in_batches(
    texts: Sequence[str],
    encode: Callable[[list[str]], Vectors],
    *,
    dimensions: int,
    batch_size: int,
    threads: int | None = None,
) -> Vectors:
    """float32 (len(texts), dimensions) in the order of `texts`. `encode` takes one batch and may run in any thread.

    Small batches are the fastest here: what a layer writes stays in the processor's cache for the next one.
    """
    vectors = np.empty((len(texts), dimensions), dtype=np.float32)
    # texts of one length together: a batch is padded to its longest text
    order = sorted(range(len(texts)), key=lambda position: len(texts[position]), reverse=True)
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]

    def run(batch: list[int]) -> None:
        vectors[batch] = encode([texts[position] for position in batch])

    workers = min(threads or cores(), MAX_THREADS, len(batches))
    if workers <= 1:
        for batch in batches:
            run(batch)
    else:
        with ThreadPoolExecutor(workers, thread_name_prefix="encode") as pool:
            list(pool.map(run, batches))
    return vectors
