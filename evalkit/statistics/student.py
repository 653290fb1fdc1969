# SPDX-License-Identifier: Apache-2.0
"""Student's t distribution, from scipy."""

from __future__ import annotations

from evalkit.core.errors import MissingExtraError

__all__ = ["t_quantile", "two_sided_t_p"]


def t_quantile(probability: float, degrees: int) -> float:
    """The t with P(T <= t) = probability.

    Raises:
        MissingExtraError: scipy is not installed.
    """
    try:
        from scipy.special import stdtrit  # scipy.stats would cost a second of start-up
    except ImportError:
        raise _missing() from None
    return float(stdtrit(degrees, probability))


def two_sided_t_p(t: float, degrees: int) -> float:
    """P(|T| >= |t|).

    Raises:
        MissingExtraError: scipy is not installed.
    """
    try:
        from scipy.special import stdtr
    except ImportError:
        raise _missing() from None
    return float(2 * stdtr(degrees, -abs(t)))


def _missing() -> MissingExtraError:
    return MissingExtraError("scipy", extra="eval", purpose="compute intervals of means")
