# SPDX-License-Identifier: Apache-2.0
"""The type of an array, for annotations that must not import numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
else:
    Array = Any

__all__ = ["Array"]
