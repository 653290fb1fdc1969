# SPDX-License-Identifier: Apache-2.0
"""A data set becomes the questions that every model is asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.example import Example, canonical
from evalkit.core.registry import suggestion
from evalkit.data.read import TableOptions, open_data

__all__ = ["Question", "fingerprint", "questions", "training_examples"]

_BANDS = ("short", "medium", "long")
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One held-out example as it is asked.

    Attributes:
        id: Hash of the prompt, stable across runs and files; repeats get "-2", "-3".
        messages: Everything before the expected answer, in chat form.
        expected: Text of the last assistant message.
        slices: Slice field to value.
        example: Where it came from.
    """

    id: str
    messages: Sequence[Mapping[str, Any]]
    expected: str
    slices: Mapping[str, str]
    example: Example


def questions(
    path: Path, *, table: TableOptions, slices: Sequence[str], limit: int | None
) -> list[Question]:
    """The questions of a held-out set, in its order.

    Raises:
        InputError: The file cannot be read.
        UsageError: Rows that cannot be asked, none at all, or an unknown slice field.
    """
    usable, unusable = _readable(path, table)
    if unusable:
        named = "; ".join(unusable[:_MOST_NAMED])
        more = f" and {len(unusable) - _MOST_NAMED} more" if len(unusable) > _MOST_NAMED else ""
        raise UsageError(
            f"{path}: {len(unusable)} rows cannot be asked: {named}{more}",
            f"see them all: evalkit lint {path}",
        )
    if not usable:
        raise UsageError(f"{path} has no examples to ask", "give a held-out set with answers")
    usable = usable[:limit]
    _check_fields(slices, usable, path)
    bands = _bands(usable)
    seen: Counter[str] = Counter()
    asked = []
    for example in usable:
        *before, last = example.messages
        messages = [_chat(message.value, message.role, message.content) for message in before]
        key = hashlib.sha256(canonical(messages)).hexdigest()[:12]
        seen[key] += 1
        asked.append(
            Question(
                id=key if seen[key] == 1 else f"{key}-{seen[key]}",
                messages=messages,
                expected=last.text,
                slices={name: _slice(name, example, bands) for name in slices},
                example=example,
            )
        )
    return asked


def training_examples(path: Path, *, table: TableOptions) -> list[Example]:
    """The readable examples of a training file; its faults are lint's matter.

    Raises:
        InputError: The file cannot be read.
    """
    return _readable(path, table)[0]


def fingerprint(path: Path) -> str:
    """sha256 of a file's bytes, for the provenance."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _readable(path: Path, table: TableOptions) -> tuple[list[Example], list[str]]:
    usable, unusable = [], []
    for example in open_data(path, table=table):
        where = f"line {example.location.line}"
        if example.broken is not None:
            if example.broken.kind != "blank":
                unusable.append(f"{where} is not readable")
        elif len(example.messages) < 2 or example.messages[-1].role != "assistant":
            unusable.append(f"{where} does not end in an assistant's answer")
        elif not example.messages[-1].text.strip():
            unusable.append(f"{where} has an empty expected answer")
        else:
            usable.append(example)
    return usable, unusable


def _chat(value: Mapping[str, Any], role: str, content: Any) -> Mapping[str, Any]:
    """The message as chat completions take it; other layouts are carried over by their view."""
    if value.get("role") == role and "content" in value:
        return {k: v for k, v in value.items() if k != "weight"}  # of training only
    if "tool_calls" in value:
        return {**value, "role": role}
    return {"role": role, "content": content}


def _check_fields(slices: Sequence[str], examples: Sequence[Example], path: Path) -> None:
    known = sorted({name for example in examples for name in example.fields})
    for name in slices:
        if name not in known and name not in ("length", "language"):
            raise UsageError(
                f"{path} has no field `{name}` to slice by{suggestion(name, known)}",
                f"fields: {', '.join(known) or 'none'}; always there: length, language",
            )


def _bands(examples: Iterable[Example]) -> tuple[int, int]:
    """Thirds of the prompt's length in characters."""
    lengths = sorted(sum(len(m.text) for m in e.messages[:-1]) for e in examples)
    return lengths[len(lengths) // 3], lengths[2 * len(lengths) // 3]


def _slice(name: str, example: Example, bands: tuple[int, int]) -> str:
    if name in example.fields:
        return example.fields[name].strip() or "(none)"
    if name == "length":
        length = sum(len(m.text) for m in example.messages[:-1])
        return _BANDS[sum(length >= edge for edge in bands)]
    if name == "language":
        return _script(example.messages[-2].text)
    return "(none)"


def _script(text: str) -> str:
    """The script of most letters: han, kana, hangul, latin, cyrillic, arabic or other."""
    import unicodedata

    kinds = {"CJK": "han", "HIRAGANA": "kana", "KATAKANA": "kana"}
    found: Counter[str] = Counter()
    for letter in filter(str.isalpha, text):
        word = unicodedata.name(letter, "OTHER").split()[0]
        found[kinds.get(word, word.lower())] += 1
    return found.most_common(1)[0][0] if found else "other"
