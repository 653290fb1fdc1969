# SPDX-License-Identifier: Apache-2.0
"""Every message that a provider's validation was seen to say: the rule that it maps to fires."""

from __future__ import annotations

import io
import json
import shlex
import sys

import pytest

from evalkit.cli.main import main
from evalkit.core.registry import modules
from evalkit.jobs.job import Job, JobError
from evalkit.jobs.watching.reasons import REASONS, cause_lines, cause_of, lint_line

PREFIX = "The job failed due to an invalid training file. "


def chat(*turns, **more):
    return {"messages": [{"role": role, "content": text} for role, text in turns], **more}


def good(n):
    return [chat(("user", f"Where is parcel {i}?"), ("assistant", f"At {i}.")) for i in range(n)]


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def among(*bad):
    return lines(*good(12), *bad)


PAIR = {
    "input": {"messages": [{"role": "user", "content": "Hi"}]},
    "preferred_output": [{"role": "assistant", "content": "Yes?"}],
    "non_preferred_output": [{"role": "assistant", "content": "No."}],
}
CALL = {"id": "1", "type": "function", "function": {"name": "find", "arguments": "{"}}
CALLS = {
    "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [CALL]},
    ],
    "tools": [{"type": "function", "function": {"name": "find", "parameters": {}}}],
}
TOOL_PARTS = {
    "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "x"}]},
        {"role": "assistant", "content": "done"},
    ]
}  # fmt: skip
LONG = chat(("user", "Go on"), ("assistant", "word " * 70_000))
# Code, message, the reason's name, method, a file of that fault (None: no rule finds it), a rule.
SAID = [
    ("invalid_n_examples", "Training file has 7 example(s), but must have at least 10 examples",
     "few-examples", "sft", lines(*good(7)), "too-few-examples"),
    ("invalid_training_file", PREFIX + "Invalid file format. Example 100, message 2 Discriminator "
     "'role' is missing in value", "role-missing", "sft",
     among({"messages": [{"role": "user", "content": "Hi"}, {"content": "Yes?"}]}), "missing-role"),
    ("invalid_training_file", PREFIX + "Invalid file format. Example 3, message 1 Input tag 'bot' "
     "found using 'role' does not match", "role-unknown", "sft",
     among(chat(("user", "Hi"), ("bot", "Yes?"))), "unknown-role"),
    ("invalid_training_file", PREFIX + "Invalid file format. Example 1273 cannot be parsed. Error: "
     "line contains invalid json: Expecting ',' delimiter: line 1 column 79 (char 78) (HINT: line "
     'starts with: "{...")', "not-json", "sft", among() + b'{"messages": [}\n',
     "invalid-json-line"),
    ("invalid_training_file", PREFIX + "Invalid file format. Example 2 cannot be parsed. Error: "
     "the file is not UTF-8", "not-json", "sft", among() + '{"messages": "é"}\n'.encode("latin-1"),
     "not-utf-8"),
    ("invalid_training_file", PREFIX + "Invalid file format. Example 1 is missing key 'input'.",
     "preference-keys", "preference", among(), "format-method-mismatch"),
    ("invalid_training_file", PREFIX + "Invalid file format. Example 1 is missing key "
     "'non_preferred_output'.", "preference-keys", "preference",
     lines(*[{k: v for k, v in PAIR.items() if k != "non_preferred_output"}] * 12),
     "missing-preference-field"),
    ("invalid_training_file", PREFIX + "Invalid file format. Example 1 is missing key 'messages'.",
     "messages-missing", "sft", among({"tools": []}), "missing-messages"),
    ("invalid_training_file", PREFIX + 'Invalid file format. Example 536 contains an extra "tools".',
     "extra-key", "sft", among(chat(("user", "Hi"), ("assistant", "Yes?"), weight=1)),
     "extra-top-level-key"),
    ("invalid_training_file", PREFIX + 'Invalid file format. Line 1, message 3, key "content": '
     "Input should be a valid string", "content-not-text", "sft", among(TOOL_PARTS),
     "tool-content-not-text"),
    ("invalid_training_file", PREFIX + "'str' object has no attribute 'get'", "content-list", "sft",
     among({"messages": [{"role": "user", "content": "Hi"},
                         {"role": "assistant", "content": ["refund"]}]}), "content-type"),
    ("invalid_training_file", PREFIX + "Unexpected file format, expected either prompt/completion "
     "pairs or chat messages.", "unknown-format", "sft",
     lines(*[{"frage": f"a{i}", "antwort": "b"} for i in range(12)]), "unknown-format"),
    ("invalid_training_file", PREFIX + "Invalid file format. Input file file-1 is in the "
     "fine-tune-chat format, but the specified fine-tuning job is not using 'supervised' as the "
     "training method (provided method=dpo). ", "method", "preference", among(),
     "format-method-mismatch"),
    ("invalid_training_file", PREFIX + "Expected file to have JSONL format, where every line is a "
     'JSON dictionary. Line 1 is not a dictionary (HINT: line starts with: "{...").', "not-jsonl",
     "sft", json.dumps(good(12), indent=2).encode(), "json-document"),
    ("invalid_training_file", PREFIX + "Expected file to have JSONL format, where every line is a "
     'JSON dictionary. Line 1 is not a dictionary (HINT: line starts with: "[...").', "not-jsonl",
     "sft", among() + b"[1]\n", "row-not-object"),
    ("invalid_training_file", "Validation of jsonl file failed: No valid json line found",
     "not-jsonl", "sft", b"\xef\xbb\xbf" + among(), "byte-order-mark"),
    ("invalid_training_file", "Your file does not appear to be in valid TXT/JSON/CSV format",
     "not-jsonl", "sft", among() + '{"messages": "你好"}\n'.encode("gbk"), "not-utf-8"),
    ("invalid_training_file", PREFIX + "Validation of jsonl file failed: each line may only contain "
     "two properties", "extra-key", "sft",
     among(chat(("user", "Hi"), ("assistant", "Yes?"), topic="t")), "extra-top-level-key"),
    ("server_error", "The job failed due to an internal error.", "internal", "sft", among(CALLS),
     "arguments-not-json"),
    ("invalid_training_file", PREFIX + "Example 3 exceeds the maximum of 65536 tokens", "too-long",
     "sft", among(LONG), "over-context"),
    ("invalid_training_file", PREFIX + "This training file was blocked because too many examples "
     "were flagged by our moderation API for containing content that violates OpenAI's usage "
     "policies in the following categories: hate.", "moderation", "sft", None, None),
    ("invalid_training_file", "This file failed moderation safety checks. Flagged lines: 4, 13",
     "moderation", "sft", None, None),
    ("invalid_training_file", "no example has an answer to learn within 512 tokens",
     "nothing-to-learn", "sft", lines(*[chat(("user", f"{i}?")) for i in range(12)]),
     "missing-assistant-message"),
    ("training_diverged", "the loss of step 3 is no number any more", "diverged", "sft", None, None),
    ("out_of_memory", "there is not enough memory", "memory", "sft", None, None),
    ("trainer_gone", "its trainer (process 7) is gone without a word", "gone", "sft", None, None),
    ("exceeded_quota", "Creating this job would exceed your hard limit, check your plan", "quota", "sft", None, None),
    ("training_not_available", "OpenAI is winding down the fine-tuning platform", "closed", "sft",
     None, None),
]  # fmt: skip


