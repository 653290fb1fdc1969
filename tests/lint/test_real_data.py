# SPDX-License-Identifier: Apache-2.0
"""Real files: what their authors got wrong is found, and what they got right is left alone."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from evalkit.core.finding import Severity
from evalkit.lint.engine import Settings, check

_RULE_OF = {
    "last_message_not_assistant": "last-message-not-assistant",
    "empty_content": "empty-content",
    "over_4096_tokens": "over-context",
    "invalid_json": "invalid-json-line",
    "blank_line": "blank-line",
    "duplicate_example": "exact-duplicate",
    "conflicting_answers": "conflicting-answers",
    "no_user_message": "missing-user-message",
}


# True findings that the list of defects does not have.
_FURTHER = {
    "zero-width-character": 36 + 34,  # word joiners, from the site that the posts were copied off
    "degenerate-repetition": 1,  # 2,000 times "Eat a banana!"
    "several-system-prompts": 2,  # one row with, or two rows without a system prompt
}


def test_every_known_defect_is_found_and_hardly_anything_else(shared):
    folder = shared / "defective-jsonl"
    listed = json.loads((folder / "defects.json").read_text(encoding="utf-8"))
    expected = Counter(
        (e["file"], e["line"], e.get("end_line", e["line"]), _RULE_OF[e["defect"]])
        for e in listed
        if e["defect"] != "crlf"  # legal
    )
    names = sorted(path.name for path in folder.glob("*.jsonl"))
    result = check([str(folder / name) for name in names], Settings(model="gpt-3.5-turbo-0613"))
    found = Counter(
        (f.location.source.rpartition("/")[2], f.location.line, f.location.end_line, f.name)
        for f in result.findings
    )
    assert expected - found == Counter()
    further = Counter(name for *_, name in (found - expected).elements())
    assert further == _FURTHER
    assert len(names) == 8


@pytest.mark.parametrize(
    "name",
    [
        "foundry-sft-gsm8k/chat_train.jsonl",
        "foundry-sft-gsm8k/chat_validation.jsonl",
        "foundry-tool-calls/stock_toolcall_training.jsonl",
        "foundry-tool-calls/stock_toolcall_validation.jsonl",
        "foundry-tool-calls/rft_train_tool.jsonl",
        "foundry-tool-calls/rft_valid_tool.jsonl",
        "foundry-vision/training.jsonl",
        "foundry-vision/validation.jsonl",
        "foundry-rft-countdown/countdown_train_100.jsonl",
        "foundry-rft-countdown/countdown_valid_50.jsonl",
        "chatlaw-law-zh/fine_tuning.jsonl",
        "huatuo-med-zh/medical_sft_1K_sharegpt.jsonl",
        "defective-jsonl/pretty_printed_val_fixed.jsonl",
    ],
)
@pytest.mark.parametrize("targets", [(), ("openai",)])
def test_official_samples_are_clean(shared, name, targets):
    result = check([str(shared / name)], Settings(targets=targets))
    said = [(f.location.line, f.name) for f in result.findings if f.severity > Severity.INFO]
    other_layout = targets and "sharegpt" in name  # ShareGPT must be converted for OpenAI
    assert said == ([(None, "layout-not-taken")] if other_layout else [])


@pytest.mark.parametrize("name", ["countdown_train_100.jsonl", "countdown_valid_50.jsonl"])
def test_reinforcement_rows_read_as_such(shared, name):
    path = str(shared / "foundry-rft-countdown" / name)
    assert check([path], Settings(method="rft")).findings == ()
    missing = check([path], Settings(method="sft")).summary()["by_rule"]
    assert missing["missing-assistant-message"] == check([path]).files[0].examples


def test_mojibake_of_the_preference_set_is_found_and_no_other_invented(shared):
    result = check([str(shared / "foundry-dpo-orca" / "validation.jsonl")])
    assert [(f.location.line, f.name) for f in result.findings] == [
        (129, "latin-mojibake"),
        (172, "latin-mojibake"),
        (188, "latin-mojibake"),
    ]
    assert all(f.fix is not None and f.fix.safety == "safe" for f in result.findings)


@pytest.mark.parametrize(
    "name",
    [
        "huatuo-med-zh/medical_sft_1K_sharegpt.jsonl",
        "llama-factory-demos/alpaca_zh_demo.json",
        "chatlaw-law-zh/fine_tuning.jsonl",
        "gbk-csv-medical-zh/neike_part1_gbk.csv",
        "csv-xlsx-to-jsonl/cantonese_data.csv",
    ],
)
def test_clean_chinese_is_no_mojibake(shared, name):
    path = shared / name
    if not path.exists():
        pytest.skip(f"{name} is not among the shared data sets")
    wanted = ("cjk-mojibake", "latin-mojibake", "replacement-character")
    assert check([str(path)], Settings(select=wanted)).findings == ()
