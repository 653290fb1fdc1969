# SPDX-License-Identifier: Apache-2.0
"""What a judge is to be asked, from the answers there are. Pure: same answers, same questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from evalkit.core.example import Message
from evalkit.core.exchange import Reply, Request
from evalkit.core.strings import Language
from evalkit.evaluation.judging.spec import JudgeSpec
from evalkit.evaluation.judging.verdicts import IDENTICAL, UNANSWERED, pair_name
from evalkit.evaluation.questions import Question
from evalkit.evaluation.rows import _told as text_of_message
from evalkit.evaluation.rows import called
from evalkit.scorers._judge_prompt import Seen, pair_messages, point_messages

__all__ = [
    "Case",
    "Plan",
    "Replies",
    "Settings",
    "Texts",
    "answer_text",
    "asked_as",
    "growth_of",
    "planned",
    "seen_by",
    "stand_ins",
]

STAND_IN = "(not asked yet)"

Replies = Mapping[str, Sequence[Sequence[Reply]]]
"""Model to its replies, shape (K, n)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What is said to the judge around the answers.

    Attributes:
        system: The instructions.
        language: Of them.
        contexts: Of each question, shape (n,); empty = none.
        reference: Whether the expected answers are shown.
        apart: Whether the instructions go in a system message of their own; models that know none
            get them before the data.
    """

    system: str
    language: Language
    contexts: Sequence[str] = ()
    reference: bool = True
    apart: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How each request is made.

    Attributes:
        max_tokens: Of the judge's answer.
        temperature: 0 for greedy.
        seed: Of sampling.
        extra: Further fields of the body, such as `response_format`.
    """

    max_tokens: int
    temperature: float
    seed: int
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One pair of answers, or one answer, and where the judge is asked about it.

    Attributes:
        row: Place of the question.
        repeat: Of the answers, from 0.
        first: Place of the request that shows the candidate's answer first (pointwise: the only
            one); None = not asked.
        second: Of that which shows it second.
        why: Why nothing is asked, where that is so.
        chars: Lengths of the answers: candidate and base, or the only one and 0.
    """

    row: int
    repeat: int
    first: int | None = None
    second: int | None = None
    why: str = ""
    chars: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that the judge is asked.

    Attributes:
        requests: In order; equal ones may stand twice, and are asked once.
        pairs: (candidate, base) to cases, all questions of the first repeat first.
        points: Model to cases, likewise.
    """

    requests: Sequence[Request]
    pairs: Mapping[tuple[str, str], Sequence[Case]]
    points: Mapping[str, Sequence[Case]]


def planned(
    spec: JudgeSpec,
    texts: Texts,
    settings: Settings,
    questions: Sequence[Question],
    replies: Replies,
    pairs: Sequence[tuple[str, str]],
) -> Plan:
    """The requests of a judge.

    Not asked: a pair of identical answers, which is a tie, and anything with an answer that is not
    there (the model's request failed). An empty answer is an answer: how bad it is, the judge says.

    Args:
        spec: Mode and orders.
        texts: Around the answers.
        settings: Of each request.
        questions: Shape (n,).
        replies: Of every model that is judged.
        pairs: (candidate, base), for pairwise judging.
    """
    making = _Making(texts, settings, [])
    if spec.mode == "pointwise":
        seen = [_seen(question, texts, place) for place, question in enumerate(questions)]
        points = {
            model: [
                making.point(seen[row], reply, row, k, (questions[row].id, model))
                for k, repeat in enumerate(repeats)
                for row, reply in enumerate(repeat)
            ]
            for model, repeats in replies.items()
        }
        return Plan(requests=making.requests, pairs={}, points=points)
    both = spec.orders == "both"
    told = {pair: seen_by(texts, questions, replies, pair) for pair in pairs}
    found = {
        (candidate, base): [
            making.pair(
                told[candidate, base][row],
                (ours, theirs),
                row,
                k,
                (both or row % 2 == 0, both or row % 2 == 1),
                (questions[row].id, pair_name(candidate, base)),
            )
            for k, (repeat, other) in enumerate(zip(replies[candidate], replies[base], strict=True))
            for row, (ours, theirs) in enumerate(zip(repeat, other, strict=True))
        ]
        for candidate, base in pairs
    }
    return Plan(requests=making.requests, pairs=found, points={})


def stand_ins(
    questions: Sequence[Question], models: Iterable[str], repeats: int
) -> dict[str, list[list[Reply]]]:
    """Answers for planning before there are any: as long as the expected ones, all different."""
    filler = "x " * 200  # where nothing is expected: some 200 tokens
    return {
        model: [
            [
                Reply(text=f"{question.expected or filler} {model}", model=STAND_IN)
                for question in questions
            ]
            for _ in range(repeats)
        ]
        for model in models
    }


