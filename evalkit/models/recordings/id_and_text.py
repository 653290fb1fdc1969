# SPDX-License-Identifier: Apache-2.0
"""The simplest record of all: a table or JSON lines with an answer a row, and a name for the row.

Columns by their usual names, English and Chinese; the question, where it stands there too, is what
the rows are found by. Probabilities stand in one column, as JSON, or in one for each label
(`probability_refund`, `prob[refund]`, `概率_退款`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from math import isfinite
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.data.columns import simplified
from evalkit.models.recordings._layout import Layout, Value, Values
from evalkit.models.recordings._parts import (
    EXPECTED,
    day_of,
    expected_in,
    facts_in,
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
    "predicted label", "prediction label", "predicted class", "predicted answer", "y pred", "pred",
    "generated", "generation", "generated text", "response", "reply", "output", "output text",
    "answer", "text", "content", "result",
    "模型回答", "模型输出", "模型輸出", "预测标签", "預測標籤", "预测结果", "預測結果",
    "生成", "生成结果", "生成結果", "预测", "預測", "回答",
    "回复", "回覆", "答复", "答覆", "答案", "输出", "輸出", "结果", "結果", "文本",
)  # fmt: skip
_ID = (
    "id", "custom id", "question id", "qid", "row id", "example id", "sample id", "case id", "key",
    "uid", "uuid", "idx", "index", "no", "number", "编号", "編號", "序号", "序號", "题号", "題號",
    "标识", "標識", "行号id",
)  # fmt: skip
_LINE = ("line", "line number", "row", "row number", "行", "行号", "行號", "行数", "行數")
_MODEL = ("model", "model name", "engine", "generator", "模型", "模型名", "模型名称", "模型名稱")
_FINISH = ("finish", "finish reason", "stop reason", "结束原因", "結束原因", "停止原因")
_ERROR = ("error", "error message", "错误", "錯誤", "报错", "報錯")
_DATE = ("date", "time", "timestamp", "created", "created at", "日期", "时间", "時間")
_REPEAT = ("repeat", "epoch", "attempt", "trial", "重复", "重複", "次数", "次數")
_SHARES = ("probabilities", "probs", "label probabilities", "概率", "機率")
_QUESTION = (
    "messages", "prompt", "origin prompt", "question", "query", "instruction", "input", "user",
    "ask", "指令", "问题", "問題", "提问",
    "提問", "用户", "用戶", "输入", "輸入",
)  # fmt: skip
_SYSTEM = ("system", "system prompt", "系统", "系統", "系统提示", "系統提示", "系统提示词")
# What a table of questions calls its answers is expected where something else is the answer.
_ANSWERS_OF_DATA = ("answer", "output", "response", "completion", "答案", "回答", "输出", "輸出")
_SHARE = re.compile(
    r"(?:probability|prob|proba|概率|機率)[ _\-.:\[(]+(?P<label>.+?)[\])]?"
    r"|p[\[(](?P<bare>.+)[\])]",
    re.IGNORECASE,
)
_NOT_LABELS = ("answer", "label", "max", "maximum", "predicted", "prediction")
_BARE = ("text", "content", "文本")  # with nothing else beside them they may be anything


def _found(names: tuple[str, ...], keys: Mapping[str, str]) -> str | None:
    return next((keys[name] for name in _simple(names) if name in keys), None)


@cache
def _simple(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(simplified, names))


def _keys(value: Mapping[str, Any]) -> Mapping[str, str]:
    return _keys_of(tuple(value))


@lru_cache(maxsize=1024)  # the rows of a table have the same ones
def _keys_of(names: tuple[str, ...]) -> Mapping[str, str]:
    keys: dict[str, str] = {}
    for key in names:
        keys.setdefault(simplified(str(key)), key)
    return keys


@lru_cache(maxsize=1024)
def _labels(names: tuple[str, ...]) -> Mapping[str, str]:
    """Column to label, of the columns that hold a label's probability."""
    found = {}
    for name in names:
        match = _SHARE.fullmatch(str(name).strip())
        label = (match.group("label") or match.group("bare")).strip() if match else ""
        if label and label.casefold() not in _NOT_LABELS:
            found[name] = label
    return found


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
    given = [first, *found]
    rows = [_row(value, _keys(value[1]), answer) for value in given]
    if columns := _labels(tuple(first[1])):
        rows = _with_shares(rows, [value for _, value in given], columns)
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
        expected=_expected(value, keys, answer),
        fields=facts_in({name: one for name, one in value.items() if name != answer}),
        line=_line(found[0]),
    )


def _expected(value: Mapping[str, Any], keys: Mapping[str, str], answer: str) -> str | None:
    said = expected_in({name: value[name] for name in value if name != answer})
    if said is not None or any(name in keys for name in EXPECTED):
        return said
    others = [keys[name] for name in _ANSWERS_OF_DATA if keys.get(name, answer) != answer]
    return shown(value.get(others[0])) if others else None


def _line(where: str) -> int | None:
    """The line that a place ends in: `a.csv, line 3`, `a.jsonl:3`."""
    found = re.search(r"(?:line |row |item |:)(\d{1,15})\Z", where)
    return int(found.group(1)) if found else None


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


def _with_shares(
    rows: list[Recorded], values: list[Mapping[str, Any]], columns: Mapping[str, str]
) -> list[Recorded]:
    """The rows with what stands in the columns of the labels.

    They are such columns where a label of theirs is an answer or expected somewhere in the file.
    Of two labels one column is enough: it says the other's probability too.
    """
    expected = {row.expected.strip() for row in rows if row.expected and row.expected.strip()}
    answered = {row.reply.text.strip() for row in rows if row.reply.text.strip()}
    said = {text.casefold() for text in expected | answered}
    if not any(label.casefold() in said for label in columns.values()):
        return rows
    other = None
    if len(columns) == 1 and len(labels := expected or answered) == 2:
        (label,) = columns.values()
        rest = [text for text in labels if text.casefold() != label.casefold()]
        other = (label, rest[0]) if len(rest) == 1 else None
    found = []
    for row, value in zip(rows, values, strict=True):
        shares = _shares({label: _number(value.get(name)) for name, label in columns.items()})
        if shares and other is not None:
            shares[other[1]] = 1.0 - shares[other[0]]
        kept = row.reply.probabilities or row.reply.finish == "error"
        found.append(row if kept else replace(row, reply=replace(row.reply, probabilities=shares)))
    return found


def _number(cell: Any) -> Any:
    if isinstance(cell, str):
        try:
            return float(cell)
        except ValueError:
            return None
    return cell


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
    return replace(row, place=place)


id_and_text = Layout(
    name="id-and-text", whose="tables and JSON lines of id and text", tells=_tells, rows=_rows,
    order=9,
)  # fmt: skip
