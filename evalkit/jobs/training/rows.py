# SPDX-License-Identifier: Apache-2.0
"""Rows of a training file as turns of plain text, or the reason why the job fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evalkit.core.errors import EvalkitError
from evalkit.core.example import Example
from evalkit.core.printable import excerpt
from evalkit.data.read import open_data
from evalkit.jobs.training.faults import TrainingError
from evalkit.jobs.training.settings import TARGET
from evalkit.targets.load import target_named

__all__ = ["Part", "Talk", "Turn", "read_talks"]

Part = Literal["training", "validation"]
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message.

    Attributes:
        role: "system", "user" or "assistant".
        text: All of it.
        learned: Whether it is learned: the assistant's, unless its weight is 0.
    """

    role: str
    text: str
    learned: bool


@dataclass(frozen=True, slots=True)
class Talk:
    """One row.

    Attributes:
        turns: In order.
        number: Of the example in its file, from 1.
    """

    turns: tuple[Turn, ...]
    number: int


def read_talks(path: Path, part: Part = "training") -> list[Talk]:
    """All rows of a file in a layout that the local target reads.

    Raises:
        TrainingError: The file cannot be read, or a row cannot be learned; it names the first one.
    """
    try:
        data = open_data(path, name=f"the {part} file")
        layout = data.layout
        if layout is None or layout.name not in target_named(TARGET).formats:
            formats = ", ".join(target_named(TARGET).formats)
            raise _invalid(part, f"its rows are no {formats}")
        talks: list[Talk] = []
        for example in data:
            if example.broken is not None and example.broken.kind == "blank":
                continue
            number = example.location.number or len(talks) + 1
            if example.broken is not None or not isinstance(example.value, Mapping):
                kind = example.broken.kind if example.broken else "not-object"
                raise _invalid(part, f"example {number:,} cannot be parsed ({kind})")
            talks.append(Talk(_turns(example, layout, part, number), number))
    except EvalkitError as error:
        raise _invalid(part, error.message) from error
    if not talks:
        raise _invalid(part, "it has no rows")
    return talks


def _turns(example: Example, layout: Any, part: Part, number: int) -> tuple[Turn, ...]:
    said = layout.conversation(example.value)
    if said.tools:
        raise _invalid(part, f"example {number:,} has tools, and the model has no place for them")
    turns = []
    for at, message in enumerate(said.messages, 1):
        where = f"example {number:,}, message {at}"
        role = _ROLES.get(message.get("role", ""))
        if role is None or message.get("tool_calls") or message.get("function_call"):
            what = "calls tools" if role else f"has the role `{excerpt(str(message.get('role')))}`"
            raise _invalid(part, f"{where} {what}, and the model has no place for that")
        learned = role == "assistant" and message.get("weight") != 0
        turns.append(Turn(role, _text(message, part, where), learned))
    return tuple(turns)


def _text(message: Mapping[str, Any], part: Part, where: str) -> str:
    content = message.get("content")
    if content is None:
        content = message.get("refusal") or ""
    if isinstance(content, str):
        return content
    texts = [
        one["text"]
        for one in content
        if isinstance(one, Mapping) and isinstance(one.get("text"), str)
    ]
    if len(texts) != len(content):
        raise _invalid(part, f"{where} holds something else than text")
    return "".join(texts)


def _invalid(part: Part, why: str) -> TrainingError:
    return TrainingError(
        f"invalid_{part}_file", f"the {part} file cannot be learned: {why}", f"{part}_file"
    )
