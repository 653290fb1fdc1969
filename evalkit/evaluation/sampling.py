# SPDX-License-Identifier: Apache-2.0
"""The same question more than once: what differs between its repeats."""

from __future__ import annotations

from dataclasses import replace

from evalkit.core.exchange import Request
from evalkit.models.open import OpenModel

__all__ = ["for_repeat", "model_for_repeat"]


def for_repeat(request: Request, k: int) -> Request:
    """The request of repeat k, counted from 0: the seed is `seed` + k, where one is given.

    Providers that sample reproducibly would answer the same k times over otherwise. Repeat 0 is the
    request itself, so that a run with more repeats finds those of a run with fewer in the store.
    """
    if k == 0 or request.seed is None:
        return request
    return replace(request, seed=request.seed + k)


def model_for_repeat(model: OpenModel, k: int) -> OpenModel:
    """The model for repeat k: where it has a seed of its own, that one is raised by k.

    A model's own settings go over those of the request, so `for_repeat` alone would be undone.
    """
    own = model.spec.options.get("seed")
    if k == 0 or not isinstance(own, int):
        return model
    spec = replace(model.spec, options={**model.spec.options, "seed": own + k})
    return replace(model, spec=spec)