def failed(code, message, *, method="sft", param=None):
    return Job(
        id="ftjob-1",
        target="openai",
        model="gpt-4o-mini-2024-07-18",
        state="failed",
        said="failed",
        method=method,
        error=JobError(code=code, message=message, param=param),
    )


def linted(line, capsys, monkeypatch):
    """What the command says, as JSON, and its code."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b""), "utf-8"))
    words = shlex.split(line)
    assert words[:2] == ["evalkit", "lint"]
    with pytest.raises(SystemExit) as end:
        main([*words[1:], "--output-format", "json"])
    return end.value.code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("said", SAID, ids=[f"{s[2]}-{s[5]}" for s in SAID])
def test_the_rule_that_a_message_maps_to_fires_on_such_a_file(said, tmp_path, capsys, monkeypatch):
    code, message, name, method, raw, rule = said
    monkeypatch.chdir(tmp_path)
    job = failed(code, message, method=method)
    found = cause_of(job)
    assert found.reason.name == name
    lines_ = [line.plain("en") for line in cause_lines(job, train="my rows.jsonl")]
    if raw is None:
        assert not found.reason.rules
        assert found.reason.do
        assert not any("evalkit lint" in line for line in lines_)
        return
    assert rule in found.reason.rules
    (tmp_path / "my rows.jsonl").write_bytes(raw)
    (told,) = [line for line in lines_ if "evalkit lint" in line]
    command = told[told.index("evalkit lint") :]
    if rule == "byte-order-mark":  # an info, since OpenAI takes it today
        command += " --fail-on info"
    exit_code, document = linted(command, capsys, monkeypatch)
    assert exit_code == 1
    rules = {one["name"] for one in document["findings"]}
    assert rule in rules


def test_every_reason_is_seen_and_every_rule_exists():
    assert {one.name for one in REASONS} - {s[2] for s in SAID} == {"prompt-missing"}
    known = set(modules("rules"))
    for reason in REASONS:
        assert set(reason.rules) <= known, reason.name
        assert reason.rules or reason.do


def test_a_validation_file_is_named_as_one():
    job = failed(
        "invalid_validation_file",
        "The job failed due to an invalid validation file. Example 1 is missing key 'messages'.",
        param="validation_file",
    )
    assert cause_of(job).which == "validation"
    told = [line.plain("zh") for line in cause_lines(job, validation="held.jsonl")]
    assert any("验证文件" in line for line in told)
    assert any("evalkit lint held.jsonl" in line for line in told)


def test_unknown_words_are_shown_as_they_are_and_every_rule_is_offered():
    assert len(cause_lines(failed("weird", "Boom"))) == 1  # nothing says that it is the data
    job = failed("weird_file", "\x1b[31mBoom</script> $(rm -rf ~)\nnext")
    first, second = [line.plain("en") for line in cause_lines(job)]
    assert "\x1b" not in first
    assert "\\x1b[31mBoom</script> $(rm -rf ~)⏎next" in first
    assert second.endswith("evalkit lint train.jsonl --target openai --select ALL")


def test_a_long_message_is_cheap():
    job = failed("x", "exceeds " * 200_000)
    assert cause_of(job) is not None


def test_the_line_is_safe_in_a_shell():
    line = lint_line(("missing-role",), path="a b; rm -rf ~.jsonl", target="azure", method="rft")
    assert shlex.split(line)[2] == "a b; rm -rf ~.jsonl"
    assert line.endswith("--target azure --method rft --select missing-role")
    assert lint_line(()) == ""
    assert cause_lines(Job(id="j", target="t", model="m", state="failed", said="failed")) == []
