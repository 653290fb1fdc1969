# SPDX-License-Identifier: Apache-2.0
"""Replies become samples: each scorer is called with the arguments that it names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import fsum, nan
from typing import Any, NamedTuple

from evalkit.core.errors import EndedError, EvalkitError
from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import printable
from evalkit.core.python_file import said_by
from evalkit.core.score import Fault, Sample, Score
from evalkit.core.secrets import quoted
from evalkit.evaluation.own_scores import own_score
from evalkit.evaluation.questions import Question
from evalkit.evaluation.scorer_options import BoundScorer, bound_scorer

__all__ = [
    "Ask",
    "Facts",
    "Samples",
    "coverage_notes",
    "label_scorer",
    "samples_of",
    "scoring_notes",
]

# Scorer name to the samples of one model, shape (K, n): repeats, each aligned with the questions.
Samples = Mapping[str, Sequence[Sequence[Sample]]]

Ask = Callable[[str, Request], Reply]
"""Asks the model of the scorer of that name."""

# Seconds and money of one answer: of repeat k and question i.
Facts = Callable[[int, int], tuple[float | None, float | None]]

_MUCH = 0.05  # share of the probability outside the labels that a reader must know of


def label_scorer(
    replies: Mapping[str, Sequence[Reply]], bound: Mapping[str, BoundScorer] | None = None
) -> str:
    """How labels are read for every model alike: by log-probability where all of them give it.

    One way for all: a model judged by its choice and another by its spelling cannot be compared.
    A suite that says how the text is read (options of `label` beside its synonyms) has it read.
    """
    told = (bound or {}).get("label")
    if told is not None and told.options.keys() - {"synonyms"}:
        return "label"
    given = all(
        any(reply.positions or reply.probabilities for reply in answers)
        for answers in replies.values()
    )
    return "label-logprob" if given else "label"


def samples_of(
    questions: Sequence[Question],
    repeats: Sequence[Sequence[Reply]],
    *,
    scorers: Sequence[str],
    labels: Sequence[str],
    bound: Mapping[str, BoundScorer] | None = None,
    ask: Ask | None = None,
    facts: Facts = lambda _repeat, _question: (None, None),
) -> Samples:
    """Score one model's replies, shape (K, n), with every scorer.

    Args:
        questions: Shape (n,).
        repeats: Shape (K, n).
        scorers: Names.
        labels: Of a classification; empty else.
        bound: The suite's scorers, by name.
        ask: For scorers that ask a model; None = they are not scored.
        facts: Seconds and money of each answer, where known.
    """
    return {
        name: tuple(
            tuple(
                Sample(
                    id=question.id,
                    score=_score(scorer, question, reply, labels, ask),
                    expected=question.expected.strip() if labels else question.expected,
                    reply=reply,
                    slices=question.slices,
                    cluster=question.cluster or None,
                    seconds=(known := facts(k, i))[0],
                    cost=known[1],
                )
                for i, (question, reply) in enumerate(zip(questions, replies, strict=True))
            )
            for k, replies in enumerate(repeats)
        )
        for name in scorers
        for scorer in (bound_scorer(name, bound),)
    }


class _Told(NamedTuple):
    """A kind of fault as a note says it: name, count, of how many, what was said most often."""

    english: str
    chinese: str


_NOTES: Mapping[Fault, _Told] = {
    "scorer": _Told(
        "The scorer {name} failed on {count} of {of} answers, left unscored: {said}.",
        "评分函数 {name} 在 {of} 个回答中的 {count} 个上出错，未评分：{said}。",
    ),
    "asking": _Told(
        "The model of the scorer {name} gave no answer on {count} of {of} answers, left unscored: "
        "{said}.",
        "评分函数 {name} 的模型在 {of} 个回答中的 {count} 个上没有作答，未评分：{said}。",
    ),
    "reading": _Told(
        "The model of the scorer {name} answered {count} of {of} times in no readable way, left "
        "unscored: {said}.",
        "评分函数 {name} 的模型在 {of} 次中有 {count} 次作答无法读取，未评分：{said}。",
    ),
    "row": _Told(
        "The scorer {name} left {count} of {of} answers unscored: {said}.",
        "评分函数 {name} 有 {count} 个回答（共 {of} 个）未评分：{said}。",
    ),
}


def scoring_notes(samples: Mapping[str, Samples]) -> Iterator[tuple[str, str]]:
    """Answers that no scorer's fault may hide: how many, of whom, and the most frequent reason."""
    found: dict[tuple[str, Fault], Counter[str]] = {}
    asked: Counter[str] = Counter()
    for by_scorer in samples.values():
        for name, repeats in by_scorer.items():
            for sample in (one for repeat in repeats for one in repeat):
                asked[name] += 1
                if sample.score.fault:
                    key = (name, sample.score.fault)
                    found.setdefault(key, Counter())[sample.score.why] += 1
    for (name, fault), reasons in found.items():
        if fault == "row" and reasons.total() < asked[name]:
            continue  # such rows are meant for other scorers; they are counted beside the mean
        told = _NOTES[fault]
        facts = {
            "name": name,
            "count": reasons.total(),
            "of": asked[name],
            "said": printable(reasons.most_common(1)[0][0]),
        }
        yield told.english.format(**facts), told.chinese.format(**facts)


