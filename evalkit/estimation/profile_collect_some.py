# SPDX-License-Identifier: Apache-2.0
"""What is counted of each row that only some data sets have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evalkit.core.accumulators import CappedTally, Tally
from evalkit.estimation.profile_collect import Row, calls_of
from evalkit.estimation.profile_counts import ranked
from evalkit.estimation.profile_some import Media, Reasoning, Tools, Verdicts, Weights
from evalkit.estimation.profile_spread import spread

__all__ = ["MediaTally", "Thoughts", "ToolTally", "VerdictTally", "WeightTally"]

_SPOKEN = frozenset({"text", "refusal"})
_THOUGHT = re.compile(r"<think>(.*?)(?:</think>|\Z)", re.DOTALL)


class ToolTally:
    """Tool definitions, calls and results."""

    def __init__(self) -> None:
        self._definitions: Tally[int] = Tally()
        self._defined: CappedTally[str] = CappedTally()
        self._called: CappedTally[str] = CappedTally()
        self._calling = self._calls = self._parallel = self._results = 0

    def add(self, row: Row) -> None:
        """Take a row."""
        if row.conversation.tools:
            self._definitions.add(len(row.conversation.tools))
            for name in {_name(tool) for tool in row.conversation.tools}:
                self._defined.add(name)
        calling = False
        for index in row.rich:
            if calls := calls_of(row.conversation.messages[index]):
                calling = True
                self._calls += len(calls)
                self._parallel += len(calls) > 1
                for call in calls:
                    self._called.add(_name(call))
        self._calling += calling
        self._results += sum(role in ("tool", "function") for role in row.roles)

    def result(self) -> Tools | None:
        """None where there is nothing of the kind."""
        rows = self._definitions.total()
        if not (rows or self._calls or self._results):
            return None
        return Tools(
            rows=rows,
            definitions=spread(self._definitions.counts),
            defined=ranked(self._defined, rows),
            calling_rows=self._calling,
            calls=self._calls,
            called=ranked(self._called),
            parallel=self._parallel,
            results=self._results,
        )


def _name(tool: Any) -> str:
    """The name in a definition or a call."""
    function = tool.get("function", tool) if isinstance(tool, Mapping) else None
    name = function.get("name") if isinstance(function, Mapping) else None
    return name if isinstance(name, str) else "?"


class MediaTally:
    """Parts that are no text."""

    def __init__(self) -> None:
        self._kinds: CappedTally[str] = CappedTally()
        self._rows: Tally[int] = Tally()

    def add(self, row: Row) -> None:
        """Take a row."""
        number = 0
        for index in row.rich:
            content = row.conversation.messages[index].get("content")
            for part in content if isinstance(content, list) else ():
                if not isinstance(part, Mapping) or "text" in part:
                    continue
                kind = part.get("type")
                if isinstance(kind, str) and kind not in _SPOKEN:
                    self._kinds.add(kind)
                    number += 1
        if number:
            self._rows.add(number)

    def result(self) -> Media | None:
        """None where there is none."""
        per_row = spread(self._rows.counts)
        if per_row is None:
            return None
        return Media(rows=per_row.count, parts=ranked(self._kinds), per_row=per_row)


class WeightTally:
    """Messages that say whether they are learned."""

    def __init__(self) -> None:
        self._messages = self._masked = self._rows = 0

    def add(self, row: Row) -> None:
        """Take a row."""
        answers = masked = 0
        for index in row.rich:
            message = row.conversation.messages[index]
            if "weight" in message:
                self._messages += 1
                masked += row.roles[index] == "assistant" and message["weight"] == 0
        if masked:
            answers = sum(role == "assistant" for role in row.roles)
            self._masked += masked
            self._rows += masked == answers

    def result(self) -> Weights | None:
        """None where no message has a weight."""
        if not self._messages:
            return None
        return Weights(messages=self._messages, masked=self._masked, masked_rows=self._rows)


class Thoughts:
    """Reasoning before the answer."""

    def __init__(self) -> None:
        self._rows = 0
        self._lengths: Tally[int] = Tally()

    def add(self, row: Row) -> None:
        """Take a row."""
        before = len(row.rich) and self._of_rich(row)
        for role, text in zip(row.roles, row.texts, strict=True):
            if role == "assistant" and "<think>" in text:
                thought = sum(len(found) for found in _THOUGHT.findall(text))
                if thought:
                    self._lengths.add(thought)
                    before += 1
        self._rows += bool(before)

    def _of_rich(self, row: Row) -> int:
        number = 0
        for index in row.rich:
            thought = row.conversation.messages[index].get("reasoning_content")
            if isinstance(thought, str) and thought:
                self._lengths.add(len(thought))
                number += 1
        return number

    def result(self) -> Reasoning | None:
        """None where there is none."""
        lengths = spread(self._lengths.counts)
        if lengths is None:
            return None
        return Reasoning(rows=self._rows, messages=lengths.count, characters=lengths)


class VerdictTally:
    """Answers that are called good or bad."""

    def __init__(self) -> None:
        self._good = self._bad = 0

    def add(self, row: Row) -> None:
        """Take a row."""
        verdict = row.conversation.verdict
        self._good += verdict is True
        self._bad += verdict is False

    def result(self) -> Verdicts | None:
        """None where no row has a verdict."""
        return Verdicts(good=self._good, bad=self._bad) if self._good or self._bad else None
