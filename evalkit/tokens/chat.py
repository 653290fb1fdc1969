# SPDX-License-Identifier: Apache-2.0
"""Tokens of chats: what a training example is billed, and what a request is.

Per example and epoch, by OpenAI's frame (other models': `frame` and `families`):

    billed   = 1 + tools + Σ over messages of (3 + tok(role) + tok(content) [+ 1 + tok(name)])
    prompt   = 3 + tools + the same sum
    cookbook = 3 + tools + Σ over messages of (3 + Σ tok(every text value) [+ 1 if named])

The billed form is exact on the three finished jobs whose bills are public (gpt-3.5-turbo-0613, of
2023; trained_tokens 26,100, 113,166 and 176,457); for o200k models it is taken over unproven, but
that their requests are written alike: usage figures agree. What stands around calls: `calls`. The
cookbook's is 2 more per plain example ("not exact!" by its own words, Chat_finetuning_data_prep).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evalkit.tokens.batch import Batch, Row, billed
from evalkit.tokens.calls import Calls
from evalkit.tokens.frame import OPENAI, Frame
from evalkit.tokens.images import Image, images_of
from evalkit.tokens.layout import Layout, Span, TrainingTokens
from evalkit.tokens.said import calls_of, message_texts
from evalkit.tokens.tokenizer import Tokenizer, tokenizer
from evalkit.tokens.tools import definition_json, definition_text, definition_tokens

__all__ = [
    "Batch",
    "Layout",
    "Row",
    "Span",
    "TrainingTokens",
    "billed",
    "layouts",
    "message_texts",
    "prompt_tokens",
    "training_tokens",
    "training_tokens_batch",
]

_COOKBOOK_PRIMING = 3
_COOKBOOK_MESSAGE = 3
_COOKBOOK_NAME = 1
_READ = frozenset({"role", "name", "content", "refusal", "tool_calls", "function_call"})


def training_tokens(
    messages: Sequence[Mapping[str, Any]],
    *,
    encoding: str | Tokenizer,
    tools: Sequence[Mapping[str, Any]] = (),
) -> TrainingTokens:
    """Training tokens of one example.

    Args:
        messages: As in OpenAI's chat format; what is no text or call there counts nothing.
        encoding: Of the model, such as "o200k_base".
        tools: The row's `tools` or legacy `functions`.

    Raises:
        UsageError: No such encoding.
    """
    return layouts([(messages, tools)], encoding=encoding)[0].tokens


def training_tokens_batch(
    rows: Sequence[Row], *, encoding: str | Tokenizer
) -> list[TrainingTokens]:
    """Training tokens of many examples, their texts counted in one batch.

    Args:
        rows: Messages and tools of each example.
        encoding: Of the model.

    Raises:
        UsageError: No such encoding.
    """
    return [layout.tokens for layout in layouts(rows, encoding=encoding)]


def layouts(
    rows: Sequence[Row],
    *,
    encoding: str | Tokenizer,
    threads: int = 1,
    image_tokens: Callable[[Image], int] | None = None,
) -> list[Layout]:
    """Where the tokens of each training example lie.

    Args:
        rows: Messages and tools of each example.
        encoding: A tokenizer, or the name of one.
        threads: Native threads of the fast engine; 0 = one per core.
        image_tokens: Tokens of an image; None = images count nothing.

    Raises:
        UsageError: No such encoding.
    """
    counter = tokenizer(encoding) if isinstance(encoding, str) else encoding
    texts: dict[str, int] = {}  # each text once: roles, system prompts and tools repeat
    sketches = [_Sketch(row, counter.frame, texts, image_tokens) for row in rows]
    counts = counter.count(list(texts), threads=threads)
    return [sketch.layout(counts) for sketch in sketches]


def prompt_tokens(
    rows: Sequence[Row],
    *,
    encoding: str | Tokenizer,
    threads: int = 1,
    image_tokens: Callable[[Image], int] | None = None,
) -> list[int]:
    """Prompt tokens of each request, as the API's `usage` says them.

    Args:
        rows: Messages and tools of each request.
        encoding: A tokenizer, or the name of one.
        threads: Native threads of the fast engine; 0 = one per core.
        image_tokens: Tokens of an image; None = images count nothing.

    Raises:
        UsageError: No such encoding.
    """
    counter = tokenizer(encoding) if isinstance(encoding, str) else encoding
    found = layouts(rows, encoding=counter, threads=threads, image_tokens=image_tokens)
    more = counter.frame.prompt_priming - counter.frame.priming
    return [more + layout.tokens.billed for layout in found]


class _Sketch:
    """A layout whose texts are not counted yet: it holds their numbers instead of their tokens."""

    __slots__ = (
        "_beside",
        "_beyond",
        "_calls",
        "_frame",
        "_messages",
        "_system",
        "_texts",
        "_tools",
    )

    def __init__(
        self,
        row: Row,
        frame: Frame,
        texts: dict[str, int],
        image_tokens: Callable[[Image], int] | None,
    ) -> None:
        messages, tools = row
        self._frame, self._texts = frame, texts
        self._tools = [self._index(text) for text in _definitions(tools, frame)]
        self._system = False
        self._calls = Calls()
        self._messages: list[tuple[int, list[int], int, list[int], bool, int]] = []
        # What the cookbook's script counts and the frame does not, and the other way round.
        self._beyond: tuple[list[int], list[int]] = ([], [])
        self._beside = _COOKBOOK_PRIMING - frame.priming
        for message in messages:
            images = 0 if image_tokens is None else sum(map(image_tokens, images_of(message)))
            self._add(message, images)

    def _index(self, text: str) -> int:
        return self._texts.setdefault(text, len(self._texts))

    def _add(self, message: Mapping[str, Any], images: int) -> None:
        index, frame = self._index, self._frame
        role, name = message.get("role"), message.get("name")
        written: list[int] = []
        fixed = frame.per_message
        if isinstance(role, str):
            self._system = self._system or role in {"system", "developer"}
            if role in frame.around:
                fixed = frame.around[role]
            else:
                written.append(index(role))
        result = self._calls.result(message) if frame.calls else None
        if result is not None:
            fixed += result.tokens
            if result.name is not None:
                written.append(index(result.name))
        elif isinstance(name, str) and frame.named:
            written.append(index(name))
            fixed += frame.per_name
        said = [index(text) for text in message_texts(message)]
        if frame.calls:
            around = self._calls.around(message)
        else:
            around = frame.around_call * calls_of(message) if frame.around_call else 0
        if frame is not OPENAI or around or result is not None:
            self._compare(role, name, fixed + around, written)
        if not _READ.issuperset(message):
            values = (value for key, value in message.items() if key not in _READ)
            self._beyond[0].extend([index(value) for value in values if isinstance(value, str)])
        weights = (message.get("weight", 1), message.get("loss_weight", 1))
        learns = role == "assistant" and 0 not in weights
        self._messages.append((fixed, written, around, said, learns, images))

    def _compare(self, role: Any, name: Any, fixed: int, written: list[int]) -> None:
        """What the cookbook's script spends on a message, less what the frame spends."""
        texts = [text for text in (role, name) if isinstance(text, str)]
        self._beyond[0].extend([self._index(text) for text in texts])
        self._beyond[1].extend(written)
        self._beside += _COOKBOOK_MESSAGE - fixed + (_COOKBOOK_NAME if isinstance(name, str) else 0)

    def layout(self, counts: Sequence[int]) -> Layout:
        frame, system = self._frame, self._system
        tools = sum([counts[i] for i in self._tools])
        if frame.tools == "namespace":
            tools = definition_tokens(tools, system=system)
        elif self._tools:
            tools += frame.around_tools + frame.per_tool * len(self._tools)
        preamble = 0 if system else frame.no_system
        more, less = self._beyond
        return Layout(
            before=frame.priming + preamble + tools,
            tools=tools,
            messages=tuple(
                [
                    Span(
                        fixed + sum([counts[i] for i in written]),
                        around + sum([counts[i] for i in said]),
                        learns,
                        images,
                    )
                    for fixed, written, around, said, learns, images in self._messages
                ]
            ),
            extra=self._beside
            - preamble
            + sum([counts[i] for i in more])
            - sum([counts[i] for i in less]),
        )


def _definitions(tools: Sequence[Mapping[str, Any]], frame: Frame) -> list[str]:
    if not tools:
        return []
    if frame.tools == "namespace":
        text = definition_text(tools)
        return [text] if text else []
    return definition_json(tools, indent=4 if frame.tools == "indented" else None)
