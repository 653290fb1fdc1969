# SPDX-License-Identifier: Apache-2.0
"""Preferred against rejected answers: if one kind is longer, that is what is learned first."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.accumulators import Tally
from evalkit.data.conversation import Conversation, Row
from evalkit.estimation.profile_some import Pairs
from evalkit.estimation.profile_spread import spread
from evalkit.tokens.chat import message_texts

__all__ = ["PairTally"]


class PairTally:
    """Both answers of each row that has two."""

    def __init__(self) -> None:
        self._longer = self._shorter = self._identical = 0
        self._lengths: tuple[Tally[int], Tally[int]] = (Tally(), Tally())
        self._tokens: tuple[Tally[int], Tally[int]] = (Tally(), Tally())

    def take(self, conversations: Sequence[Conversation], encoding: str | None) -> None:
        """Count these rows.

        Args:
            conversations: Those without a rejected answer are passed over.
            encoding: That tokens are counted in; None = they are not.
        """
        pairs = [(_said(one.reply), _said(one.rejected)) for one in conversations if one.rejected]
        for chosen, rejected in pairs:
            sizes = sum(map(len, chosen)), sum(map(len, rejected))
            for tally, size in zip(self._lengths, sizes, strict=True):
                tally.add(size)
            self._longer += sizes[0] > sizes[1]
            self._shorter += sizes[0] < sizes[1]
            self._identical += chosen == rejected
        if encoding is not None and pairs:
            self._count(pairs, encoding)

    def _count(self, pairs: Sequence[tuple[list[str], list[str]]], encoding: str) -> None:
        from evalkit.tokens.encodings import count

        counts = iter(count([text for pair in pairs for one in pair for text in one], encoding))
        for pair in pairs:
            for tally, texts in zip(self._tokens, pair, strict=True):
                tally.add(sum(next(counts) for _ in texts))

    def result(self) -> Pairs | None:
        """None where no row has two answers."""
        chosen, rejected = (spread(tally.counts) for tally in self._lengths)
        if chosen is None or rejected is None:
            return None
        return Pairs(
            rows=chosen.count,
            chosen=chosen,
            rejected=rejected,
            chosen_tokens=spread(self._tokens[0].counts),
            rejected_tokens=spread(self._tokens[1].counts),
            longer=self._longer,
            shorter=self._shorter,
            identical=self._identical,
        )


def _said(answer: Sequence[Row]) -> list[str]:
    """What the messages of an answer say and call."""
    return [text for message in answer for text in message_texts(message)]
