# SPDX-License-Identifier: Apache-2.0
"""Expected answers from a recording: what an old model said is what a new one is held against.

`expected: answers.jsonl` (or `answers.jsonl#NAME`, where it holds several models) reads any layout
of recorded answers; rows are found as `replay:` finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Request
from evalkit.core.printable import printable
from evalkit.evaluation.questions import Question
from evalkit.evaluation.suite import Suite

__all__ = ["Expected", "expected_answers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Questions with the recorded answers as expected ones.

    Attributes:
        questions: As given, but for what is expected.
        notes: How the answers were found, in English and Chinese.
    """

    questions: Sequence[Question]
    notes: Sequence[tuple[str, str]] = ()


def expected_answers(suite: Suite, questions: Sequence[Question]) -> Expected:
    """The suite's questions, held against its recording where it has one.

    Raises:
        InputError: The file is missing or is no recording.
        UsageError: Some questions are not in it, or it holds several models and none is named.
    """
    if suite.expected is None:
        return Expected(questions=questions)
    from evalkit.models.recordings._matching import matched
    from evalkit.models.recordings._read import open_recording
    from evalkit.models.replay import named_parts

    path, asked, name = named_parts(suite.expected, suite.folder)
    try:
        recording = open_recording(path, model=name, asked=asked)
        found = matched(recording, [_request(question, suite) for question in questions])
    except UsageError as error:
        hint = error.hint.replace("replay:", "expected: ")
        raise UsageError(f"`expected`: {error.message}", hint) from error
    who = printable(recording.model or "")
    of = f" of {who}" if who else ""
    zh_of = f"（{who}）" if who else ""
    en = f"Expected answers are recorded ones{of}: the numbers say how far models agree with them."
    about = (en, f"期望答案是录制的回答{zh_of}：数字表示模型与其一致的程度。")
    return Expected(
        questions=[
            replace(question, expected=reply.text, expected_calls=reply.tool_calls)
            for question, reply in zip(questions, found.replies, strict=True)
        ],
        notes=[about, *((f"Expected: {en}.", f"期望答案：{zh}。") for en, zh in found.notes)],
    )


def _request(question: Question, suite: Suite) -> Request:
    """What the recording knows the question by; settings of a request that nobody sends."""
    own = question.example.fields.get("id", "")
    line = question.example.location.line
    whole = suite.turns == "last"
    names = (question.id, own, f"line {line}" if line else "") if whole else (question.id,)
    return Request(messages=question.messages, ids=tuple(filter(None, names)))
