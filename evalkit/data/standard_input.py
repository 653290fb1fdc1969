# SPDX-License-Identifier: Apache-2.0
"""Standard input as a file that can be opened again and again."""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["STANDARD_INPUT", "spooled"]

STANDARD_INPUT = "-"
_BLOCK = 1 << 20

_copy: tuple[Any, Path] | None = None  # the stream that was read, and where its bytes went


def spooled() -> str:
    """Where the bytes of standard input lie: read once, to the end, into a temporary file.

    The file is deleted when the process ends.

    Raises:
        OSError: It cannot be read, or the temporary folder is full.
    """
    global _copy  # noqa: PLW0603  (a process has one standard input, which can be read once)
    stream = getattr(sys.stdin, "buffer", None)
    if _copy is not None and _copy[0] is stream and _copy[1].exists():
        return str(_copy[1])
    if stream is None:
        raise OSError("there is no standard input")
    forget()
    with tempfile.NamedTemporaryFile(prefix="evalkit-stdin-", delete=False) as target:
        _copy = stream, Path(target.name)
        shutil.copyfileobj(stream, target, _BLOCK)
    return target.name


def forget() -> None:
    """Delete the copy."""
    global _copy  # noqa: PLW0603
    if _copy is not None:
        _copy[1].unlink(missing_ok=True)
    _copy = None


atexit.register(forget)
