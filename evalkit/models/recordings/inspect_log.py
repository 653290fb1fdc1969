# SPDX-License-Identifier: Apache-2.0
"""Logs of Inspect (UK AISI): `.eval`, a zip of JSON files, and `.json`.

A sample: `id`, `epoch`, `input`, `messages` (the whole conversation), `output.choices[0]`
(`message`, `stop_reason`, `logprobs`), `output.usage`, `error`. Long texts stand in `attachments`
and are referred to. Seen in inspect-ai 0.3.285 (2026-11), log version 2; its archives are packed by
zstd, older ones by deflate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.models._chat import reply as chat_reply
from evalkit.models._faults import RequestError
from evalkit.models.recordings._layout import Layout, Values
from evalkit.models.recordings._parts import (
    day_of,
    expected_in,
    facts_in,
    failed,
    finish_of,
    mapping,
    messages_of,
    text_of,
    usage_of,
)
from evalkit.models.recordings._recorded import Recorded

__all__ = ["inspect_log"]

_ATTACHED = "attachment://"


def _tells(value: Mapping[str, Any]) -> bool:
    about = mapping(value.get("eval"))
    return "version" in value and "task" in about and "model" in about


def _rows(values: Values) -> Iterator[Recorded]:
    model = None
    for _, value in values:
        if _tells(value):  # the header of an archive, or a whole log
            named = mapping(value["eval"]).get("model")
            model = named if isinstance(named, str) else None
            samples = value.get("samples")
            for sample in samples if isinstance(samples, list) else ():
                yield _row(mapping(sample), model)
        elif "output" in value or "error" in value:
            yield _row(value, model)
        else:
            raise ValueError("not a sample")


def _row(sample: Mapping[str, Any], model: str | None) -> Recorded:
    attached = mapping(sample.get("attachments"))
    output = mapping(sample.get("output"))
    epoch = sample.get("epoch", 1)
    name = sample.get("id")
    return Recorded(
        messages=_asked(sample, attached),
        reply=_reply(output, attached),
        model=model,
        date=day_of(sample.get("completed_at") or sample.get("started_at")),
        repeat=epoch - 1 if type(epoch) is int and epoch > 0 else 0,
        ids=(str(name),) if isinstance(name, str | int) else (),
        place=name - 1 if type(name) is int and name > 0 else None,  # without ids they are counted
        expected=expected_in({"target": sample.get("target")}),
        fields=facts_in(sample.get("metadata")),
    )


def _asked(
    sample: Mapping[str, Any], attached: Mapping[str, Any]
) -> list[Mapping[str, Any]] | None:
    """The conversation up to the last answer."""
    messages = messages_of(sample.get("messages")) or messages_of(sample.get("input"))
    if messages is None:
        return None
    if messages[-1].get("role") == "assistant":
        messages = messages[:-1]
    return [{**m, "content": _content(m.get("content"), attached)} for m in messages] or None


def _content(content: Any, attached: Mapping[str, Any]) -> Any:
    """The text of a message; parts that are no text are left as they are."""
    if isinstance(content, str):
        return _whole(content, attached)
    if isinstance(content, list) and all(mapping(p).get("type") in _TEXTS for p in content):
        return _whole(text_of([p for p in content if p.get("type") == "text"]), attached)
    return content


_TEXTS = ("text", "reasoning")


def _whole(text: str, attached: Mapping[str, Any]) -> str:
    if not text.startswith(_ATTACHED):
        return text
    found = attached.get(text.removeprefix(_ATTACHED))
    return found if isinstance(found, str) else text


def _reply(output: Mapping[str, Any], attached: Mapping[str, Any]) -> Reply:
    choices: Sequence[Any] = output["choices"] if isinstance(output.get("choices"), list) else ()
    if not choices or output.get("error"):
        return failed()
    choice = mapping(choices[0])
    message = mapping(choice.get("message"))
    # Their log probabilities are written as chat completions write them.
    positions = _positions(choice.get("logprobs"))
    calls = message.get("tool_calls")
    return Reply(
        text=str(_content(message.get("content") or "", attached)),
        finish=finish_of(choice.get("stop_reason")),
        positions=positions,
        usage=usage_of(output.get("usage"), "input_tokens", "output_tokens"),
        model=output["model"] if isinstance(output.get("model"), str) else None,
        tool_calls=tuple(_call(c) for c in calls if isinstance(c, Mapping))
        if isinstance(calls, list)
        else (),
    )


def _positions(logprobs: Any) -> Any:
    if not isinstance(logprobs, Mapping):
        return ()
    try:
        return chat_reply({"choices": [{"message": {}, "logprobs": logprobs}]}).positions
    except RequestError:
        return ()


def _call(call: Mapping[str, Any]) -> Mapping[str, Any]:
    """A tool call in the terms of chat completions."""
    import json

    arguments = call.get("arguments")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    name = call.get("function")
    return {
        "id": str(call.get("id", "")),
        "type": "function",
        "function": {"name": name if isinstance(name, str) else "", "arguments": text},
    }


inspect_log = Layout(name="inspect-log", whose="logs of Inspect", tells=_tells, rows=_rows)
