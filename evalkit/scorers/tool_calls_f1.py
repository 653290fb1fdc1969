# SPDX-License-Identifier: Apache-2.0
"""How much of the expected tool calls is right?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._calls import Call, calls_of
from evalkit.scorers._failed import failed
from evalkit.scorers._fields import Field

__all__ = ["tool_calls_f1"]


@scale("share")
def tool_calls_f1(
    reply: Reply,
    expected_calls: Sequence[Mapping[str, Any]],
    *,
    ignore: Sequence[str] = (),
    strict: bool = False,
) -> Score:
    """2PR / (P + R) over the names and argument fields of the calls given and expected.

    Each call counts one for its name and one for each field of its arguments. Calls are paired by
    name, those that agree most first; their order does not count. Neither given nor expected: 1.
    A failed request: NaN.

    Args:
        reply: The answer.
        expected_calls: As chat completions write them.
        ignore: Arguments that do not count.
        strict: Texts must be equal as they stand.
    """
    if error := failed(reply):
        return error
    given = calls_of(reply.tool_calls, ignore=ignore, strict=strict)
    wanted = calls_of(expected_calls, ignore=ignore, strict=strict)
    size = _size(given) + _size(wanted)
    answer = ", ".join(call.name for call in given) or None
    return Score(2 * _agreeing(given, wanted) / size if size else 1.0, answer=answer)


def _agreeing(given: Sequence[Call], wanted: Sequence[Call]) -> int:
    pairs = sorted(
        (
            (1 + _same(ours.fields, theirs.fields), i, j)
            for i, ours in enumerate(given)
            for j, theirs in enumerate(wanted)
            if ours.name == theirs.name
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    used: set[tuple[str, int]] = set()
    total = 0
    for worth, i, j in pairs:
        if ("given", i) not in used and ("wanted", j) not in used:
            used |= {("given", i), ("wanted", j)}
            total += worth
    return total


def _same(ours: Counter[Field], theirs: Counter[Field]) -> int:
    return (ours & theirs).total()


def _size(calls: Sequence[Call]) -> int:
    return sum(1 + call.fields.total() for call in calls)
