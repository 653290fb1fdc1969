# SPDX-License-Identifier: Apache-2.0
"""Real sets of labels: what is said of them can be defended."""

from __future__ import annotations

import pytest

from evalkit.lint.engine import Settings, check


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("banking77/train.csv", []),  # 77 intents, 35 to 187 rows each
        ("banking77/test.csv", []),  # 40 rows each
        ("sms-spam-latin1/spam.csv", ["“ham” is 87% of the answers (4,825 of 5,572, 2 labels)"]),
        ("nlbse24-issues/train_bitcoin.jsonl", []),
        ("openai-cookbook/labelled_transactions.csv", []),
        ("foundry-sft-gsm8k/chat_train.jsonl", []),
        ("chatlaw-law-zh/fine_tuning.jsonl", []),
    ],
)
def test_labels(shared, path, said):
    wanted = ("rare-label", "class-imbalance", "single-label")
    result = check([str(shared / path)], Settings(select=wanted))
    assert not result.unreadable
    assert len(result.findings) == len(said)
    for finding, words in zip(result.findings, said, strict=True):
        assert words in finding.message
