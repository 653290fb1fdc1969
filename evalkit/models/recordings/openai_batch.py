# SPDX-License-Identifier: Apache-2.0
"""The output (and error) file of a batch: OpenAI's, Azure's and those of providers that copy it.

Rows: `{"id", "custom_id", "response": {"status_code", "body"}, "error"}`; the body is that of chat
completions, completions or responses. What was asked stands in the input file only:
`replay:OUTPUT+INPUT`. https://developers.openai.com/api/docs/guides/batch (read 2026-11)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.models._chat import reply as chat_reply
from evalkit.models._faults import RequestError
from evalkit.models.recordings._layout import Layout, Values
from evalkit.models.recordings._parts import (
    day_of,
    failed,
    finish_of,
    mapping,
    text_of,
    usage_of,
)
from evalkit.models.recordings._recorded import Recorded

__all__ = ["openai_batch"]


def _tells(value: Mapping[str, Any]) -> bool:
    return "custom_id" in value and ("response" in value or "error" in value)


def _rows(values: Values) -> Iterator[Recorded]:
    for _, value in values:
        name = value.get("custom_id")
        if not isinstance(name, str):
            raise ValueError("the row has no `custom_id`")  # noqa: TRY004  of the data
        response = mapping(value.get("response"))
        body = mapping(response.get("body"))
        good = response.get("status_code", 200) == 200 and body
        replies = _replies(body) if good else []
        model = body.get("model")
        for repeat, reply in enumerate(replies or [failed()]):
            yield Recorded(
                messages=None,
                reply=reply,
                model=model if isinstance(model, str) else None,
                date=day_of(body.get("created") or body.get("created_at")),
                repeat=repeat,
                ids=(name,),
            )


def _replies(body: Mapping[str, Any]) -> list[Reply]:
    """Every choice of a body; the token counts, which are of all, stand with the first."""
    choices = body.get("choices")
    if not isinstance(choices, list):
        return [_of_responses(body)] if isinstance(body.get("output"), list) else []
    found = []
    for choice in choices:
        if isinstance(mapping(choice).get("text"), str):  # completions
            found.append(
                Reply(
                    text=choice["text"],
                    finish=finish_of(choice.get("finish_reason")),
                    usage=usage_of(body.get("usage"), "prompt_tokens", "completion_tokens"),
                )
            )
            continue
        try:
            found.append(chat_reply({**body, "choices": [choice]}))
        except RequestError:
            found.append(failed())
    return [reply if n == 0 else replace(reply, usage=None) for n, reply in enumerate(found)]


def _of_responses(body: Mapping[str, Any]) -> Reply:
    texts, refusals = [], []
    for item in body["output"]:
        parts = mapping(item).get("content")
        if mapping(item).get("type") == "message" and isinstance(parts, list):
            texts.append(text_of(parts))
            refusals += [mapping(part).get("refusal") for part in parts]
    refused = [text for text in refusals if isinstance(text, str)]
    return Reply(
        text="".join(texts),
        finish=finish_of(body.get("status")),
        usage=usage_of(body.get("usage"), "input_tokens", "output_tokens"),
        model=body["model"] if isinstance(body.get("model"), str) else None,
        refusal=refused[0] if refused else None,
    )


openai_batch = Layout(
    name="openai-batch", whose="output files of OpenAI batches", tells=_tells, rows=_rows
)
