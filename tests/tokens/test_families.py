# SPDX-License-Identifier: Apache-2.0
"""Families of tokenizers against rows that were trained on, whose tokens the trainer counted."""

from __future__ import annotations

import pytest

from evalkit.tokens.chat import training_tokens


def lamps(i):
    return [
        {"role": "user", "content": f"How many lamps are {i} boxes of {i % 7 + 2}?"},
        {"role": "assistant", "content": f"{i * (i % 7 + 2)} lamps."},
    ]


def test_smollm2_counts_what_the_local_trainer_trains():
    # `trained_tokens` of a real job of 2 epochs: 1,102. Without a system message the template
    # writes one, which is half of so short a row.
    counted = sum(training_tokens(lamps(i), encoding="smollm2").billed for i in range(12))
    assert 2 * counted == pytest.approx(1_102, rel=0.06)


def test_smollm2_writes_no_second_system_message():
    alone = training_tokens(lamps(1), encoding="smollm2").billed
    told = [{"role": "system", "content": "Be brief."}, *lamps(1)]
    # 21 of its own, against the frame, the role and three tokens.
    assert alone - training_tokens(told, encoding="smollm2").billed == 21 - (4 + 1 + 3)