def coverage_notes(samples: Mapping[str, Samples]) -> Iterator[tuple[str, str]]:
    """Models that put much of their probability on something else than the labels."""
    for name, by_scorer in samples.items():
        scored = (s for repeat in by_scorer.get("label-logprob", ()) for s in repeat)
        known = [
            mass
            for s in scored
            if (mass := s.score.covered if s.reply.covered is None else s.reply.covered) is not None
        ]
        left = 1 - fsum(known) / len(known) if known else 0.0
        if left > _MUCH:
            held = "under 1%" if left > 0.99 else f"{1 - left:.0%}"
            share = "不到 1%" if left > 0.99 else held
            yield (
                (
                    f"{name} would often say something other than a label ({held} of its "
                    "probability is on labels); the likeliest label counts as its answer."
                ),
                (
                    f"{name} 想说的常常不是标签（标签只占其概率的 {share}）；"
                    "以其中最可能的一个作为回答。"
                ),
            )


def _score(
    scorer: BoundScorer,
    question: Question,
    reply: Reply,
    labels: Sequence[str],
    ask: Ask | None,
) -> Score:
    if reply.finish == "error":
        return Score(nan, why=reply.error or "the request failed")
    wanted = scorer.wants
    only_calls = question.expected_calls and not question.expected.strip()
    if only_calls and "expected" in wanted and "expected_calls" not in wanted:
        return Score(nan, why="tool calls are expected: this scorer reads text only")
    if "ask" in wanted and ask is None:
        return Score(nan, why="its model was not asked")
    failures: list[str] = []
    given = _given(scorer, question, reply, labels, _noting(ask, failures))
    if not scorer.own:
        score: Score = scorer.score(**given)
        return replace(score, fault="asking") if failures else score
    try:
        score = own_score(scorer.score(**given), scorer.scale)
    except (EvalkitError, EndedError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001  whatever the user's function does, exit too
        score = Score(nan, why=said_by(error), fault="scorer")
    if failures:  # whatever it made of them: a failed request says nothing of the answer
        return Score(nan, why=f"its request failed: {failures[0]}", fault="asking")
    return score


def _noting(ask: Ask | None, failures: list[str]) -> Ask | None:
    """The same `ask`; why a request failed is noted."""
    if ask is None:
        return None

    def asks(name: str, request: Request) -> Reply:
        reply = ask(name, request)
        if reply.finish == "error":
            failures.append(quoted(reply.error or "no reason given", 120))
        return reply

    return asks


def _given(
    scorer: BoundScorer,
    question: Question,
    reply: Reply,
    labels: Sequence[str],
    ask: Ask | None,
) -> dict[str, Any]:
    """The arguments that the scorer names."""
    given: dict[str, Any] = {}
    for key in scorer.wants:
        if key == "reply":
            given[key] = reply
        elif key == "expected":
            given[key] = question.expected.strip() if labels else question.expected
        elif key == "labels":
            given[key] = labels
        elif key == "question":
            given[key] = question.history[-1].text if question.history else ""
        elif key == "ask" and ask is not None:
            given[key] = _of_scorer(ask, scorer.name)
        else:  # expected_calls, example
            given[key] = getattr(question, key)
    return given


def _of_scorer(ask: Ask, name: str) -> Callable[[Request | str], Reply]:
    """What a scorer calls: with a request, or with a text for a plain question."""

    def asks(request: Request | str) -> Reply:
        if isinstance(request, str):
            request = Request(messages=[{"role": "user", "content": request}], max_tokens=1024)
        return ask(name, request)

    return asks
