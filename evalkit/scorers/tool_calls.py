# SPDX-License-Identifier: Apache-2.0
"""Did the model call the expected tools with the expected arguments?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._calls import Call, calls_of
from evalkit.scorers._failed import failed

__all__ = ["tool_calls"]


@scale("share", binary=True)
def tool_calls(
    reply: Reply,
    expected_calls: Sequence[Mapping[str, Any]],
    *,
    match: Literal["all", "names"] = "all",
    order: Literal["ordered", "any"] = "ordered",
    extra: bool = False,
    ignore: Sequence[str] = (),
    strict: bool = False,
) -> Score:
    """1 if the reply calls exactly the expected tools, with the expected arguments, else 0.

    Arguments are equal field by field: numbers by value, texts by `exact`'s normal form, keys in
    any order. Where no call is expected, a reply with one is wrong. A failed request: NaN.

    Args:
        reply: The answer.
        expected_calls: As chat completions write them.
        match: "all" of name and arguments, or "names" alone.
        order: Whether the order of the calls counts.
        extra: Whether further calls are allowed.
        ignore: Arguments that do not count, such as ["request_id"].
        strict: Texts must be equal as they stand.
    """
    if error := failed(reply):
        return error
    given = calls_of(reply.tool_calls, ignore=ignore, strict=strict)
    wanted = calls_of(expected_calls, ignore=ignore, strict=strict)
    answer = ", ".join(call.name for call in given) or None
    why = _wrong(given, wanted, names=match == "names", ordered=order == "ordered", extra=extra)
    return Score(float(not why), answer=answer, why=why)


def _wrong(
    given: Sequence[Call], wanted: Sequence[Call], *, names: bool, ordered: bool, extra: bool
) -> str:
    """What is wrong first; "" where nothing is."""
    left = list(given)
    for n, call in enumerate(wanted, 1):
        place = next((i for i, other in enumerate(left) if _same(call, other, names=names)), None)
        if place is None or (ordered and place > 0 and not extra):
            return _told(n, call, left)
        left = left[place + 1 :] if ordered else [*left[:place], *left[place + 1 :]]
    if extra or not left:
        return ""
    return f"one call too many: {excerpt(left[0].name, 40)}"


def _same(wanted: Call, given: Call, *, names: bool) -> bool:
    return wanted.name == given.name and (
        names or (not given.why and wanted.fields == given.fields)
    )


def _told(n: int, call: Call, left: Sequence[Call]) -> str:
    name = excerpt(call.name, 40)
    same = next((other for other in left if other.name == call.name), None)
    if same is None:
        return f"call {n}, {name}, is missing"
    if same.why:
        return f"call {n}, {name}: arguments: {same.why}"
    off = sorted({path for path, _ in (call.fields - same.fields) + (same.fields - call.fields)})
    if not off:
        return f"call {n}, {name}, comes too late"
    return f"call {n}, {name}: not as expected: {', '.join(excerpt(p, 40) for p in off[:3])}"
