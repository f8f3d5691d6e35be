"""Names for the array types of this package."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def any_along(mask: Bools, axis: int | tuple[int, ...]) -> Bools:
    """np.any along an axis, as an array."""
    found: Bools = np.asarray(mask.any(axis=axis))
    return found
