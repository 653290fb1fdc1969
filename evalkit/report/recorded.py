# SPDX-License-Identifier: Apache-2.0
"""How a page says that answers were recorded, and that no model was called."""

from __future__ import annotations

from evalkit.evaluation.result import AskedModel, Run
from evalkit.page.markup import data
from evalkit.page.phrase import Phrase, Text, joined, same
from evalkit.report.names import model_name

__all__ = ["recorded_line", "recorded_words"]


def recorded_words(card: AskedModel, text: Text) -> Phrase:
    """Of one model whose answers are replayed: since when they are there."""
    if not card.recorded:
        return text("recorded answers, the model was not called", "使用已录制的回答，未调用模型")
    return text(
        "recorded on {d}, the model was not called",
        "录制于 {d}，未调用模型",
        d=data(card.recorded),
    )


def recorded_line(run: Run, text: Text) -> Phrase:
    """Of the whole run: empty where every model was called."""
    cards = [card for card in run.models if card.recorded is not None]
    if not cards:
        return same("")
    day = max(card.recorded or "" for card in cards)
    if len(cards) == len(run.models):
        if not day:
            return text("recorded answers, models not called", "使用已录制的回答，未调用模型")
        return text("recorded on {d}, models not called", "录制于 {d}，未调用模型", d=data(day))
    listed = joined([model_name(run, card.name) for card in cards], ", ", "、")
    if not day:
        return text("{m}: recorded answers, not called", "{m}：使用已录制的回答，未调用", m=listed)
    return text(
        "{m}: recorded on {d}, not called", "{m}：录制于 {d}，未调用", m=listed, d=data(day)
    )
