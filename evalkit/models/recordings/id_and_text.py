# SPDX-License-Identifier: Apache-2.0
"""The simplest record of all: a table or JSON lines with an answer a row, and a name for the row.

Columns by their usual names, English and Chinese; the question, where it stands there too, is what
the rows are found by.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from math import isfinite
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.data.columns import simplified
from evalkit.models.recordings._layout import Layout, Value, Values
from evalkit.models.recordings._parts import (
    day_of,
    failed,
    finish_of,
    mapping,
    messages_of,
    shown,
    usage_of,
)
from evalkit.models.recordings._recorded import Recorded

__all__ = ["id_and_text"]

# The strongest first. What is expected or correct is nobody's answer.
_ANSWER = (
    "model answer", "model output", "model response", "completion", "prediction", "predicted",
    "generated", "generation", "generated text", "response", "reply", "output", "output text",
    "answer", "text", "content", "result",
    "模型回答", "模型输出", "模型輸出", "生成", "生成结果", "生成結果", "预测", "預測", "回答",
    "回复", "回覆", "答复", "答覆", "答案", "输出", "輸出", "结果", "結果", "文本",
)  # fmt: skip
_ID = (
    "id", "custom id", "question id", "qid", "row id", "example id", "sample id", "case id", "key",
    "uid", "uuid", "idx", "index", "no", "number", "编号", "編號", "序号", "序號", "题号", "題號",
    "标识", "標識", "行号id",
)  # fmt: skip
_LINE = ("line", "line number", "row", "row number", "行", "行号", "行號", "行数", "行數")
_MODEL = ("model", "model name", "engine", "模型", "模型名", "模型名称", "模型名稱")
_FINISH = ("finish", "finish reason", "stop reason", "结束原因", "結束原因", "停止原因")
_ERROR = ("error", "error message", "错误", "錯誤", "报错", "報錯")
_DATE = ("date", "time", "timestamp", "created", "created at", "日期", "时间", "時間")
_REPEAT = ("repeat", "epoch", "attempt", "trial", "重复", "重複", "次数", "次數")
_SHARES = ("probabilities", "probs", "label probabilities", "概率", "機率")
_QUESTION = (
    "messages", "prompt", "question", "query", "input", "user", "ask", "问题", "問題", "提问",
    "提問", "用户", "用戶", "输入", "輸入",
)  # fmt: skip
_SYSTEM = ("system", "system prompt", "系统", "系統", "系统提示", "系統提示", "系统提示词")
_BARE = ("text", "content", "文本")  # with nothing else beside them they may be anything


def _found(names: tuple[str, ...], keys: Mapping[str, str]) -> str | None:
    return next((keys[simplified(name)] for name in names if simplified(name) in keys), None)


def _keys(value: Mapping[str, Any]) -> dict[str, str]:
    keys: dict[str, str] = {}
    for key in value:
        keys.setdefault(simplified(str(key)), key)
    return keys


def _tells(value: Mapping[str, Any]) -> bool:
    keys = _keys(value)
    answer = _found(_ANSWER, keys)
    if answer is None:
        return False
    named = any(_found(names, keys) for names in (_ID, _LINE, _QUESTION, _MODEL))
    return named or simplified(answer) not in {simplified(name) for name in _BARE}


def _rows(values: Values) -> Iterator[Recorded]:
    found = iter(values)
    first = next(found, None)
    if first is None:
        return
    keys = _keys(first[1])
    answer = _found(_ANSWER, keys)
    if answer is None:
        raise ValueError("no column or key holds an answer")
    rows = [
        _row(value, keys if value[1].keys() == first[1].keys() else _keys(value[1]), answer)
        for value in chain([first], found)
    ]
    numbers = _counted(rows, _found(_ID, keys))
    for row, place in zip(rows, numbers, strict=True):
        yield row if place is None else _at(row, place)


def _row(found: Value, keys: Mapping[str, str], answer: str) -> Recorded:
    value = found[1]

    def said(names: tuple[str, ...]) -> Any:
        name = _found(names, keys)
        got = value.get(name) if name is not None else None
        return None if got == "" else got

    if answer not in value and said(_ERROR) is None:
        raise ValueError(f"the row has no `{excerpt(answer, 30)}`")
    ids = [str(one).strip() for one in (said(_ID),) if one is not None]
    line = _whole(said(_LINE))
    if line is not None:
        ids.append(f"line {line}")
    failed_there = said(_ERROR) is not None and not value.get(answer)
    model = said(_MODEL)
    return Recorded(
        messages=_messages(said(_QUESTION), said(_SYSTEM)),
        reply=failed() if failed_there else _reply(value, answer, said),
        model=None if model is None else str(model),
        date=day_of(said(_DATE)),
        repeat=_whole(said(_REPEAT)) or 0,
        ids=tuple(ids),
    )


def _reply(value: Mapping[str, Any], answer: str, said: Any) -> Reply:
    return Reply(
        text=shown(value.get(answer)),
        finish=finish_of(said(_FINISH)),
        probabilities=_shares(said(_SHARES)),
        usage=usage_of(value, "prompt_tokens", "completion_tokens")
        or usage_of(value.get("usage"), "prompt_tokens", "completion_tokens"),
    )


def _messages(question: Any, system: Any) -> list[Mapping[str, Any]] | None:
    messages = messages_of(question)
    if messages and isinstance(system, str) and messages[0].get("role") != "system":
        return [{"role": "system", "content": system}, *messages]
    return messages


def _shares(value: Any) -> dict[str, float] | None:
    """Label to probability: an object, or the same as JSON in a cell."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    known = {
        str(label): float(share)
        for label, share in mapping(value).items()
        if isinstance(share, int | float) and isfinite(share) and 0 <= share <= 1
    }
    return known or None


def _whole(value: Any) -> int | None:
    text = str(value).strip().removesuffix(".0") if value is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _counted(rows: list[Recorded], column: str | None) -> list[int | None]:
    """Places of rows whose identifiers only count them: 0, 1, 2, … or 1, 2, 3, … in any order."""
    numbers = [_whole(row.ids[0]) if row.ids else None for row in rows]
    known = sorted(number for number in numbers if number is not None)
    if column is None or not known or len(known) < len(rows):
        return [None] * len(rows)
    if known == list(range(known[0], known[0] + len(known))) and known[0] in (0, 1):
        return [None if number is None else number - known[0] for number in numbers]
    return [None] * len(rows)


def _at(row: Recorded, place: int) -> Recorded:
    from dataclasses import replace

    return replace(row, place=place)


id_and_text = Layout(
    name="id-and-text", whose="tables and JSON lines of id and text", tells=_tells, rows=_rows,
    order=9,
)  # fmt: skip
