# SPDX-License-Identifier: Apache-2.0
"""What a judge said of one case becomes a verdict or a point; nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan, nan

from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.evaluation.judging.plan import Case
from evalkit.evaluation.judging.spec import JudgeSpec
from evalkit.evaluation.judging.verdicts import IDENTICAL, Outcome, Point, Verdict
from evalkit.scorers._judge_reading import read_point, read_verdict

__all__ = ["point_of", "verdict_of"]

_WORTH: Mapping[Outcome, float] = {"win": 1.0, "tie": 0.5, "loss": 0.0}


def verdict_of(case: Case, name: str, said: Sequence[Reply], spec: JudgeSpec) -> Verdict:
    """The verdict of a pair.

    Two orders: their word where they agree; where they do not, a tie ("strict") or the mean of the
    two ("half"). One of two that is not there or not readable: none.

    Args:
        case: What was asked.
        name: The question's id.
        said: The judge's replies.
        spec: How orders and ties count.
    """
    first, why_first = _outcome(case.first, said, mine="A")
    second, why_second = _outcome(case.second, said, mine="B")
    words = [
        word for word, place in ((first, case.first), (second, case.second)) if place is not None
    ]
    values = [_WORTH.get(word, nan) for word in words]
    outcome = 0.5 if case.why == IDENTICAL else nan
    if values and not any(map(isnan, values)):
        same = len(set(values)) == 1
        outcome = values[0] if same else 0.5 if spec.ties == "strict" else sum(values) / 2
    reasons = dict.fromkeys(filter(None, (why_first, why_second)))
    return Verdict(
        id=name,
        first=first,
        second=second,
        outcome=outcome,
        why=case.why or " / ".join(reasons),
        candidate_chars=case.chars[0],
        base_chars=case.chars[1],
        repeat=case.repeat,
    )


def point_of(case: Case, name: str, said: Sequence[Reply], spec: JudgeSpec) -> Point:
    """The point of one answer; arguments as for `verdict_of`."""
    bare = Point(id=name, why=case.why, chars=case.chars[0], repeat=case.repeat)
    if case.first is None:
        return bare
    reply = said[case.first]
    if reply.finish == "error":
        return _with(bare, nan, "unasked", _failed(reply))
    found = read_point(reply.text, spec.scale)
    if found.score is None:
        return _with(bare, nan, "unreadable", _unread(reply, found.why))
    return _with(bare, found.score, "read", found.why)


def _with(bare: Point, score: float, said: str, why: str) -> Point:
    return Point(
        id=bare.id,
        score=score,
        said=said,  # type: ignore[arg-type]
        why=why,
        chars=bare.chars,
        repeat=bare.repeat,
    )


def _outcome(place: int | None, said: Sequence[Reply], *, mine: str) -> tuple[Outcome, str]:
    if place is None:
        return "unasked", ""
    reply = said[place]
    if reply.finish == "error":
        return "unasked", _failed(reply)
    found = read_verdict(reply.text)
    if found.verdict is None:
        return "unreadable", _unread(reply, found.why)
    if found.verdict == "tie":
        return "tie", found.why
    return ("win" if found.verdict == mine else "loss"), found.why


def _failed(reply: Reply) -> str:
    return f"the judge's request failed: {excerpt(reply.error or 'no reason given', 200)}"


def _unread(reply: Reply, why: str) -> str:
    cut = " (cut off: a larger `max_tokens` of the judge may help)"
    return f"no verdict: {why}{cut if reply.finish == 'length' else ''}"
