# SPDX-License-Identifier: Apache-2.0
"""The rows of an earlier run (`samples.jsonl`): every model's answer to every question.

They hold texts only: messages with images or tool calls are found by their identifiers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.models.recordings._layout import Layout, Values
from evalkit.models.recordings._parts import failed, mapping, usage_of
from evalkit.models.recordings._recorded import Recorded, from_row

__all__ = ["run_samples"]


def _tells(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("answers"), Mapping) and {"id", "line", "messages"} <= value.keys()


def _rows(values: Values) -> Iterator[Recorded]:
    for _, value in values:
        messages = [
            {"role": str(role), "content": str(text)} for role, text in value.get("messages", ())
        ]
        ids = (str(value["id"]), f"line {value['line']}")
        for model, said in mapping(value.get("answers")).items():
            answer = mapping(said)
            if answer.get("finish") == "error":
                yield Recorded(messages=messages, reply=failed(), model=model, ids=ids)
                continue
            usage = usage_of(answer, "prompt_tokens", "completion_tokens")
            reply = {key: answer[key] for key in ("text", "finish") if key in answer}
            if isinstance(shares := answer.get("probabilities"), Mapping):
                reply["probabilities"] = shares
            if usage is not None:
                reply["usage"] = {
                    "prompt_tokens": usage.prompt_tokens,
                    "completion_tokens": usage.completion_tokens,
                }
            yield from_row({"messages": messages, "reply": reply, "model": model, "ids": list(ids)})


run_samples = Layout(
    name="run-samples", whose="samples.jsonl of an earlier run", tells=_tells, rows=_rows
)
