"""Vectors of the last queries: the head of a shop's queries repeats all day."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from search.embeddings.protocol import Vectors

CAPACITY = 4096  # 6 MB of 384 float32 each


class QueryCache:
    """The vector of a text, made once. Safe between threads; two threads may make the same vector at the same time."""

    def __init__(self, make: Callable[[str], Vectors], *, capacity: int = CAPACITY) -> None:
        self._make = make
        self._capacity = capacity
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def __call__(self, text: str) -> Vectors:
        with self._lock:
            vector = self._vectors.get(text)
            if vector is not None:
                self._vectors.move_to_end(text)
                return vector
        # outside the lock: other threads go on while the model works
        vector = self._make(text)
        vector.setflags(write=False)
        with self._lock:
            self._vectors[text] = vector
            while len(self._vectors) > self._capacity:
                self._vectors.popitem(last=False)
        return vector

    def __len__(self) -> int:
        return len(self._vectors)
