# SPDX-License-Identifier: Apache-2.0
"""The rows of an earlier run (`samples.jsonl`): every model's answer to every question.

They hold texts only: messages with images or tool calls are found by their identifiers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.models.recordings._layout import Layout, Values
from evalkit.models.recordings._parts import facts_in, failed, mapping, usage_of
from evalkit.models.recordings._recorded import Recorded, from_row

__all__ = ["run_samples"]


def _tells(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("answers"), Mapping) and {"id", "line", "messages"} <= value.keys()


def _rows(values: Values) -> Iterator[Recorded]:
    for _, value in values:
        messages = [
            {"role": str(role), "content": str(text)} for role, text in value.get("messages", ())
        ]
        expected, line = value.get("expected"), value["line"]
        asked = Recorded(
            messages=messages,
            reply=failed(),
            ids=(str(value["id"]), f"line {line}"),
            expected=expected if isinstance(expected, str) else None,
            fields=facts_in(value.get("slices")),
            line=line if type(line) is int else None,
        )
        for model, said in mapping(value.get("answers")).items():
            answer = mapping(said)
            repeats = answer.get("repeats")
            several = repeats if isinstance(repeats, list) else []
            yield replace(asked, model=model, reply=_reply(answer))
            for k, one in enumerate(several[1:], 1):
                yield replace(asked, model=model, reply=_reply(mapping(one)), repeat=k)


def _reply(answer: Mapping[str, Any]) -> Reply:
    if answer.get("finish") == "error":
        return failed()
    usage = usage_of(answer, "prompt_tokens", "completion_tokens")
    reply = {key: answer[key] for key in ("text", "finish") if key in answer}
    if isinstance(shares := answer.get("probabilities"), Mapping):
        reply["probabilities"] = shares
    if calls := _calls(answer.get("calls")):
        reply["tool_calls"] = calls
    if usage is not None:
        reply["usage"] = {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
        }
    return from_row({"messages": [], "reply": reply}).reply


def _calls(calls: Any) -> list[Mapping[str, Any]]:
    """Tool calls as chat completions write them; rows hold name and arguments of each."""
    pairs = calls if isinstance(calls, list) else []
    return [
        {"type": "function", "function": {"name": str(pair[0]), "arguments": str(pair[1])}}
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2
    ]


run_samples = Layout(
    name="run-samples", whose="samples.jsonl of an earlier run", tells=_tells, rows=_rows
)
