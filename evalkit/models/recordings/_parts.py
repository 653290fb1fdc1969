# SPDX-License-Identifier: Apache-2.0
"""The few steps that several layouts share; every value may be of any type."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from evalkit.core.exchange import Finish, Reply, Usage
from evalkit.data.columns import simplified

__all__ = [
    "EXPECTED", "answer", "day_of", "expected_in", "facts_in", "failed", "finish_of", "ids_in",
    "mapping", "messages_of", "shown", "text_of", "usage_of",
]  # fmt: skip

_FINISHES: Mapping[str, Finish] = {
    "stop": "stop", "end_turn": "stop", "completed": "stop", "eos": "stop", "stop_sequence": "stop",
    "length": "length", "max_tokens": "length", "model_length": "length", "incomplete": "length",
    "tool_calls": "tool_calls", "tool_use": "tool_calls", "function_call": "tool_calls",
    "content_filter": "content_filter", "refusal": "content_filter", "safety": "content_filter",
}  # fmt: skip
_ID_KEYS = ("id", "_id", "idx", "index", "qid", "question_id", "custom_id", "uid", "uuid", "row_id")
# What should have been answered, by its usual names, the strongest first; in simplified form.
EXPECTED = (
    "expected", "expected answer", "expected output", "expected label", "ideal", "ideal answer",
    "gold", "gold answer", "gold label", "golden", "ground truth", "true label", "truth", "y true",
    "target", "reference", "reference answer", "refr", "correct answer", "correct label",
    "solution", "label", "intent", "category", "class",
    "期望", "期望答案", "期望输出", "期望輸出", "参考答案", "參考答案", "标准答案", "標準答案",
    "正确答案", "正確答案", "真实标签", "真實標籤", "标签", "標籤", "意图", "意圖", "类别", "類別",
    "分类", "分類",
)  # fmt: skip
_LONGEST_FACT = 80  # of a value that anybody would group rows by
_MOST_FACTS = 50
_DIGITS = 16  # of a count of tokens that somebody could mean


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def text_of(content: Any) -> str:
    """The text of a message's content: a string, or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, Mapping))
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def shown(value: Any) -> str:
    """An output as text: objects as JSON, nothing as the empty string."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def messages_of(prompt: Any) -> list[Mapping[str, Any]] | None:
    """A prompt as messages: a list of them, the same as JSON text, or one text of a user."""
    if isinstance(prompt, str):
        if prompt.lstrip().startswith("["):
            try:
                value = json.loads(prompt)
            except (ValueError, RecursionError):
                value = None
            if _are_messages(value):
                return _bare(value)
        return [{"role": "user", "content": prompt}] if prompt.strip() else None
    return _bare(prompt) if _are_messages(prompt) else None


def _are_messages(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, Mapping) and isinstance(one.get("role"), str) for one in value)
    )


def _bare(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Without what tools note beside a message: identifiers, sources, empty fields."""
    kept = ("role", "content", "name", "tool_calls", "tool_call_id")
    return [{k: one[k] for k in kept if one.get(k) not in (None, [])} for one in messages]


def finish_of(value: Any) -> Finish:
    """Why a model stopped, in the words of chat completions; "stop" where nothing is said."""
    if value in (None, ""):
        return "stop"
    return _FINISHES.get(str(value).casefold(), "unknown")


def usage_of(value: Any, prompt: str, completion: str) -> Usage | None:
    """Token counts under two names of an object; in a table they are texts."""
    counts = mapping(value)
    sent, made = _count(counts.get(prompt)), _count(counts.get(completion))
    return None if sent is None or made is None else Usage(sent, made)


def _count(value: Any) -> int | None:
    text = "" if isinstance(value, bool) else str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else None


def day_of(value: Any) -> str | None:
    """The ISO day (UTC) of a time: seconds since 1970, or text that begins with a date."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11:
        return datetime.fromtimestamp(value, UTC).date().isoformat()
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
        except ValueError:
            return None
        if not 1 < moment.year < 9999:  # shifting by a zone would leave the calendar
            return None
        return (moment.astimezone(UTC) if moment.tzinfo else moment).date().isoformat()
    return None


def ids_in(*values: Any) -> tuple[str, ...]:
    """The identifiers that objects hold under usual names, as text."""
    found = []
    for value in values:
        for key, one in mapping(value).items():
            is_id = key.casefold() in _ID_KEYS
            if is_id and isinstance(one, str | int) and not isinstance(one, bool):
                found.append(str(one))
    return tuple(dict.fromkeys(found))


def expected_in(*values: Any) -> str | None:
    """What objects say should have been answered; of several right answers the first."""
    for value in values:
        for key in _expecting(tuple(mapping(value))):
            if (said := _first(value[key])) is not None:
                return said
    return None


@lru_cache(maxsize=1024)  # the rows of a file have the same ones
def _expecting(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The keys that say what is expected, the strongest first."""
    known = {simplified(str(key)): key for key in reversed(keys)}
    return tuple(known[name] for name in EXPECTED if name in known)


def _first(value: Any) -> str | None:
    one = value[0] if isinstance(value, list) and value else value
    return shown(one) if isinstance(one, str | int | float | dict) else None


def facts_in(*values: Any) -> dict[str, str]:
    """Short facts of objects that rows may be grouped by, such as {"lang": "zh"}."""
    found: dict[str, str] = {}
    for value in values:
        for key, one in mapping(value).items():
            text = str(one) if isinstance(one, str | int | float | bool) else ""
            if text.strip() and len(text) <= _LONGEST_FACT and len(found) < _MOST_FACTS:
                found.setdefault(str(key), text)
    return found


def answer(text: str, **rest: Any) -> Reply:
    """A reply that says something."""
    return Reply(text=text, **rest)


def failed() -> Reply:
    """A reply for a request that failed; why stays where it was, for it may hold anything."""
    return Reply(text="", finish="error", error="it failed when it was recorded")
