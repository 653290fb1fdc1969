# SPDX-License-Identifier: Apache-2.0
"""Tool, image, preference and reinforcement rules on real files: what is wrong, and nothing else."""

from __future__ import annotations

import pytest

from evalkit.lint.engine import Settings, check

OURS = ("TLS", "MED", "PRF", "RFT")


def test_calls_that_do_not_fit_their_definitions_are_found(shared):
    path = str(shared / "llama-factory-demos" / "glaive_toolcall_zh_demo.json")
    findings = check([path], Settings(select=OURS)).findings
    # 0-based: 144 and 239 repeat 21 and 102; 5 and 108 miss keys of the nested `dimensions`.
    rows = {(f.location.number or 0) - 1 for f in findings}
    assert rows == {5, 21, 102, 108, 144, 239}
    assert {f.name for f in findings} == {"arguments-violate-schema"}
    said = {(f.location.number or 0) - 1: f.message for f in findings}
    assert "`dimensions.radius, base, height` are missing" in said[5]
    assert "`keywords` is missing" in said[21]
    assert "`cuisine` is none of" in said[102]


@pytest.mark.parametrize(
    "name",
    [
        "foundry-tool-calls/stock_toolcall_training.jsonl",
        "foundry-tool-calls/stock_toolcall_validation.jsonl",
        "foundry-tool-calls/rft_train_tool.jsonl",
        "foundry-tool-calls/rft_valid_tool.jsonl",
        "foundry-vision/training.jsonl",
        "foundry-vision/validation.jsonl",
        "foundry-rft-countdown/countdown_train_100.jsonl",
        "foundry-rft-countdown/countdown_valid_50.jsonl",
        "foundry-dpo-orca/validation.jsonl",
        "llama-factory-demos/kto_en_demo.json",
        "llama-factory-demos/mllm_demo.json",
        "llama-factory-demos/v1_multimodal_demo.jsonl",
    ],
)
def test_official_samples_are_clean(shared, name):
    assert check([str(shared / name)], Settings(select=OURS)).findings == ()


@pytest.mark.parametrize("name", ["countdown_train_100.jsonl", "countdown_valid_50.jsonl"])
def test_reinforcement_rows_are_clean_as_such(shared, name):
    path = str(shared / "foundry-rft-countdown" / name)
    assert check([path], Settings(select=OURS, method="rft")).findings == ()
