# SPDX-License-Identifier: Apache-2.0
"""Training tokens of chat examples: what OpenAI bills, and what the cookbook's script prints.

Per example and epoch:

    billed   = 1 + tools + Σ over messages of (3 + tok(role) + tok(content) [+ 1 + tok(name)])
    cookbook = 3 + tools + Σ over messages of (3 + Σ tok(every text value) [+ 1 if named])

The billed form is exact on the three finished jobs whose bills are public (gpt-3.5-turbo-0613, of
2023; trained_tokens 26,100, 113,166 and 176,457); for o200k models it is taken over unproven. The
cookbook's is 2 more per plain example ("not exact!" by its own words, Chat_finetuning_data_prep).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.tokens.encodings import count
from evalkit.tokens.tools import definition_text, definition_tokens

__all__ = [
    "Batch",
    "Layout",
    "TrainingTokens",
    "billed",
    "layouts",
    "message_texts",
    "training_tokens",
    "training_tokens_batch",
]

_PER_MESSAGE = 3
_PER_NAME = 1
_BILLED_PRIMING = 1
_COOKBOOK_PRIMING = 3
_PLAIN = frozenset({"role", "content"})
_READ = frozenset({"role", "name", "content", "refusal", "tool_calls", "function_call"})

Row = tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]  # messages, tools


@dataclass(frozen=True, slots=True)
class TrainingTokens:
    """Tokens of one training example in one epoch, nothing cut off.

    Attributes:
        billed: As OpenAI bills them.
        cookbook: As the cookbook's check script counts them.
        learned: Tokens that the loss is computed on: what assistant messages say and call, but for
            those with weight 0.
    """

    billed: int
    cookbook: int
    learned: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the tokens of one example lie: what is needed to cut it at a limit.

    Attributes:
        before: Tokens before the first message: priming and tool definitions.
        messages: Per message its overhead (frame, role, name), its said tokens, and whether the
            loss is computed on them.
        extra: Tokens that only the cookbook's script counts.
    """

    before: int
    messages: tuple[tuple[int, int, bool], ...]
    extra: int

    @property
    def tokens(self) -> TrainingTokens:
        """The sums over the whole example."""
        billed = self.before + sum(overhead + said for overhead, said, _ in self.messages)
        learned = sum(said for _, said, learns in self.messages if learns)
        return TrainingTokens(billed, billed + self.extra, learned)

    def learned_within(self, limit: int) -> int:
        """Learned tokens that are left when everything after `limit` billed tokens is cut off."""
        left, learned = limit - self.before, 0
        for overhead, said, learns in self.messages:
            left -= overhead
            kept = min(said, max(0, left))
            learned += kept if learns else 0
            left -= said
        return learned


