# SPDX-License-Identifier: Apache-2.0
"""Does a text occur in the reply?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any, Literal

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._expected import alternatives
from evalkit.scorers._failed import failed
from evalkit.scorers._normalise import normalise
from evalkit.scorers._occurs import occurs
from evalkit.scorers._options import checked_by

__all__ = ["contains"]


def _check(options: Mapping[str, Any], where: str) -> None:
    """Every text must say something: an empty list leaves every answer unscored."""
    given = options.get("text")
    if given is None:
        return
    texts = [given] if isinstance(given, str) else given
    if not texts or not all(normalise(text) for text in texts):
        raise UsageError(
            f"{where}: `text` {'holds an empty text' if texts else 'is an empty list'}",
            "name what must occur, or leave `text` out: then it is the expected text",
        )


@scale("share", binary=True)
@checked_by(_check)
def contains(
    reply: Reply,
    expected: str,
    *,
    text: str | Sequence[str] | None = None,
    match: Literal["any", "all", "none"] = "any",
    words: bool = False,
    ignore_case: bool = True,
    separator: str | None = None,
) -> Score:
    """1 if the expected text occurs in the reply, else 0; both as `exact` normalises text.

    Nothing expected, or a failed request: NaN.

    Args:
        reply: The answer.
        expected: What must occur, unless `text` says it.
        text: One text or several, the same for every row, such as ["退款", "refund"].
        match: Where there are several: one of them, all of them, or none of them occurs.
        words: Only whole words count ("art" does not occur in "party"); Chinese has no word ends.
        ignore_case: As the name says.
        separator: What parts several expected texts.
    """
    if error := failed(reply):
        return error
    given = alternatives(expected, separator) if text is None else text
    texts = [given] if isinstance(given, str) else list(given)
    wanted = [form for form in (normalise(one, ignore_case) for one in texts) if form]
    if not wanted:
        return Score(nan, why="nothing expected")
    answer = normalise(reply.text, ignore_case)
    found = [occurs(one, answer) if words else one in answer for one in wanted]
    right = {"any": any(found), "all": all(found), "none": not any(found)}[match]
    return Score(float(right), answer=answer or None)
