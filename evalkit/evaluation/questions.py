# SPDX-License-Identifier: Apache-2.0
"""A data set becomes the questions that every model is asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from evalkit.core.errors import UsageError
from evalkit.core.example import Example, Message, canonical
from evalkit.core.registry import suggestion
from evalkit.data.read import TableOptions, open_data
from evalkit.evaluation.slices import LINT, NO_TAG

__all__ = [
    "TURNS", "Question", "Turns", "band_of", "bands_of", "fingerprint", "questions", "script_of",
    "training_examples",
]  # fmt: skip

Turns = Literal["last", "all", "tool-calls"]
TURNS: tuple[Turns, ...] = ("last", "all", "tool-calls")

_BANDS = ("short", "medium", "long")
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One answer of a held-out conversation, as it is asked for.

    Attributes:
        id: Hash of the prompt, stable across runs and files; repeats get "-2", "-3".
        messages: Everything before the expected answer, in chat form. Where several turns of a
            conversation are asked, the earlier answers are those of the data, never the model's.
        expected: Text of the expected answer; "" where it is nothing but tool calls.
        slices: Slice field to value.
        example: Where it came from.
        cluster: Of the conversation: its questions stand and fall together. Where only the last
            turn is asked, each question is its own.
        expected_calls: The tool calls of the expected answer, as chat completions write them.
        turn: Place of the expected answer among the example's messages; -1 is the last.
        held_out: Whether it is of the held-out set; else of the validation set, whose lines are
            not those that recordings name.
    """

    id: str
    messages: Sequence[Mapping[str, Any]]
    expected: str
    slices: Mapping[str, str]
    example: Example
    cluster: str = ""
    expected_calls: Sequence[Mapping[str, Any]] = ()
    turn: int = -1
    held_out: bool = True

    @property
    def history(self) -> tuple[Message, ...]:
        """The messages before the expected answer, as the data's layout shows them."""
        return self.example.messages[: self.turn]


class _Turn(NamedTuple):
    """A message of an example that is to be asked for."""

    example: Example
    place: int

    @property
    def before(self) -> tuple[Message, ...]:
        return self.example.messages[: self.place]

    @property
    def length(self) -> int:
        """Of the prompt, in characters."""
        return sum(len(message.text) for message in self.before)


def questions(
    path: Path,
    *,
    table: TableOptions,
    slices: Sequence[str],
    limit: int | None,
    turns: Turns = "last",
    answered: bool = True,
) -> list[Question]:
    """The questions of a held-out set, in its order.

    Args:
        path: The data set.
        table: How spreadsheets are read.
        slices: Fields of the data, or "length", "language", "lint".
        limit: Only the first rows (conversations, not questions).
        turns: Which assistant messages are asked for: "last"; "all" of a conversation; those with
            "tool-calls". A message of weight 0 is history and never asked for.
        answered: Whether rows must hold the expected answer; else those that end in a question
            are asked too, and expect nothing.

    Raises:
        InputError: The file cannot be read.
        UsageError: Rows that cannot be asked, none at all, or an unknown slice field.
    """
    found: list[list[int]] = []
    usable, unusable = [], []
    for example in open_data(path, table=table):
        places, fault = _places(example, turns)
        if fault and not answered and turns == "last" and _ends_in_question(example):
            places, fault = [len(example.messages)], ""
        if fault:
            unusable.append(f"line {example.location.line} {fault}")
        elif example.broken is None:
            usable.append(example)
            found.append(places)
    if unusable:
        named = "; ".join(unusable[:_MOST_NAMED])
        more = f" and {len(unusable) - _MOST_NAMED} more" if len(unusable) > _MOST_NAMED else ""
        raise UsageError(
            f"{path}: {len(unusable)} rows cannot be asked: {named}{more}",
            f"see them all: evalkit lint {path}",
        )
    asked = [
        _Turn(example, place)
        for example, places in zip(usable[:limit], found[:limit], strict=True)
        for place in places
    ]
    if usable and not asked:  # only tool calls can be wanting in rows that are fit to ask
        raise UsageError(
            f"{path}: no assistant message calls a tool", "ask the others: turns: last, or all"
        )
    if not asked:
        raise UsageError(f"{path} has no examples to ask", "give a held-out set with answers")
    _check_fields(slices, usable[:limit], path)
    tags: Mapping[int, str] = {}
    if LINT in slices:
        from evalkit.evaluation.lint_tags import lint_tags

        tags = lint_tags(path, table=table)
    return _asked(asked, slices, tags, whole=turns == "last")


def _asked(
    turns: Sequence[_Turn], slices: Sequence[str], tags: Mapping[int, str], *, whole: bool
) -> list[Question]:
    bands = bands_of(turn.length for turn in turns)
    seen: Counter[str] = Counter()
    found = []
    for turn in turns:
        expected = next(iter(turn.example.messages[turn.place :]), None)
        messages = [_chat(message) for message in turn.before]
        key = _hash(messages)
        seen[key] += 1
        name = key if seen[key] == 1 else f"{key}-{seen[key]}"
        found.append(
            Question(
                id=name,
                messages=messages,
                expected=expected.text if expected else "",
                slices={field: _slice(field, turn, bands, tags) for field in slices},
                example=turn.example,
                # The same conversation twice is one cluster: nothing new is learned from it.
                cluster=name if whole else _hash([_chat(m) for m in turn.example.messages]),
                expected_calls=_calls(expected.value) if expected else (),
                turn=turn.place,
            )
        )
    return found