def training_tokens(
    messages: Sequence[Mapping[str, Any]],
    *,
    encoding: str,
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


def training_tokens_batch(rows: Sequence[Row], *, encoding: str) -> list[TrainingTokens]:
    """Training tokens of many examples, their texts counted in one batch.

    Args:
        rows: Messages and tools of each example.
        encoding: Of the model.

    Raises:
        UsageError: No such encoding.
    """
    return [layout.tokens for layout in layouts(rows, encoding=encoding)]


def layouts(rows: Sequence[Row], *, encoding: str, threads: int = 1) -> list[Layout]:
    """Where the tokens of each example lie; arguments as `training_tokens_batch`."""
    texts: dict[str, int] = {}  # each text once: roles, system prompts and tools repeat
    index = texts.setdefault
    sketches: list[_Sketch] = []
    for messages, tools in rows:
        definitions = definition_text(tools) if tools else ""
        sketch = _Sketch(index(definitions, len(texts)) if definitions else -1)
        for message in messages:
            sketch.add(message, texts)
        sketches.append(sketch)
    counts = count(list(texts), encoding, threads=threads)
    return [sketch.layout(counts) for sketch in sketches]


def billed(rows: Sequence[Row], *, encoding: str, threads: int = 1) -> list[int]:
    """Billed training tokens of each example, and nothing else: `layouts` tells where they lie.

    Args:
        rows: Messages and tools of each example.
        encoding: Of the model.
        threads: Native threads of the fast engine; 0 = one per core.

    Raises:
        UsageError: No such encoding.
    """
    batch = Batch(rows)
    return batch.billed(count(batch.texts, encoding, threads=threads))


class Batch:
    """Examples whose tokens are to be counted together.

    Attributes:
        texts: What to count; `billed` takes the counts in this order.
    """

    __slots__ = ("_spans", "_unique", "texts")

    def __init__(self, rows: Iterable[Row | list[str]]) -> None:
        """Take the texts of examples.

        Args:
            rows: Messages and tools of each, or roles and texts in turn where it is nothing else.
        """
        self.texts: list[str] = []
        self._spans: list[tuple[int, int, int, list[int], int, bool]] = []
        index: dict[str, int] = {}  # texts that repeat: roles, system prompts, tools
        texts = self.texts
        for row in rows:
            if isinstance(row, list):
                roles, start = row[::2], len(texts)
                texts += row[1::2]
                number = index.setdefault
                repeats = [number(role, len(index)) for role in roles]
                fixed = _BILLED_PRIMING + _PER_MESSAGE * len(roles)
                self._spans.append((start, len(texts), fixed, repeats, -1, False))
                continue
            messages, tools = row
            start, fixed, system = len(texts), _BILLED_PRIMING, False
            repeats = []
            for message in messages:
                role, content = message.get("role"), message.get("content")
                fixed += _PER_MESSAGE
                if isinstance(role, str):
                    repeats.append(index.setdefault(role, len(index)))
                    system = system or role in ("system", "developer")
                if len(message) == 2 and type(content) is str:
                    if role == "system":
                        repeats.append(index.setdefault(content, len(index)))
                    else:
                        texts.append(content)
                    continue
                name = message.get("name")
                if isinstance(name, str):
                    repeats.append(index.setdefault(name, len(index)))
                    fixed += _PER_NAME
                texts += message_texts(message)
            definitions = definition_text(tools) if tools else ""
            tool = index.setdefault(definitions, len(index)) if definitions else -1
            self._spans.append((start, len(texts), fixed, repeats, tool, system))
        self._unique = len(texts)
        texts += index

    def billed(self, counts: Sequence[int]) -> list[int]:
        """Billed training tokens of each example, given those of each text."""
        repeated = counts[self._unique :]
        return [
            fixed
            + sum(counts[start:end])
            + sum([repeated[i] for i in repeats])
            + definition_tokens(repeated[tool] if tool >= 0 else 0, system=system)
            for start, end, fixed, repeats, tool, system in self._spans
        ]


class _Sketch:
    """A layout whose texts are not counted yet: it holds their numbers instead of their tokens."""

    __slots__ = ("definitions", "extras", "messages", "system")

    def __init__(self, definitions: int) -> None:
        self.definitions = definitions
        self.system = False
        self.messages: list[tuple[int, list[int], list[int], bool]] = []
        self.extras: list[int] = []

    def add(self, message: Mapping[str, Any], texts: dict[str, int]) -> None:
        index = texts.setdefault
        role = message.get("role")
        overhead, fixed = [], _PER_MESSAGE
        if isinstance(role, str):
            overhead.append(index(role, len(texts)))
            self.system = self.system or role in {"system", "developer"}
        name = message.get("name")
        if isinstance(name, str):
            overhead.append(index(name, len(texts)))
            fixed += _PER_NAME
        said = [index(text, len(texts)) for text in message_texts(message)]
        if not _READ.issuperset(message):
            self.extras += [
                index(value, len(texts))
                for key, value in message.items()
                if key not in _READ and isinstance(value, str)
            ]
        learns = role == "assistant" and message.get("weight", 1) != 0
        self.messages.append((fixed, overhead, said, learns))

    def layout(self, counts: Sequence[int]) -> Layout:
        definitions = counts[self.definitions] if self.definitions >= 0 else 0
        return Layout(
            before=_BILLED_PRIMING + definition_tokens(definitions, system=self.system),
            messages=tuple(
                (fixed + sum(counts[i] for i in overhead), sum(counts[i] for i in said), learns)
                for fixed, overhead, said, learns in self.messages
            ),
            extra=_COOKBOOK_PRIMING - _BILLED_PRIMING + sum(counts[i] for i in self.extras),
        )


def message_texts(message: Mapping[str, Any]) -> list[str]:
    """What a message says: its content or the text parts of it, refusal, names and arguments."""
    content = message.get("content")
    said: list[Any] = [content] if isinstance(content, str) else _parts(content)
    if not _PLAIN.issuperset(message):
        said.append(message.get("refusal"))
        calls = message.get("tool_calls")
        for call in [*(calls if isinstance(calls, list) else []), message.get("function_call")]:
            function = call.get("function", call) if isinstance(call, Mapping) else None
            if isinstance(function, Mapping):
                said += [function.get("name"), function.get("arguments")]
    return [text for text in said if isinstance(text, str)]


def _parts(content: Any) -> list[Any]:
    if not isinstance(content, list):
        return []
    parts = (part if isinstance(part, Mapping) else {"text": part} for part in content)
    return [part.get("text", part.get("refusal")) for part in parts]
