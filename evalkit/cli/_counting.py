# SPDX-License-Identifier: Apache-2.0
"""A line on standard error that counts up, for work over a second; nothing where no one looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["counting"]

_AFTER = 1.0  # seconds


@contextmanager
def counting(noun: str) -> Iterator[Callable[[int], None]]:
    """A function to tell how many more are done; `12,345 examples, 8,200/s` is shown and wiped."""
    start = time.monotonic()
    done, shown = 0, 0.0

    def tick(more: int) -> None:
        nonlocal done, shown
        done += more
        now = time.monotonic()
        if now - start > _AFTER and now - shown > 0.2:
            shown = now
            sys.stderr.write(f"\r\x1b[2K{done:,} {noun}, {done / (now - start):,.0f}/s")
            sys.stderr.flush()

    try:
        yield tick
    finally:
        if shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
