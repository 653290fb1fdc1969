# SPDX-License-Identifier: Apache-2.0
"""Rows to JSONL: UTF-8, line feeds, Chinese as itself, whole or not at all."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from evalkit.core.atomic import atomic

__all__ = ["json_line", "write_jsonl", "write_lines"]

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode  # one for all rows
_INFINITY = "\ue000evalkit-infinity"  # stands for a number that Python cannot write as JSON


def json_line(value: Any) -> bytes:
    """A value as one line of JSON without the line feed.

    Lone surrogates, which UTF-8 cannot hold, stay escapes; numbers too large for a float are
    written as `1e999`, which reads back as they were.
    """
    try:
        text = _encode(value)
    except ValueError:
        text = _encode(_marked(value))
        text = text.replace(f'"-{_INFINITY}"', "-1e999").replace(f'"{_INFINITY}"', "1e999")
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _marked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_marked(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else f"{'-' * (value < 0)}{_INFINITY}"
    return value


def write_lines(lines: Iterable[bytes], stream: BinaryIO) -> int:
    """Write lines, each with a line feed; returns how many."""
    count = 0
    for line in lines:
        stream.write(line + b"\n")
        count += 1
    return count


def write_jsonl(rows: Iterable[Any], path: str | Path) -> int:
    """Write values as JSONL; the file is replaced when all are written. Returns how many.

    Raises:
        InputError: The place cannot be written.
    """
    with atomic(path) as stream:
        return write_lines(map(json_line, rows), stream)
