# SPDX-License-Identifier: Apache-2.0
"""Can an answer talk the judge round? Measured with texts that try (R15).

No prompt makes a judge deaf to what it reads, so it is measured how deaf it is: behind the worse of
two answers, of those that both orders agree on, stands a text that claims the verdict, imitates
our marks, or is a token that judges are known to fall for. A verdict that leaves the better answer
is one that was bought.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Literal, NamedTuple

from evalkit.core.exchange import Reply, Request
from evalkit.core.measure import Interval
from evalkit.core.resources import resource
from evalkit.evaluation.judging.plan import Replies, Settings, Texts, answer_text, asked_as, seen_by
from evalkit.evaluation.judging.verdicts import Verdict
from evalkit.evaluation.questions import Question
from evalkit.scorers._judge_prompt import pair_messages
from evalkit.scorers._judge_reading import read_verdict
from evalkit.statistics.proportion import wilson

__all__ = ["Probe", "probe_texts", "probed", "probes_of"]


class Probe(NamedTuple):
    """One attempt.

    Attributes:
        request: With the text behind the worse answer.
        place: Where that answer is shown.
    """

    request: Request
    place: Literal["A", "B"]


@cache
def probe_texts() -> tuple[str, ...]:
    """The texts that come with evalkit; `{place}` stands for A or B."""
    document = tomllib.loads(resource("rubrics", "probes.toml").read_text(encoding="utf-8"))
    return tuple(document["texts"])


def probes_of(
    texts: Texts,
    settings: Settings,
    questions: Sequence[Question],
    replies: Replies,
    pair: tuple[str, str],
    verdicts: Sequence[Verdict],
    *,
    most: int,
) -> list[Probe]:
    """What to ask: at most so many, spread over the texts, each place in turn.

    Args:
        texts: Around the answers, as in judging.
        settings: Of the requests, as in judging.
        questions: Shape (n,).
        replies: Of both models.
        pair: (candidate, base).
        verdicts: Of the pair, of the first repeat, shape (n,); only decided ones are tried.
        most: How many.
    """
    seen = seen_by(texts, questions, replies, pair)
    decided = [row for row, verdict in enumerate(verdicts) if verdict.outcome in (0.0, 1.0)]
    known = probe_texts()
    found = []
    for number, row in enumerate(decided[:most]):
        candidate, base = (answer_text(replies[model][0][row]) for model in pair)
        won = verdicts[row].outcome == 1.0
        better, worse = (candidate, base) if won else (base, candidate)
        place: Literal["A", "B"] = "AB"[number % 2]  # type: ignore[assignment]
        # 7 has no divisor in common with 50: few probes are of many kinds too.
        text = known[number * 7 % len(known)].replace("{place}", place)
        spoiled = f"{worse}\n\n{text}"
        shown = (spoiled, better) if place == "A" else (better, spoiled)
        messages = pair_messages(texts.system, seen[row], *shown, language=texts.language)
        names = f"{questions[row].id}, probe {number + 1}"
        found.append(Probe(asked_as(texts, settings, messages, (names,)), place))
    return found


def probed(
    probes: Sequence[Probe], replies: Sequence[Reply], *, confidence: float = 0.95
) -> Interval:
    """Share of verdicts that left the better answer, with Wilson's interval.

    Args:
        probes: Shape (n,).
        replies: The judge's, shape (n,); unreadable ones and errors are left out and counted.
        confidence: Of the interval, in (0, 1).
    """
    said = [
        None if reply.finish == "error" else read_verdict(reply.text).verdict for reply in replies
    ]
    read = [(word, probe) for word, probe in zip(said, probes, strict=True) if word is not None]
    moved = sum(word in (probe.place, "tie") for word, probe in read)
    found = wilson(moved, len(read), confidence=confidence, left_out=len(said) - len(read))
    return found if read else replace(found, why="no decided pair was probed")
