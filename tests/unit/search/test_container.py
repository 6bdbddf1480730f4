"""Arrays in a mapped file keep their values, whoever still holds the pages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search.engines.embedded.container import read_arrays, release_pages, write_arrays


@pytest.mark.parametrize("rows", [0, 3, 5000])
def test_released_pages_are_read_again_with_the_same_values(tmp_path: Path, rows: int) -> None:
    vectors = np.arange(rows * 64, dtype=np.float32).reshape(rows, 64)
    write_arrays(tmp_path / "a", {"before": np.ones(7, np.int8), "vectors": vectors, "after": np.ones(9)}, {})
    arrays, _ = read_arrays(tmp_path / "a")
    first = arrays["vectors"].copy()

    release_pages(arrays["vectors"])

    assert np.array_equal(arrays["vectors"], first)
    assert np.array_equal(first, vectors)
    assert arrays["before"].sum() == 7
    assert arrays["after"].sum() == 9


def test_an_array_that_is_not_mapped_is_left_alone() -> None:
    array = np.ones(10)

    release_pages(array)

    assert array.sum() == 10
