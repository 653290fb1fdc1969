# SPDX-License-Identifier: Apache-2.0
"""The samples of the LM Evaluation Harness (`samples_TASK_TIME.jsonl`, `--log_samples`).

A row: `doc_id`, `doc`, `arguments` (prompt and settings of each request), `resps` (per request, a
list of one per repeat), `filter`. Of generated answers the text as generated counts, not what a
filter took out of it. Of multiple choice the likeliest choice is the answer, and the choices'
probabilities are those of the whole choice. Seen in lm-eval 0.4.13 (2026-11); until 0.4.4
`arguments` was a list.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.models.recordings._layout import Layout, Values
from evalkit.models.recordings._parts import answer, facts_in, ids_in, messages_of, shown
from evalkit.models.recordings._recorded import Recorded

__all__ = ["lm_eval"]


def _tells(value: Mapping[str, Any]) -> bool:
    return {"doc_id", "doc", "resps"} <= value.keys()


def _rows(values: Values) -> Iterator[Recorded]:
    seen: set[int] = set()
    for _, value in values:
        number = value.get("doc_id")
        if type(number) is not int or number < 0:
            raise ValueError("the row has no `doc_id`")
        if number in seen:  # the same answer through another filter
            continue
        seen.add(number)
        asked = _arguments(value.get("arguments"))
        expected = _expected(value.get("target"), asked)
        for repeat, reply in enumerate(_replies(value.get("resps"), asked)):
            yield Recorded(
                messages=_prompt(asked),
                reply=reply,
                repeat=repeat,
                ids=ids_in(value.get("doc")),
                place=number,
                expected=expected,
                fields=facts_in(value.get("doc")),
            )


def _arguments(value: Any) -> list[Sequence[Any]]:
    """The arguments of each request, in order."""
    if isinstance(value, Mapping):  # {"gen_args_0": {"arg_0": prompt, "arg_1": settings}, ...}
        value = list(value.values())
    if not isinstance(value, list):
        return []
    return [
        list(one.values()) if isinstance(one, Mapping) else one
        for one in value
        if isinstance(one, Mapping | list)
    ]


def _expected(target: Any, asked: Sequence[Sequence[Any]]) -> str | None:
    """What the task calls its target; of multiple choice that may be the number of the choice."""
    one = target[0] if isinstance(target, list) and target else target
    if isinstance(one, bool) or not isinstance(one, str | int | float):
        return None
    choices = _choices(asked)
    number = str(one)
    if len(choices) > 1 and number not in choices and number.isascii() and number.isdigit():
        return choices[int(number)] if len(number) < 4 and int(number) < len(choices) else number
    return number


def _choices(asked: Sequence[Sequence[Any]]) -> list[str]:
    return [str(one[1]).strip() for one in asked if len(one) > 1 and isinstance(one[1], str)]


def _prompt(asked: Sequence[Sequence[Any]]) -> list[Mapping[str, Any]] | None:
    if not asked or not asked[0]:
        return None
    prompt = asked[0][0]
    if isinstance(prompt, list) and len(prompt) == 1 and isinstance(prompt[0], str):
        prompt = prompt[0]  # messages of a chat model, as JSON in a named tuple
    return messages_of(prompt)


def _replies(resps: Any, asked: Sequence[Sequence[Any]]) -> list[Reply]:
    if not isinstance(resps, list) or not resps or not all(isinstance(r, list) for r in resps):
        raise ValueError("the row has no `resps`")
    if any(isinstance(one, list | tuple) for one in resps[0]):
        return [_likeliest(resps, asked)]
    return [answer(shown(one)) for one in resps[0]]


def _likeliest(resps: Sequence[Any], asked: Sequence[Sequence[Any]]) -> Reply:
    choices = _choices(asked)
    if len(choices) != len(resps):
        raise ValueError("its requests are no choices: a task without answers")
    logs = [float(one[0][0]) for one in resps]
    if any(math.isnan(log) for log in logs):
        raise ValueError("a log-likelihood is no number")
    best = max(range(len(logs)), key=logs.__getitem__)
    shares = {choice: math.exp(min(0.0, log)) for choice, log in zip(choices, logs, strict=True)}
    return answer(choices[best], probabilities=shares)


lm_eval = Layout(
    name="lm-eval", whose="samples of the LM Evaluation Harness", tells=_tells, rows=_rows
)
