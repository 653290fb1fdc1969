# SPDX-License-Identifier: Apache-2.0
"""Prompt arms: the same model with examples or a longer prompt, as a model of its own.

What a tuned model must beat is not the bare base, but the base with the best prompt that one would
write for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import InputError
from evalkit.core.example import Example, Message, canonical
from evalkit.data.conversation import INSTRUCTIONS, in_chat_terms
from evalkit.data.read import open_data
from evalkit.data.similarity import prompt_key

if TYPE_CHECKING:
    from evalkit.models._model_spec import ModelSpec

__all__ = ["arm", "armed"]

Chat = Mapping[str, Any]

_USUAL = 5  # examples, where a suite does not say how many


@dataclass(frozen=True, slots=True)
class _Shot:
    """One example: its turns without instructions, and what is asked in them."""

    turns: Sequence[Chat]
    asked: frozenset[bytes]


def armed(spec: ModelSpec, messages: Sequence[Chat], folder: Path) -> Sequence[Chat]:
    """The messages with the prompt and the examples of a model's `prompt` and `few_shot`.

    The prompt goes before the text of the system message, or is one; the examples follow it as
    turns of user and assistant. Doing it twice changes nothing.

    Args:
        spec: Of the model.
        messages: Of one request.
        folder: Where relative paths start.

    Raises:
        InputError: A file that cannot be read, or with too few examples.
    """
    if spec.prompt is not None:
        messages = _with_prompt(_text(spec.prompt["before"], folder), messages)
    if spec.few_shot is None:
        return messages
    examples = list(arm(spec, folder, messages))
    first = next((i for i, m in enumerate(messages) if m.get("role") not in INSTRUCTIONS), 0)
    if list(messages[first : first + len(examples)]) == examples:
        return messages
    return [*messages[:first], *examples, *messages[first:]]


def arm(spec: ModelSpec, folder: Path, messages: Sequence[Chat] = ()) -> Sequence[Chat]:
    """The examples of `few_shot`, as turns to be put after the system message.

    Args:
        spec: Of the model; without `few_shot` there are none.
        folder: Where relative paths start.
        messages: Of one request. An example that asks what they ask last (the text normalised)
            is left out and the next one taken: it would give the answer away.

    Raises:
        InputError: The file cannot be read, or has too few examples.
    """
    if spec.few_shot is None:
        return ()
    n = int(spec.few_shot.get("n", _USUAL))
    path = folder / spec.few_shot["from"]
    question = _last_asked(messages)
    fit = [s for s in _shots(path, int(spec.few_shot.get("seed", 0))) if question not in s.asked]
    if len(fit) < n:
        raise InputError(
            f"{path} has {len(fit)} examples to show beside the question, "
            f"and the suite wants {n} (few_shot)",
            "give a smaller `n`, or a file with more and other questions than the held-out set",
        )
    return [turn for shot in fit[:n] for turn in shot.turns]


def _with_prompt(before: str, messages: Sequence[Chat]) -> Sequence[Chat]:
    """One system message: many servers refuse a second one."""
    if not messages or messages[0].get("role") not in INSTRUCTIONS:
        return [{"role": "system", "content": before}, *messages]
    first, *rest = messages
    own = first.get("content")
    if isinstance(own, list):
        part = {"type": "text", "text": before}
        return messages if own[:1] == [part] else [{**first, "content": [part, *own]}, *rest]
    if own == before or (isinstance(own, str) and own.startswith(f"{before}\n\n")):
        return messages
    return [{**first, "content": f"{before}\n\n{own}" if own else before}, *rest]


def _text(written: str, folder: Path) -> str:
    """The text itself, or with an @ that of a file."""
    if not written.startswith("@"):
        return written.strip()
    path = folder / written[1:]
    try:
        stamp = path.stat()
        return _read(path, stamp.st_mtime_ns, stamp.st_size)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read the prompt {path}", "is the path right, relative to the suite?"
        ) from error


@lru_cache(maxsize=16)
def _read(path: Path, mtime: int, size: int) -> str:  # noqa: ARG001  they tell a changed file
    return path.read_text(encoding="utf-8-sig").strip()


def _shots(path: Path, seed: int) -> Sequence[_Shot]:
    try:
        stamp = path.stat()
    except OSError as error:
        raise InputError(
            f"cannot read the examples {path}: {error.strerror}",
            "is the path of `few_shot` right, relative to the suite?",
        ) from error
    return _ordered(path, seed, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=16)
def _ordered(path: Path, seed: int, mtime: int, size: int) -> Sequence[_Shot]:  # noqa: ARG001
    """All examples in an order that hangs on the seed and on them alone, each question once.

    A hash is the same on every machine and in every version, and does not mind where in the file
    an example stands, nor what else is added to it (but for those that come to stand before).
    """
    found: dict[bytes, tuple[bytes, _Shot]] = {}
    for shot in _readable(path):
        body = canonical(list(shot.turns))
        place = hashlib.blake2b(b"%d\0" % seed + body).digest()
        key = hashlib.blake2b(b"".join(sorted(shot.asked))).digest()
        found[key] = min(found.get(key, (place, shot)), (place, shot), key=lambda pair: pair[0])
    return [shot for _, shot in sorted(found.values(), key=lambda pair: pair[0])]


def _readable(path: Path) -> Iterator[_Shot]:
    for example in open_data(path):
        turns = [m for m in _messages(example) if m.role not in INSTRUCTIONS]
        if len(turns) > 1 and turns[0].role != "assistant" and _is_answer(turns[-1]):
            yield _Shot(
                turns=[_chat(m) for m in turns],
                asked=frozenset(prompt_key([m]) for m in turns if m.role != "assistant"),
            )


def _messages(example: Example) -> Sequence[Message]:
    return () if example.broken is not None else example.messages


def _is_answer(message: Message) -> bool:
    calls = message.value.get("tool_calls")
    return message.role == "assistant" and bool(message.text.strip() or calls)


def _chat(message: Message) -> Chat:
    told = in_chat_terms(message)
    return {key: value for key, value in told.items() if key != "weight"}  # of training only


def _last_asked(messages: Sequence[Chat]) -> bytes | None:
    for message in reversed(messages):
        role = str(message.get("role"))
        if role != "assistant" and role not in INSTRUCTIONS:
            return prompt_key([Message(role, message.get("content"), "", message)])
    return None
