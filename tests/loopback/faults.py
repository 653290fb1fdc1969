# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, on order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["EMPTY", "ERROR_IN_200", "FOR_EVER", "Fault"]

FOR_EVER = 10**9  # as `times`

# Bodies of answers that are no answers, with status 200.
ERROR_IN_200 = {"error": {"message": "overloaded", "type": "server_error", "code": None}}
EMPTY = {
    "id": "chatcmpl-0",
    "object": "chat.completion",
    "created": 1_790_000_000,
    "model": "m",
    "choices": [],
}


@dataclass
class Fault:
    """One thing that goes wrong.

    Attributes:
        status: HTTP status.
        body: JSON, or bytes as they are; None = an error object for the status, or for 200 the
            good answer.
        headers: Such as Retry-After.
        cut: Promise the whole body, send half, hang up; a stream ends in its middle.
        wait: Seconds of silence before.
        times: To how many requests in a row; `FOR_EVER`.
        truncated: Send half of the body as if it were the whole.
        drip: Seconds between single bytes; the first 64 are dripped, then no more come.
        reset: Work on the request, then reset the connection without a word.
        size: Blow the good answer's text up to so many bytes.
        path: Only for requests whose path holds this.
        method: Only for requests of this method.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    wait: float = 0.0
    times: int = 1
    truncated: bool = False
    drip: float = 0.0
    reset: bool = False
    size: int = 0
    path: str = ""
    method: str = ""

    def meets(self, method: str, path: str) -> bool:
        """Whether it is for such a request."""
        return self.path in path and self.method in ("", method)
