# SPDX-License-Identifier: Apache-2.0
"""What a page says of answers that were recorded: whose, since when, and that nobody was called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evalkit.evaluation.result import AskedModel, Run
from evalkit.page.phrase import Text
from evalkit.report.recorded import recorded_line, recorded_words


def run(**recorded: str | None) -> Run:
    cards = [AskedModel(name=name, spec="x", recorded=day) for name, day in recorded.items()]
    return Run(
        suite="s", task="qa", primary="exact_match", labels=(), decision="measured", base=None,
        candidate=None, models=cards, rows=(), measures=(), differences=(), gates=(),
        confusions=(), visible=float("nan"), leaked=None, unscored={}, notes=(), started="",
        provenance={},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("days", "en", "zh"),
    [
        ({"a": None, "b": None}, "", ""),
        (
            {"a": "2026-11-01", "b": "2026-11-03"},
            "recorded on 2026-11-03, models not called",
            "录制于 2026-11-03，未调用模型",
        ),
        ({"a": "", "b": ""}, "recorded answers, models not called", "使用已录制的回答，未调用模型"),
        (
            {"a": "2026-11-01", "b": None},
            "a: recorded on 2026-11-01, not called",
            "a：录制于 2026-11-01，未调用",
        ),
        (
            {"a": "", "b": "", "c": None},
            "a, b: recorded answers, not called",
            "a、b：使用已录制的回答，未调用",
        ),
    ],
)
def test_of_a_run(days, en, zh):
    said = recorded_line(run(**days), Text())
    assert (said.plain("en"), said.plain("zh")) == (en, zh)


def test_of_one_model_whatever_its_file_says():
    card = AskedModel(name="a", spec="x", recorded="<script>alert(1)</script>")
    said = recorded_words(card, Text())
    assert "<script>" not in said.en
    assert "the model was not called" in said.plain("en")
    assert recorded_words(replace(card, recorded=""), Text()).plain("zh").startswith("使用已录制")
