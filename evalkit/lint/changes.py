# SPDX-License-Identifier: Apache-2.0
"""What has become of the lines of a file that was mended; grows with the changes, not the file."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

__all__ = ["Changes", "Origins", "unified"]


class Origins:
    """For each line of a mended file the line of the original that it comes from.

    Kept as runs of lines that follow each other in both files.

    Attributes:
        total: Lines of the mended file that were added so far.
    """

    __slots__ = ("_first", "_origin", "total")

    def __init__(self) -> None:
        self.total = 0
        self._first = array("q")  # the mended file's line with which a run begins
        self._origin = array("q")  # the original's line there

    def add(self, origin: int) -> None:
        """The next line comes from line `origin`, 1-based."""
        self.total += 1
        if self._first and origin - self._origin[-1] == self.total - self._first[-1]:
            return
        self._first.append(self.total)
        self._origin.append(origin)

    def of(self, line: int) -> int:
        """The original's line that the mended file's line `line` comes from; 0 for none."""
        run = bisect_right(self._first, line) - 1
        return self._origin[run] + line - self._first[run] if run >= 0 else 0


class Changes:
    """Which lines of the original are not as they were, through any number of rounds.

    Attributes:
        origins: Of the lines as they are now; None while every line is where it was.
    """

    __slots__ = ("_spans", "origins")

    def __init__(self) -> None:
        self.origins: Origins | None = None
        self._spans: dict[int, int] = {}

    def origin(self, line: int) -> int:
        """The original's line that a line comes from."""
        return line if self.origins is None else self.origins.of(line)

    def touch(self, first: int, last: int) -> None:
        """These lines, as they are now, are about to change."""
        begin, end = self.origin(first), self.origin(last)
        end = max(end, self._spans.get(end, end), self._spans.get(begin, begin))
        self._spans[begin] = end

    def spans(self) -> Iterator[tuple[int, int]]:
        """First and last lines of the original that changed, in order, joined where they touch."""
        waiting: tuple[int, int] | None = None
        for first, last in sorted(self._spans.items()):
            if waiting is not None and first <= waiting[1] + 1:
                waiting = waiting[0], max(last, waiting[1])
                continue
            if waiting is not None:
                yield waiting
            waiting = first, last
        if waiting is not None:
            yield waiting


def unified(
    changes: Changes, before: Iterator[str], after: Iterator[str], path: str
) -> Iterator[str]:
    """The lines of a unified diff without context, made from the changes: no line is searched for.

    Args:
        changes: Of the file.
        before: Lines of the original; read once, in order.
        after: Lines of the mended file; likewise.
        path: To name in the head.
    """
    origins = changes.origins
    if origins is None:
        return
    old = new = 1  # the lines that come next
    for number, (first, last) in enumerate(changes.spans()):
        if not number:
            yield f"--- {path}"
            yield f"+++ {path}"
        new += _skipped(after, first - old)
        old += _skipped(before, first - old)
        stop = new
        while stop <= origins.total and origins.of(stop) <= last:
            stop += 1
        yield f"@@ -{_range(first, last - first + 1)} +{_range(new, stop - new)} @@"
        for sign, lines, count in (("-", before, last - first + 1), ("+", after, stop - new)):
            for _ in range(count):
                text = next(lines, None)
                if text is not None:
                    yield sign + text
        old, new = last + 1, stop


def _skipped(lines: Iterator[str], count: int) -> int:
    for _ in range(count):
        next(lines, None)
    return count


def _range(first: int, count: int) -> str:
    """As diff writes it: nothing stands behind the line before."""
    return f"{first if count else first - 1}" + ("" if count == 1 else f",{count}")
