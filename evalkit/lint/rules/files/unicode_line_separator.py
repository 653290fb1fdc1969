# SPDX-License-Identifier: Apache-2.0
"""FIL012."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.rules.encoding._mojibake import unmangled
from evalkit.lint.texts import texts

__all__ = ["unicode_line_separator"]

_NEXT_LINE = "\u0085".encode()
_ESCAPES = {
    "\u2028".encode(): rb"\u2028",
    "\u2029".encode(): rb"\u2029",
    _NEXT_LINE: rb"\u0085",
}


@rule(
    "FIL012",
    scope="bytes",
    severity="warning",
    fix="safe",
    needles=tuple(_ESCAPES),
    en="a raw {which} inside the line: some readers take it for a line break; write it as {escape}",
    zh="行内有原样的 {which}，部分程序会当作换行；请写成 {escape}",
)
def unicode_line_separator(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds U+2028, U+2029 and U+0085 that stand in a line as they are. They are legal in JSON and come
    with text that was copied from web pages and word processors.
    ## Why is this bad?
    Readers that split lines with Python's `splitlines()` cut the row there and see two broken ones.
    ## Use instead
    {"messages": [{"role": "user", "content": "Dear all,\nlet us begin."}, {"role": "assistant", "content": "Yes."}]}
    ## Fix safety
    The character is written as an escape (`\u2028`), which JSON reads as the same character; no other
    byte changes.
    ## References
    RFC 8259 allows them in strings. `str.splitlines` in the Python documentation.
    """
    raw = example.raw
    if example.broken is not None or example.cells or b"\n" in raw:
        return  # in tables and documents nobody looks for lines
    present = [sign for sign in _ESCAPES if sign in raw]
    if _NEXT_LINE in present and any(
        "\x85" in text and unmangled(text) is not None for _, text in texts(example)
    ):
        present.remove(_NEXT_LINE)  # a piece of a letter: `latin-mojibake` speaks of it
    if not present:
        return
    mended = raw
    for sign in present:
        mended = mended.replace(sign, _ESCAPES[sign])
    which = ", ".join(f"U+{ord(sign.decode()):04X}" for sign in present)
    escape = ", ".join(_ESCAPES[sign].decode() for sign in present)
    yield Fault(args={"which": which, "escape": escape}, fix=Fix("safe", raw=mended))