def _hash(messages: Sequence[Mapping[str, Any]]) -> str:
    return hashlib.sha256(canonical(messages)).hexdigest()[:12]


def training_examples(path: Path, *, table: TableOptions) -> list[Example]:
    """The readable examples of a training file; its faults are lint's matter.

    Raises:
        InputError: The file cannot be read.
    """
    rows = open_data(path, table=table)
    return [example for example in rows if example.broken is None and not _fault(example)]


def fingerprint(path: Path) -> str:
    """sha256 of a file's bytes, for the provenance; "" where it is no file (rows at hand)."""
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _fault(example: Example) -> str:
    """Why a row cannot be asked for its last message; "" where it can, or is blank."""
    if example.broken is not None:
        return "" if example.broken.kind == "blank" else "is not readable"
    if len(example.messages) < 2 or example.messages[-1].role != "assistant":
        return "does not end in an assistant's answer"
    last = example.messages[-1]
    if last.text.strip():
        return ""
    if _calls(last.value):
        return "ends in a tool call (turns: tool-calls asks for those)"
    return "has an empty expected answer"


def _ends_in_question(example: Example) -> bool:
    return example.broken is None and bool(example.messages) and example.messages[-1].role == "user"


def _places(example: Example, turns: Turns) -> tuple[list[int], str]:
    """Places of the messages that are asked for, or why the row cannot be asked."""
    messages = example.messages
    if example.broken is not None or turns == "last":
        fault = _fault(example)
        if not fault and example.broken is None and _unlearned(messages[-1]):
            fault = "ends in an answer of weight 0"
        return [len(messages) - 1], fault
    found = [
        place
        for place, message in enumerate(messages)
        if place and message.role == "assistant" and not _unlearned(message)
        if _calls(message.value) or (turns == "all" and message.text.strip())
    ]
    if turns == "all" and not found:
        return [], "has no assistant's answer to ask for"
    return found, ""  # a conversation without tool calls is a fit one, and has no question


def _unlearned(message: Message) -> bool:
    weight = message.value.get("weight")
    return isinstance(weight, int | float) and weight == 0


def _calls(value: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The tool calls of a message; a function call, as it was until 2023-11, is one."""
    calls = value.get("tool_calls")
    if isinstance(calls, list) and calls:
        return tuple(call for call in calls if isinstance(call, Mapping))
    former = value.get("function_call")
    return ({"type": "function", "function": former},) if isinstance(former, Mapping) else ()


def _chat(message: Message) -> Mapping[str, Any]:
    """The message as chat completions take it; other layouts are carried over by their view."""
    value = {k: v for k, v in message.value.items() if k != "weight"}  # of training only
    if value.get("role") == message.role and "content" in value:
        return value
    if "tool_calls" in value:
        return {**value, "role": message.role}
    return {"role": message.role, "content": message.content}


def _check_fields(slices: Sequence[str], examples: Sequence[Example], path: Path) -> None:
    known = sorted({name for example in examples for name in example.fields})
    for name in slices:
        if name not in known and name not in ("length", "language", LINT):
            raise UsageError(
                f"{path} has no field `{name}` to slice by{suggestion(name, known)}",
                f"fields: {', '.join(known) or 'none'}; always there: length, language, lint",
            )


def bands_of(lengths: Iterable[int]) -> tuple[int, int]:
    """Thirds of the prompt's length in characters: where medium and where long begins."""
    ordered = sorted(lengths)
    return ordered[len(ordered) // 3], ordered[2 * len(ordered) // 3]


def band_of(length: int, bands: tuple[int, int]) -> str:
    """The value of the slice "length": short, medium or long."""
    return _BANDS[sum(length >= edge for edge in bands)]


def _slice(name: str, turn: _Turn, bands: tuple[int, int], tags: Mapping[int, str]) -> str:
    if name == LINT:  # before a field of that name: gates read it as a list
        return tags.get(turn.example.location.line or 0, NO_TAG)
    if name in turn.example.fields:
        return turn.example.fields[name].strip() or "(none)"
    if name == "length":
        return band_of(turn.length, bands)
    if name == "language":
        return script_of(turn.before[-1].text)
    return "(none)"


def script_of(text: str) -> str:
    """The script of most letters: han, kana, hangul, latin, cyrillic, arabic or other."""
    import unicodedata

    kinds = {"CJK": "han", "HIRAGANA": "kana", "KATAKANA": "kana"}
    found: Counter[str] = Counter()
    for letter in filter(str.isalpha, text):
        word = unicodedata.name(letter, "OTHER").split()[0]
        found[kinds.get(word, word.lower())] += 1
    return found.most_common(1)[0][0] if found else "other"
