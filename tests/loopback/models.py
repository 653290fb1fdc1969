# SPDX-License-Identifier: Apache-2.0
"""The models that the server says it has; it answers for any name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .app import Call, Refused, Route

if TYPE_CHECKING:
    from .server import Loopback

__all__ = ["ROUTES"]


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1_790_000_000, "owned_by": "loopback"}


def listed(it: Loopback, _call: Call) -> dict[str, Any]:
    """GET /models."""
    return {"object": "list", "data": [_model(name) for name in it.models]}


def retrieve(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /models/NAME."""
    name = call.found["model"]
    if name not in it.models:
        raise Refused(404, f"The model '{name}' does not exist", "model_not_found")
    return _model(name)


ROUTES = (
    Route("GET", "/models", listed, None, "ListModelsResponse"),
    Route("GET", "/models/(?P<model>.+)", retrieve, None, "Model"),
)
