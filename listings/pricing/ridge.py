"""A straight line through many words that a few absurd prices cannot bend.

Source: ridge regression, Hoerl and Kennard 1970; weights of Huber 1964 by iterated least squares.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import lsqr

Floats = NDArray[np.float64]
PENALTY = 5.0
_ROUNDS = 3
_BEND = 1.5
_TO_SIGMA = 1.4826


def robust_sigma(residuals: Floats) -> float:
    """Standard deviation as the median of absolute values tells it; above zero even for identical residuals."""
    return max(_TO_SIGMA * float(np.median(np.abs(residuals))), 1e-6)


def fit_ridge(rows: sparse.csr_matrix, targets: Floats, weights: Floats) -> tuple[float, Floats]:
    """Intercept and coefficients, float64 (columns,). rows: (n, columns); targets, weights: (n,), n above zero."""
    now = weights
    middle, coefficients = 0.0, np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        middle = float(np.average(targets, weights=now))
        root = np.sqrt(now)
        found = lsqr(
            sparse.diags(root) @ rows, root * (targets - middle), damp=PENALTY**0.5, iter_lim=200, atol=1e-6, btol=1e-6
        )
        coefficients = np.asarray(found[0], np.float64)
        residuals = np.abs(targets - middle - rows @ coefficients)
        now = weights / np.maximum(1.0, residuals / (_BEND * robust_sigma(residuals)))
    return middle, coefficients
