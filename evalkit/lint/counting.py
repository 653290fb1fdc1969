# SPDX-License-Identifier: Apache-2.0
"""Tokens of examples: counted where they are asked for, or where a limit may be passed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.core.example import Example
from evalkit.lint.plan import Running
from evalkit.lint.result import TokenTotals

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from evalkit.tokens.chat import Batch, Layout

__all__ = ["Counting", "as_row", "count", "most_tokens"]

_BATCH = 1 << 20  # bytes of examples that wait to be counted together
_LONGER = (b'"tools"', b'"functions"', b'"tool_calls"')


def most_tokens(example: Example) -> int:
    """A number that the example's training tokens never exceed, from its bytes alone.

    A token is at least one byte of UTF-8, and JSON spends more bytes around a message than the
    chat form spends tokens. Tool definitions are rendered as code, which may be longer than their
    JSON, and each result bears the name of the function called: twice the bytes hold them.
    """
    size = len(example.raw)
    return 2 * size if any(key in example.raw for key in _LONGER) else size


def as_row(example: Example) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    """Messages and tool definitions of a row of any layout, in the terms of chat completions."""
    tools = getattr(example.format, "tools", None)
    defined = tools(example.value) if tools is not None else ()
    return [message.value for message in example.messages], defined


def count(examples: Sequence[Example], encoding: str) -> list[Layout]:
    """Where the tokens of some examples lie, counted together."""
    from evalkit.tokens.chat import layouts

    return layouts([as_row(example) for example in examples], encoding=encoding)


class Counting:
    """Examples on their way to the tokenizer, and what it has said of them.

    Attributes:
        totals: Examples, their tokens and the largest, of those that were counted for the totals.
    """

    def __init__(
        self,
        rules: Sequence[Running],
        encoding: str,
        ask: Callable[[Running, Example, Layout], None],
        *,
        every: bool,
        beside: bool,
    ) -> None:
        """Set out to count.

        Args:
            rules: That want to know the tokens of an example.
            encoding: By name.
            ask: How to ask them.
            every: Whether every example is counted, for the totals.
            beside: Whether to count in a thread beside the reading; the fast engine lets go of
                Python's lock.
        """
        self.totals = TokenTotals(encoding=encoding)
        self._rules, self._ask, self._every, self._beside = rules, ask, every, beside
        # A rule whose limit is not set has nothing to say about tokens.
        limits = [int(r.run.options.get("training_limit") or 0) for r in rules]
        self._least = min((limit for limit in limits if limit), default=0)
        self._waiting: list[tuple[Example, str | None]] = []
        self._size = 0
        self._thread: ThreadPoolExecutor | None = None
        self._running: tuple[list[tuple[Example, str | None]], Batch, Future[list[int]]] | None
        self._running = None

    def feed(self, example: Example, method: str | None) -> None:
        """Let a valid example wait if its tokens are of interest."""
        if not self._every:
            most = 2 * len(example.raw)  # mostly enough to know that there is nothing to count
            if not self._least or most <= self._least or most_tokens(example) <= self._least:
                return
        self._waiting.append((example, method))
        self._size += len(example.raw)
        if self._size > _BATCH:
            self._start()

    def _start(self) -> None:
        """Count those that wait, in the thread if there is one."""
        from evalkit.tokens.chat import Batch
        from evalkit.tokens.encodings import count as tokens_of

        waiting, self._waiting, self._size = self._waiting, [], 0
        batch = Batch([example.said or as_row(example) for example, _ in waiting])
        if not self._beside:
            self._heard(waiting, batch.billed(tokens_of(batch.texts, self.totals.encoding)))
            return
        if self._thread is None:
            from concurrent.futures import ThreadPoolExecutor

            tokens_of([], self.totals.encoding)  # loads what there is to load
            self._thread = ThreadPoolExecutor(1)
        future = self._thread.submit(tokens_of, batch.texts, self.totals.encoding)
        self._collect()
        self._running = (waiting, batch, future)

    def _collect(self) -> None:
        """Wait for what the thread counts."""
        if self._running is not None:
            waiting, batch, future = self._running
            self._running = None
            self._heard(waiting, batch.billed(future.result()))

    def settle(self) -> None:
        """Count all that wait; the thread ends."""
        if self._waiting:
            self._start()
        self._collect()
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None

    def _heard(self, counted: Sequence[tuple[Example, str | None]], tokens: list[int]) -> None:
        """Add to the totals, and tell the rules of what is over their limits."""
        encoding, known = self.totals.encoding, self.totals
        if self._every:
            self.totals = TokenTotals(
                encoding=encoding,
                examples=known.examples + len(tokens),
                total=known.total + sum(tokens),
                largest=max(known.largest, *tokens),
            )
        if not self._least:
            return
        long = [one for one, number in zip(counted, tokens, strict=True) if number > self._least]
        layouts = count([example for example, _ in long], encoding) if long else []
        for (example, method), layout in zip(long, layouts, strict=True):
            for running in self._rules:
                if running.run.rule.is_for(method):
                    self._ask(running, example, layout)

    def take(self, other: Counting) -> None:
        """Add the totals of another part."""
        mine, more = self.totals, other.totals
        self.totals = TokenTotals(
            encoding=mine.encoding,
            examples=mine.examples + more.examples,
            total=mine.total + more.total,
            largest=max(mine.largest, more.largest),
        )