def growth_of(replies: Replies, pairs: Sequence[tuple[str, str]], orders: int, longest: int) -> int:
    """Tokens by which prompts may grow once the stand-ins are answers of the greatest length.

    Args:
        replies: Real ones and stand-ins.
        pairs: That are shown together; empty = each answer by itself.
        orders: How often each pair is shown.
        longest: Tokens that an answer may have.
    """
    missing = {
        model: sum(reply.model == STAND_IN for repeat in repeats for reply in repeat)
        for model, repeats in replies.items()
    }
    shown = [model for pair in pairs for model in pair] * orders if pairs else list(replies)
    return sum(missing[model] for model in shown) * longest


def answer_text(reply: Reply) -> str:
    """What a model said: its text, its tool calls written out, or its refusal."""
    return reply.text or called(reply.tool_calls) or reply.refusal or ""


def seen_by(
    texts: Texts, questions: Sequence[Question], replies: Replies, pair: tuple[str, str]
) -> list[Seen]:
    """What stands around the answers of a pair, shape (n,).

    Where one side *is* the expected answers (`replay:heldout.jsonl#chosen`) no reference is shown:
    it would tell the judge which of the two to prefer.
    """
    seen = [_seen(question, texts, place) for place, question in enumerate(questions)]
    if any(_is_expected(replies[model], questions) for model in pair):
        return [replace(one, reference="") for one in seen]
    return seen


def asked_as(
    texts: Texts, settings: Settings, messages: list[dict[str, Any]], names: tuple[str, ...]
) -> Request:
    """The request that puts these messages to the judge."""
    if not texts.apart:
        whole = "\n\n".join(message["content"] for message in messages)
        messages = [{"role": "user", "content": whole}]
    return Request(
        messages=messages,
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        seed=settings.seed,
        extra=settings.extra,
        ids=(", ".join(names),),
    )


def _is_expected(repeats: Sequence[Sequence[Reply]], questions: Sequence[Question]) -> bool:
    return all(
        answer_text(reply).strip() == _expected(question).strip()
        for repeat in repeats
        for reply, question in zip(repeat, questions, strict=True)
    )


def _expected(question: Question) -> str:
    return question.expected or called(question.expected_calls)


def _seen(question: Question, texts: Texts, place: int) -> Seen:
    return Seen(
        conversation=[(str(m.role), _shown(m)) for m in question.history],
        context=texts.contexts[place] if texts.contexts else "",
        reference=_expected(question) if texts.reference else "",
    )


def _shown(message: Message) -> str:
    """A message's text or calls; of pictures and other parts it says that they are there."""
    content = message.content
    parts = content if isinstance(content, list) else []
    others = [p for p in parts if isinstance(p, Mapping) and p.get("type") not in ("text", None)]
    kinds = ", ".join(str(part["type"]) for part in others)
    return "\n".join(filter(None, (text_of_message(message), kinds and f"[{kinds}: not shown]")))


@dataclass(frozen=True, slots=True)
class _Making:
    texts: Texts
    settings: Settings
    requests: list[Request]

    def pair(
        self,
        seen: Seen,
        replies: tuple[Reply, Reply],
        row: int,
        repeat: int,
        orders: tuple[bool, bool],
        names: tuple[str, str],
    ) -> Case:
        ours, theirs = map(answer_text, replies)
        case = partial(Case, row=row, repeat=repeat, chars=(len(ours), len(theirs)))
        if any(reply.finish == "error" for reply in replies):
            return case(why=UNANSWERED)
        if ours.strip() == theirs.strip():
            return case(why=IDENTICAL)
        first = second = None
        if orders[0]:
            first = self._pair(seen, ours, theirs, (*names, "first"))
        if orders[1]:
            second = self._pair(seen, theirs, ours, (*names, "second"))
        return case(first=first, second=second)

    def point(
        self, seen: Seen, reply: Reply, row: int, repeat: int, names: tuple[str, str]
    ) -> Case:
        text = answer_text(reply)
        case = partial(Case, row=row, repeat=repeat, chars=(len(text), 0))
        if reply.finish == "error":
            return case(why=UNANSWERED)
        messages = point_messages(self.texts.system, seen, text, language=self.texts.language)
        return case(first=self._add(messages, names))

    def _pair(self, seen: Seen, a: str, b: str, names: tuple[str, ...]) -> int:
        messages = pair_messages(self.texts.system, seen, a, b, language=self.texts.language)
        return self._add(messages, names)

    def _add(self, messages: list[dict[str, Any]], names: tuple[str, ...]) -> int:
        self.requests.append(asked_as(self.texts, self.settings, messages, names))
        return len(self.requests) - 1
