# SPDX-License-Identifier: Apache-2.0
"""What OpenAI's two evals leave: the platform's output items, and the logs of the open framework.

- Platform (its Evals close on 2026-11-30): output items of a run, `{"object":
  "eval.run.output_item", "datasource_item", "datasource_item_id", "sample": {"input", "output",
  "finish_reason", "model", "usage", "error"}}`, as JSON lines, as a list, or as a page of the API;
  exports that call the item `item`. Shapes: the openai client 3.52's types (2026-11).
- Framework (github.com/openai/evals): a log of events; those of type "sampling" hold `prompt` and
  `sampled`, `sample_id` ends in the number of the row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.models.recordings._layout import Layout, Values
from evalkit.models.recordings._parts import (
    answer,
    day_of,
    expected_in,
    facts_in,
    failed,
    finish_of,
    ids_in,
    mapping,
    messages_of,
    shown,
    text_of,
    usage_of,
)
from evalkit.models.recordings._recorded import Recorded

__all__ = ["openai_evals"]

_NUMBER = re.compile(r"\.(\d{1,9})\Z")


def _tells(value: Mapping[str, Any]) -> bool:
    if _is_item(value) or _is_event(value):
        return True
    if "completion_fns" in mapping(value.get("spec")) or "eval_name" in mapping(value.get("spec")):
        return True
    return any(_is_item(mapping(one)) for one in _page(value)[:1])


def _is_item(value: Mapping[str, Any]) -> bool:
    named = value.get("object") == "eval.run.output_item"
    return isinstance(value.get("sample"), Mapping) and (
        named or "datasource_item" in value or isinstance(value.get("item"), Mapping)
    )


def _is_event(value: Mapping[str, Any]) -> bool:
    return {"run_id", "type", "data"} <= value.keys()


def _page(value: Mapping[str, Any]) -> list[Any]:
    data = value.get("data")
    return data if isinstance(data, list) else []


def _rows(values: Values) -> Iterator[Recorded]:
    """The answers; what is expected stands in an event of its own, which comes later."""
    expected: dict[str, str] = {}
    rows = list(_answered(values, expected))
    for row in rows:
        said = next((expected[name] for name in row.ids if name in expected), row.expected)
        yield replace(row, expected=said) if said != row.expected else row


def _answered(values: Values, expected: dict[str, str]) -> Iterator[Recorded]:
    model = None
    for _, value in values:
        if "spec" in value:
            functions = mapping(value["spec"]).get("completion_fns")
            named = functions[0] if isinstance(functions, list) and functions else None
            model = named if isinstance(named, str) else None
        elif _is_item(value):
            yield _item(value)
        elif page := _page(value):
            yield from (_item(mapping(one)) for one in page)
        elif value.get("type") == "sampling":
            yield from _sampled(value, model)
        elif value.get("type") == "match":
            said = expected_in({"expected": mapping(value.get("data")).get("expected")})
            if said is not None:
                expected.setdefault(str(value.get("sample_id", "")), said)
        elif not (_is_event(value) or "final_report" in value):
            raise ValueError("neither an output item nor an event")


def _item(value: Mapping[str, Any]) -> Recorded:
    sample = mapping(value.get("sample"))
    item = mapping(value.get("datasource_item")) or mapping(value.get("item"))
    place = value.get("datasource_item_id")
    model = sample.get("model")
    return Recorded(
        messages=messages_of(sample.get("input")) or messages_of(item.get("input")),
        reply=_reply(sample),
        model=model if isinstance(model, str) and model else None,
        date=day_of(value.get("created_at")),
        ids=ids_in(item, mapping(item.get("item"))),
        place=place if type(place) is int and place >= 0 else None,
        expected=expected_in(item, mapping(item.get("item"))),
        fields=facts_in(item, mapping(item.get("item"))),
    )


def _reply(sample: Mapping[str, Any]) -> Reply:
    error = mapping(sample.get("error"))
    output = sample.get("output", sample.get("outputs"))
    text = sample.get("output_text")
    if text is None and isinstance(output, list) and output:
        text = text_of(mapping(output[-1]).get("content"))
    if text is None or error.get("code") or error.get("message"):
        return failed()
    return Reply(
        text=shown(text),
        finish=finish_of(sample.get("finish_reason")),
        usage=usage_of(sample.get("usage"), "prompt_tokens", "completion_tokens"),
    )


def _sampled(value: Mapping[str, Any], model: str | None) -> Iterator[Recorded]:
    data = mapping(value.get("data"))
    said = data.get("sampled")
    name = str(value.get("sample_id", ""))
    number = _NUMBER.search(name)
    given = data.get("model")
    for text in said if isinstance(said, list) else [said]:
        yield Recorded(
            messages=messages_of(data.get("prompt")),
            reply=failed() if text is None else answer(shown(text)),
            model=model or (given if isinstance(given, str) else None),
            date=day_of(value.get("created_at")),
            ids=(name,) if name else (),
            place=int(number.group(1)) if number else None,
        )


openai_evals = Layout(name="openai-evals", whose="runs of OpenAI's Evals", tells=_tells, rows=_rows)
