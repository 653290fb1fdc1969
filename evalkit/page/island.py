# SPDX-License-Identifier: Apache-2.0
"""Data inside a page: JSON that no parser can take for markup, packed when it is large."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from markupsafe import Markup

__all__ = ["RAW_LIMIT", "as_json", "island"]

RAW_LIMIT = 2_000_000  # bytes of JSON; above, packed (prose shrinks to less than half)
# Base 85 takes 5 characters for 4 bytes, base64 5.33. Of Python's digits three mean something to
# HTML parsers; rows_data.js knows the others in their places.
_HARMLESS = str.maketrans("&<>", ",./")

# Markup, and whatever a reader of the page's source could be deceived by: controls, bidirectional
# and zero-width characters, line separators, surrogates, non-characters.
_ESCAPED = re.compile(
    "[<>&\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def as_json(value: Any) -> str:
    """JSON on one line, safe inside `<script>`; NaN and infinity become null.

    Chinese stays itself; `< > &` and deceptive characters are written as escapes.
    """
    text = json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _ESCAPED.sub(lambda m: f"\\u{ord(m.group()):04x}", text)


def island(value: Mapping[str, Any]) -> Markup:
    """The element `<script type="application/json" id="data">` that rows_data.js reads."""
    text = as_json(value)
    body = text.encode()
    if len(body) <= RAW_LIMIT:
        return _element("json", text)
    packed = bytearray(gzip.compress(body, compresslevel=9, mtime=0))
    packed[9] = 255  # the operating system, which zlib may fill in
    digits = base64.b85encode(packed, pad=True).decode("ascii").translate(_HARMLESS)
    return _element(f"gzip {len(packed)}", digits)


def _element(encoding: str, text: str) -> Markup:
    return Markup(
        '<script type="application/json" id="data" data-encoding="{}">{}</script>'
    ).format(
        encoding,
        Markup(text),  # noqa: S704 - JSON without <, > and &
    )


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
