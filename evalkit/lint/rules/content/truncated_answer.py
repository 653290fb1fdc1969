# SPDX-License-Identifier: Apache-2.0
"""CNT007."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.habits import Habits
from evalkit.lint.rule import rule
from evalkit.lint.texts import answer

__all__ = ["truncated_answer"]

# Measured on answers that were cut at 100 to 500 tokens: a third to a half of them stop in
# mid-sentence (others happen to end with a mark, a number, a point of a list), and their lengths lie
# within a factor of 1.7. Of whole answers, in English and Chinese, one in a hundred seems to.
_SHORTEST = 100  # bytes; a shorter answer is a label or a phrase
_WIDTH = 6  # bins of length of the cluster, of 8 for each doubling: a factor of 1.7
_FEWEST = 5  # answers without an end
_SHARE = 0.25  # of the cluster that has no end, at least
_TIMES = 5  # as large as the share of the shorter answers, at least
_TOGETHER = 0.8  # of all answers without an end that lie in the cluster, at least
_ABOVE = 0.1  # of the cluster's size, that may be longer still, at most
_ENDS = frozenset('.!?。！？"”’」』)）;；…~～')
_SAMPLE = 32  # characters before and behind the middle, to tell the script by
_LAST_LINE = 24  # bytes; a shorter last line is a name, a title, the end of a list


@rule(
    "CNT007",
    scope="file",
    methods=("sft", "completion"),
    severity="warning",
    en="the answer stops in mid-sentence, as {number} of the {cluster} longest do; it was cut off",
    zh="回答在句中断开（最长的 {cluster} 个回答中有 {number} 个如此），很可能被截断",
)
def truncated_answer(example: Example, lengths: Habits[int]) -> None:
    """## What it does
    Finds answers that stop in mid-sentence where the longest answers of the file do so together: at least
    5 of them, about as long as each other, a quarter of those that long and five times as often as
    shorter ones. A number, a list, a table or a short last line is an end. At most 100 are reported for
    each width of length.
    ## Why is this bad?
    They were made by a model that was stopped at its greatest number of tokens. Those who learn from
    them learn to stop in mid-sentence.
    """
    last = answer(example)
    if last is None or not last.content:
        return
    text = last.content
    end = text[-1]
    size = len(text) if text.isascii() else _bytes(text)
    if size >= _SHORTEST:
        shift = size.bit_length() - 4
        length = 8 * shift + (size >> shift)  # 8 bins for each doubling
        if end in _ENDS or _has_end(text):
            lengths.count(length)
        else:
            lengths.add(-length, example, last)


@truncated_answer.finish
def cut(lengths: Habits[int]) -> Iterator[Fault]:
    """The open ends of the cluster that was cut, if there is one."""
    closed = {length: number for length, number in lengths.counts.items() if length > 0}
    opened = {-length: number for length, number in lengths.counts.items() if length < 0}
    top = _top(opened)
    cluster, below = range(top - _WIDTH + 1, top + 1), range(top - _WIDTH + 1)
    number, ended = _within(opened, cluster), _within(closed, cluster)
    every, above = sum(opened.values()), sum(n for k, n in closed.items() if k > top)
    shorter, shorter_open = _within(closed, below), _within(opened, below)
    share = number / (number + ended) if number else 0
    if (
        number < _FEWEST
        or share < _SHARE
        or number < _TOGETHER * every
        or above + every - number - shorter_open > _ABOVE * (number + ended)
        or shorter_open * _TIMES > share * (shorter + shorter_open)
    ):
        return
    args = {"number": number, "cluster": number + ended}
    for length in cluster:
        for seen in lengths.seen(-length):
            yield Fault(location=seen.location, pointer=seen.pointer, args=args)


def _top(opened: dict[int, int]) -> int:
    """The upper end of the window that holds most answers without an end, the lowest of equals."""
    if not opened:
        return 0
    windows = {top: _within(opened, range(top - _WIDTH + 1, top + 1)) for top in sorted(opened)}
    return max(windows, key=lambda top: (windows[top], -top))


def _within(bins: dict[int, int], window: range) -> int:
    return sum(number for length, number in bins.items() if length in window)


def _bytes(text: str) -> int:
    """About the bytes of a text, which are about as many for equal numbers of tokens in any script.

    From its middle: to encode all of it would cost more than everything else here.
    """
    middle = len(text) // 2
    sample = text[middle - _SAMPLE : middle + _SAMPLE] if middle > _SAMPLE else text
    return len(text) * len(sample.encode("utf-8", "surrogatepass")) // len(sample)


def _has_end(text: str) -> bool:
    """Whether a text may be whole; only what surely goes on is said to have no end."""
    text = text.rstrip()
    last = text[-1:]
    if not (last.isalpha() or last in ",，、(（“‘《"):
        return text.count("```") % 2 == 0 or last == "`"
    if text[-3:] == "END":  # the usual mark of completions
        return True
    line = text[text.rfind("\n") + 1 :].lstrip()
    if len(line.encode("utf-8", "surrogatepass")) < _LAST_LINE:
        return True
    # A point of a list, a row of a table, a heading: they end without a mark.
    return line[0] in "-*•·|#>" or line[:4].partition(".")[0].isdecimal()
