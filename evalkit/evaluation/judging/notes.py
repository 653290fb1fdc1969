# SPDX-License-Identifier: Apache-2.0
"""What a reader must know of a judge's verdicts, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import isnan

from evalkit.core.printable import excerpt
from evalkit.evaluation.comparing.alignment import named
from evalkit.evaluation.judging.judged import Judged
from evalkit.evaluation.questions import Question
from evalkit.evaluation.raters.humans import Humans
from evalkit.models.spec import ModelSpec

__all__ = ["judge_notes", "stale_notes"]

_FAMILY = re.compile(r"[a-z]+")
# Words before the family's name in providers' names, and names of GPT's that do not begin with it.
_NOT_FAMILIES = {"ft", "hf", "meta", "models", "accounts", "fireworks", "instruct", "turbo"}
_SAME = {"o": "gpt", "chatgpt": "gpt", "qwq": "qwen"}


def judge_notes(
    judged: Judged, judge: ModelSpec, models: Mapping[str, ModelSpec], *, one_order: bool
) -> Iterator[tuple[str, str]]:
    """English and Chinese sentences.

    Args:
        judged: What was said.
        judge: Who judged.
        models: Whose answers.
        one_order: Whether each pair was shown one way round only.
    """
    verdicts = [verdict for of in judged.pairs.values() for verdict in of]
    points = [point for of in judged.points.values() for point in of]
    if judged.identical:
        yield (
            (
                f"{judged.identical} of {len(verdicts)} pairs of answers are identical: ties, and "
                "the judge was not asked about them."
            ),
            f"{len(verdicts)} 对回答中有 {judged.identical} 对完全相同：计为平局，未询问裁判。",
        )
    said: list[str] = [word for verdict in verdicts for word in verdict.said]
    said += [point.said for point in points if point.said != "unasked"]
    unread = said.count("unreadable")
    if unread:
        yield (
            f"{unread} of {len(said)} answers of the judge hold no verdict: left out, not guessed.",
            f"裁判的 {len(said)} 个回答中有 {unread} 个没有结论：不计入，也不猜测。",
        )
    if one_order and said:
        yield (
            (
                "Each pair was judged in one order only: whether the judge favours what it sees "
                "first is not known."
            ),
            "每对回答只按一种顺序评判：无法得知裁判是否偏向先看到的回答。",
        )
    probes = judged.probes
    if probes is not None and not isnan(probes.value):
        moved = round(probes.value * probes.n)
        yield (
            (
                f"{moved} of {probes.n} verdicts were turned by a text behind the worse answer "
                "(injection probes)."
            ),
            f"在较差的回答后加上诱导文本后，{probes.n} 个结论中有 {moved} 个改变（注入探测）。",
        )
    yield from _own_kind(judge, models)


def stale_notes(
    humans: Humans | None, questions: Sequence[Question], data: str
) -> Iterator[tuple[str, str]]:
    """Which rows of the data people rated with other answers; their labels do not count."""
    if humans is None or not humans.stale:
        return
    lines = {q.id: f"{data}:{q.example.location.line}" for q in questions}
    places = [lines.get(one, one) for one in humans.stale]
    yield (
        (
            f"People rated other answers to {len(places)} of the rows: {named(places)}; "
            "those labels are left out."
        ),
        f"有 {len(places)} 行的人工标注针对的是其他回答：{named(places, 'zh')}；这些标注未计入。",
    )


def _own_kind(judge: ModelSpec, models: Mapping[str, ModelSpec]) -> Iterator[tuple[str, str]]:
    """A judge likes answers of its own kind: 71.5 % wins in FastChat's pairs (issue 3911)."""
    own = [name for name, spec in models.items() if _same_family(judge, spec)]
    if own and len(own) < len(models):
        who, use = ", ".join(own), excerpt(judge.use, 60)
        yield (
            (
                f"The judge ({use}) is of the same family as {who}: judges favour answers of "
                "their own kind."
            ),
            f"裁判（{use}）与 {who} 属同一系列：裁判往往偏向同类模型的回答。",
        )


def _same_family(one: ModelSpec, two: ModelSpec) -> bool:
    first, second = _family(one), _family(two)
    return first is not None and first == second


def _family(spec: ModelSpec) -> str | None:
    """`gpt` of openai/gpt-5.5 and of a deployment that is gpt-4.1; None where no model is named."""
    use = spec.is_ or spec.use
    if spec.is_ is None and use.startswith(("replay:", "exec:", "python:", "baseline:")):
        return None
    name = use.removeprefix("local:").lower()
    last = name.rpartition("/")[2].removeprefix("ft:")
    words = [word for word in _FAMILY.findall(last) if word not in _NOT_FAMILIES]
    return _SAME.get(words[0], words[0]) if words else None
