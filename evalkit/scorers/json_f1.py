# SPDX-License-Identifier: Apache-2.0
"""How many fields of a JSON answer are right?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import nan

from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._fields import Field, Lists, fields_of, under
from evalkit.scorers._json_text import parsed

__all__ = ["json_f1"]


@scale("share")
def json_f1(
    reply: Reply,
    expected: str,
    *,
    fields: Sequence[str] = (),
    ignore: Sequence[str] = (),
    lists: Lists = "ordered",
    strict: bool = False,
    fenced: bool = True,
) -> Score:
    """2PR / (P + R) over the fields (path and value) of the reply's JSON and the expected one.

    A missing field costs recall, one too many precision, a wrong value both. 1 only where all are
    equal. No JSON in the reply: 0. No JSON expected, or a failed request: NaN.

    Args:
        reply: The answer.
        expected: JSON.
        fields: Only these and what is within them, such as ["total", "items[0].price"].
        ignore: Not these.
        lists: "ordered": the place in a list counts; "any": it does not.
        strict: Texts must be equal as they stand, not only by `exact`'s normal form.
        fenced: Whether a Markdown fence around it may stand.
    """
    if error := failed(reply):
        return error
    wanted = parsed(expected, fenced=True)
    if wanted.why:
        return Score(nan, why=f"expected: {wanted.why}")
    given = parsed(reply.text, fenced=fenced)
    if given.why:
        return Score(0.0, why=given.why)

    def kept(value: object) -> Counter[Field]:
        found = fields_of(value, lists=lists, strict=strict)
        return Counter(
            {f: n for f, n in found.items()
             if (not fields or under(f, fields)) and not under(f, ignore)}
        )  # fmt: skip

    ours, theirs = kept(given.value), kept(wanted.value)
    if not theirs:
        return Score(nan, why="the expected JSON has none of the fields")
    same = (ours & theirs).total()
    return Score(2 * same / (ours.total() + theirs.total()), why=_told(ours, theirs))


def _told(ours: Counter[Field], theirs: Counter[Field]) -> str:
    """The first fields that differ, in one line."""
    missing, extra = theirs - ours, ours - theirs
    given = {path for path, _ in extra}
    wanted = {path for path, _ in missing}
    kinds = {
        "wrong": [p for p in wanted if p in given],
        "missing": [p for p in wanted if p not in given],
        "too many": [p for p in given if p not in wanted],
    }
    return "; ".join(
        f"{kind}: {', '.join(excerpt(p, 40) or 'the whole' for p in sorted(paths)[:3])}"
        for kind, paths in kinds.items()
        if paths
    )
